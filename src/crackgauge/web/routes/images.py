"""Photos: listed, uploaded, changed, shown."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from crackgauge.web.measuring import read_measured
from crackgauge.web.receiving import receive_photo
from crackgauge.web.renderer import Picture
from crackgauge.web.schemas import (
    Count,
    Id,
    Image,
    ImageChange,
    Images,
    Index,
    LevelNumber,
    Line,
    Offset,
    SortedBy,
    Zoom,
)
from crackgauge.web.state import Server
from crackgauge.web.tiles import TILE_PX, top_level

router = APIRouter(prefix="/api/images", tags=["images"])
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=100)]
Rough = Annotated[
    bool, Query(description="a rough picture will do where the small copy is still being made")
]
JPEG, PNG = "image/jpeg", "image/png"
_ASK_AGAIN = "private, no-cache"
_ROUGH = "Crackgauge-Rough"
_ROUGH_HEADER = {
    _ROUGH: {
        "description": "`true`: drawn from a part of a large photo, to be asked for again",
        "schema": {"type": "string"},
    }
}


@router.get("")
def list_images(
    server: Server, order: SortedBy = "name", offset: Offset = 0, count: Count = 200
) -> Images:
    """List photos with their counts and their state."""
    project = server.project
    counts, digest = project.cracks.counts(), project.model.digest
    return Images(
        items=[
            Image.of(record, counts=counts.get(record.id, {}), digest=digest)
            for record in project.images.page(order=order, offset=offset, count=count)
        ],
        total=project.images.count(),
    )


@router.post(
    "",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload_image(
    request: Request,
    server: Server,
    name: Annotated[str, Query(max_length=1000, description="for people; it names no file")],
) -> Image:
    """Take a photo: JPEG, PNG, TIFF, WebP or BMP, told by its content."""
    record = await receive_photo(request, server, name)
    return await run_in_threadpool(server.image, record)


@router.get("/{image_id}")
def get_image(image_id: Id, server: Server) -> Image:
    """Give one photo."""
    return server.image(server.project.images.get(image_id))


@router.patch("/{image_id}")
def change_image(image_id: Id, change: ImageChange, server: Server) -> Image:
    """Comment on a photo, or give it a scale of its own."""
    project = server.project
    with_scale = "scale" in change.model_fields_set
    with project.database.write():
        record = project.images.change(
            image_id,
            version=change.version,
            comment=change.comment,
            scale=None if change.scale is None else change.scale.model_dump(exclude_none=True),
            with_scale=with_scale,
        )
        if with_scale and (record.survey or image_id in project.jobs.being_measured()):
            server.queue.add("measure", [image_id])
    server.tell_image(image_id)
    return server.image(project.images.get(image_id))


@router.get(
    "/{image_id}/thumbnail",
    response_class=Response,
    responses={200: {"content": {JPEG: {}}, "headers": _ROUGH_HEADER}},
)
def get_thumbnail(image_id: Id, server: Server, known: Known = None) -> Response:
    """Give the photo small, as JPEG."""
    picture = server.renderer.thumbnail(server.project.images.get(image_id))
    return _picture(picture, JPEG, known)


@router.get("/{image_id}/tiles")
def get_zoom(image_id: Id, server: Server) -> Zoom:
    """Say how the tiles of a photo are asked for."""
    height, width = server.renderer.size(server.project.images.get(image_id))
    return Zoom(
        height_px=height, width_px=width, tile_px=TILE_PX, top_level=top_level(height, width)
    )


@router.get(
    "/{image_id}/tiles/{level}/{column}/{row}",
    response_class=Response,
    responses={200: {"content": {JPEG: {}}, "headers": _ROUGH_HEADER}},
)
def get_tile(
    image_id: Id,
    level: LevelNumber,
    column: Index,
    row: Index,
    server: Server,
    rough: Rough = False,
    known: Known = None,
) -> Response:
    """Give a tile of the photo, as JPEG."""
    image = server.project.images.get(image_id)
    picture = server.renderer.photo_tile(image, level, column, row, rough=rough)
    return _picture(picture, JPEG, known)


@router.get(
    "/{image_id}/probability/{level}/{column}/{row}",
    response_class=Response,
    responses={200: {"content": {PNG: {}}}},
)
def get_probability_tile(
    image_id: Id,
    level: LevelNumber,
    column: Index,
    row: Index,
    server: Server,
    known: Known = None,
) -> Response:
    """Give a tile of the probability, round(255 p), as grey PNG; coarse levels show the largest."""
    image = server.project.images.get(image_id)
    picture = server.renderer.probability_tile(image, level, column, row)
    return _picture(picture, PNG, known)


@router.get("/{image_id}/lines")
def get_lines(image_id: Id, server: Server) -> list[Line]:
    """Give the centre lines of the cracks, with the widths along them."""
    image = server.project.images.get(image_id)
    values = read_measured(server.project.survey(image))
    return [
        Line(crack=row["crack_id"], points=row["line_px"])
        for row in values["survey"]["branches"]
        if row["line_px"]
    ]


def _picture(picture: Picture, kind: str, known: str | None) -> Response:
    """Send a picture, or say that it is the one that the browser has; it may be drawn anew."""
    if picture.is_rough:
        headers = {"Cache-Control": "no-store", _ROUGH: "true"}
        return Response(picture.content, media_type=kind, headers=headers)
    tag = f'"{hashlib.sha256(picture.content).hexdigest()[:32]}"'
    headers = {"Cache-Control": _ASK_AGAIN, "ETag": tag}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type=kind, headers=headers)
