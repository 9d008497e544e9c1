"""Datasets of corrected photos: made by a job, listed, downloaded, removed."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from crackgauge.web.collecting import check_images, corrected_images
from crackgauge.web.dataset_schemas import Dataset, DatasetWanted
from crackgauge.web.naming import display_name
from crackgauge.web.paths import resolve_under
from crackgauge.web.refusals import Refused
from crackgauge.web.routes.exports import download_headers
from crackgauge.web.schemas import Id, Job
from crackgauge.web.state import Server

router = APIRouter(prefix="/api/datasets", tags=["datasets"])
_BINARY = "application/octet-stream"


@router.post("", status_code=202)
def begin_dataset(wanted: DatasetWanted, server: Server) -> Job:
    """Write a dataset, when the jobs before have ended; photos that changed are measured first."""
    project, most = server.project, server.limits.datasets
    arguments = {**wanted.model_dump(), "name": display_name(wanted.name)}
    with project.database.write():
        coming = [
            job for job in project.jobs.of_kind("dataset") if job.state in ("queued", "running")
        ]
        if len(project.datasets.every()) + len(coming) >= most:
            raise Refused(413, "too-many", f"the project has {most} datasets; remove some")
        chosen = corrected_images(project)
        check_images(project, chosen)
        server.queue.add("measure", [image.id for image in chosen if image.stale])
        (record,) = server.queue.add("dataset", [None], arguments)
    return server.job(record)


@router.get("")
def list_datasets(server: Server) -> list[Dataset]:
    """List the datasets, the newest first."""
    return [Dataset.of(record) for record in server.project.datasets.every()]


@router.get(
    "/{dataset_id}/archive",
    response_class=Response,
    responses={200: {"content": {_BINARY: {}}}},
)
def get_dataset_archive(dataset_id: Id, server: Server) -> Response:
    """Download a dataset as one ZIP."""
    with server.project.database.read():  # nobody removes it meanwhile
        record = server.project.datasets.get(dataset_id)
        folder = resolve_under(server.project.folder / "datasets", record.id)
        parts = server.lending.zipped(folder)
    return StreamingResponse(parts, media_type=_BINARY, headers=download_headers("dataset.zip"))


@router.delete("/{dataset_id}", status_code=204)
def remove_dataset(dataset_id: Id, server: Server) -> None:
    """Remove a dataset that no training is to learn from; one that is being sent is sent whole."""
    project = server.project
    with project.database.write():
        record = project.datasets.get(dataset_id)
        if any(
            job.state in ("queued", "running") and job.arguments["dataset"] == record.id
            for job in project.jobs.of_kind("train")
        ):
            raise Refused(409, "in-use", "a training learns from this dataset; stop it first")
        project.datasets.remove(record.id)
    server.lending.remove(project.dataset_folder(record.id))
