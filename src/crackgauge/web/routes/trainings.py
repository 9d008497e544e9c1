"""Trainings: begun, watched, stopped, gone on with; their models downloaded."""

from __future__ import annotations

from fastapi import APIRouter, Response

from crackgauge.web.dataset_schemas import ResumeWanted, Training, TrainingWanted
from crackgauge.web.routes.exports import download
from crackgauge.web.schemas import Id, Job
from crackgauge.web.state import Server

router = APIRouter(prefix="/api/trainings", tags=["trainings"])
_BINARY = "application/octet-stream"


@router.post("", status_code=202)
def begin_training(wanted: TrainingWanted, server: Server) -> Job:
    """Train on a dataset, from the model of now; one training runs at a time."""
    return server.job(server.trainer.add(wanted))


@router.get("")
def list_trainings(server: Server) -> list[Training]:
    """List the trainings, the newest first."""
    return [server.trainer.describe(job) for job in server.project.jobs.of_kind("train")]


@router.get("/{job_id}")
def get_training(job_id: Id, server: Server) -> Training:
    """Give one training."""
    return server.trainer.describe(server.trainer.get(job_id))


@router.delete("/{job_id}")
def stop_training(job_id: Id, server: Server) -> Training:
    """Stop a training; its state is kept."""
    return server.trainer.describe(server.trainer.stop(job_id))


@router.post("/{job_id}/resume", status_code=202)
def resume_training(job_id: Id, wanted: ResumeWanted, server: Server) -> Training:  # noqa: ARG001
    """Go on with a training that was stopped or failed."""
    return server.trainer.describe(server.trainer.resume(job_id))


@router.get("/{job_id}/model", response_class=Response, responses={200: {"content": {_BINARY: {}}}})
def get_model(job_id: Id, server: Server) -> Response:
    """Download the model that a training left, as ONNX."""
    return download(server.trainer.model(job_id))
