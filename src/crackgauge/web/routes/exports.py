"""Reports and exports: written by a job, then downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from crackgauge.pipeline.export_formats import choose_formats
from crackgauge.web.exporting import ARCHIVE
from crackgauge.web.paths import resolve_under
from crackgauge.web.refusals import Refused, not_found
from crackgauge.web.schemas import ExportWanted, Id, Index, Job
from crackgauge.web.state import Server, State

router = APIRouter(prefix="/api", tags=["exports"])
_CHUNK_BYTES = 1 << 16
_BINARY = "application/octet-stream"


@router.post("/exports", status_code=202)
def begin_export(wanted: ExportWanted, server: Server) -> Job:
    """Write the report and exports of all photos that are done, when their jobs have ended."""
    formats = choose_formats(wanted.formats)
    (record,) = server.queue.add("export", [None], {"formats": list(formats)})
    return server.job(record)


@router.get(
    "/exports/{job_id}/archive",
    response_class=Response,
    responses={200: {"content": {_BINARY: {}}}},
)
def get_archive(job_id: Id, server: Server) -> Response:
    """Download all files of an export as one ZIP."""
    _files(server, job_id)
    return download(resolve_under(server.project.export_folder(job_id), ARCHIVE))


@router.get(
    "/exports/{job_id}/files/{number}",
    response_class=Response,
    responses={200: {"content": {_BINARY: {}}}},
)
def get_file(job_id: Id, number: Index, server: Server) -> Response:
    """Download a file of an export by its place in the job's `files`."""
    files = _files(server, job_id)
    if number >= len(files):
        raise not_found("file")
    return download(resolve_under(server.project.export_folder(job_id) / "files", files[number]))


def _files(server: State, job_id: str) -> list[str]:
    job = server.project.jobs.get(job_id)
    if job.kind != "export":
        raise not_found("export")
    if job.state != "done":
        raise Refused(409, "not-done", f"this export is {job.state}; wait until it is done")
    return [str(each["name"]) for each in job.result["files"]]


def download(path: Path) -> Response:
    """Send a file to be saved; parts of it cannot be asked for."""
    return StreamingResponse(
        _content(path),
        media_type=_BINARY,
        headers={"Content-Length": str(path.stat().st_size), **download_headers(path.name)},
    )


def download_headers(name: str) -> dict[str, str]:
    """Return headers that have a browser save an answer, whatever is in it."""
    shown = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in name
    )
    return {
        "Content-Disposition": f'attachment; filename="{shown}"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Accept-Ranges": "none",
    }


def _content(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while part := stream.read(_CHUNK_BYTES):
            yield part
