"""Jobs: begun, watched, cancelled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from crackgauge.web.schemas import Id, Job, JobsWanted
from crackgauge.web.state import Server

router = APIRouter(prefix="/api", tags=["jobs"])


@router.post("/jobs", status_code=202)
def begin_jobs(wanted: JobsWanted, server: Server) -> list[Job]:
    """Have cracks found, or measured anew."""
    images = server.project.images
    if wanted.all:
        ids = [image.id for image in images.every() if image.state == "new"]
    else:
        ids = [images.get(image_id).id for image_id in dict.fromkeys(wanted.images)]
    records = server.queue.add(wanted.kind, list(ids))
    return [server.job(record) for record in records]


@router.get("/jobs")
def list_jobs(server: Server, count: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Job]:
    """List the newest jobs, the newest first."""
    records = server.project.jobs.newest(count)
    return [server.job(record) for record in records]


@router.get("/jobs/{job_id}")
def get_job(job_id: Id, server: Server) -> Job:
    """Give one job."""
    return server.job(server.project.jobs.get(job_id))


@router.delete("/jobs/{job_id}")
def cancel_job(job_id: Id, server: Server) -> Job:
    """Cancel a job; what was kept before stays."""
    return server.job(server.queue.cancel(job_id))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def listen(server: Server) -> StreamingResponse:
    """Tell what changes, as server-sent events.

    They are `job`, `image`, `crack`, `annotation`, `training` and `project`.
    """
    server.events.check_room()
    return StreamingResponse(server.events.listen(), media_type="text/event-stream")
