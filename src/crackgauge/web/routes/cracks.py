"""Cracks: listed, accepted, rejected, commented on."""

from __future__ import annotations

from fastapi import APIRouter

from crackgauge.web.schemas import Count, Crack, CrackChange, Cracks, Id, Offset
from crackgauge.web.state import Server

router = APIRouter(prefix="/api", tags=["cracks"])


@router.get("/images/{image_id}/cracks")
def list_cracks_of_image(image_id: Id, server: Server) -> Cracks:
    """List the cracks of a photo by their number."""
    server.project.images.get(image_id)
    records = server.project.cracks.of_image(image_id)
    return Cracks(items=[Crack.of(record) for record in records], total=len(records))


@router.get("/cracks")
def list_cracks(server: Server, offset: Offset = 0, count: Count = 200) -> Cracks:
    """List the cracks of all photos, the worst class and the widest first."""
    records, total = server.project.cracks.worst(offset=offset, count=count)
    return Cracks(items=[Crack.of(record) for record in records], total=total)


@router.get("/cracks/{crack_id}")
def get_crack(crack_id: Id, server: Server) -> Crack:
    """Give one crack."""
    return Crack.of(server.project.cracks.get(crack_id))


@router.patch("/cracks/{crack_id}")
def change_crack(crack_id: Id, change: CrackChange, server: Server) -> Crack:
    """Accept, reject or comment on a crack."""
    record = server.project.cracks.judge(
        crack_id, version=change.version, decision=change.decision, comment=change.comment
    )
    server.events.tell("crack", {"id": record.id, "image": record.image_id})
    return Crack.of(record)
