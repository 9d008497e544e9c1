"""Strokes made by hand: begun, added, undone, given up; and traces shown ahead."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from crackgauge.web.annotation_schemas import (
    Annotation,
    AnnotationWanted,
    StepWanted,
    StrokeWanted,
    Traced,
    TraceWanted,
)
from crackgauge.web.annotation_wording import NOTHING
from crackgauge.web.schemas import Id
from crackgauge.web.state import Server, State

router = APIRouter(prefix="/api/images/{image_id}", tags=["annotations"])


@router.get("/annotation", response_model_exclude_none=True)
def get_annotation(image_id: Id, server: Server) -> Annotation:
    """Give the strokes on a photo."""
    found = server.annotations.get(image_id)
    server.tracing.get_ready()
    return found


@router.post("/annotation", status_code=201, response_model_exclude_none=True)
def begin_annotation(image_id: Id, wanted: AnnotationWanted, server: Server) -> Annotation:
    """Begin to correct a photo, from the prediction or from nothing."""
    made = server.annotations.begin(
        image_id, version=wanted.version, from_prediction=wanted.start == "prediction"
    )
    return _told(server, image_id, made)


@router.post("/annotation/strokes", response_model_exclude_none=True)
def add_stroke(image_id: Id, wanted: StrokeWanted, server: Server) -> Annotation:
    """Add a stroke; a trace is computed here."""
    made = server.annotations.add(image_id, version=wanted.version, stroke=wanted.stroke)
    return _told(server, image_id, made)


@router.post("/annotation/undo", response_model_exclude_none=True)
def undo_stroke(image_id: Id, wanted: StepWanted, server: Server) -> Annotation:
    """Take the last stroke back."""
    return _told(server, image_id, server.annotations.undo(image_id, version=wanted.version))


@router.post("/annotation/redo", response_model_exclude_none=True)
def redo_stroke(image_id: Id, wanted: StepWanted, server: Server) -> Annotation:
    """Do again what was undone last."""
    return _told(server, image_id, server.annotations.redo(image_id, version=wanted.version))


@router.delete("/annotation", response_model_exclude_none=True)
def give_up_annotation(
    image_id: Id,
    version: Annotated[int, Query(ge=0, description="the one that you have seen")],
    server: Server,
) -> Annotation:
    """Go back to what the model found; the photo is measured anew."""
    server.annotations.give_up(
        image_id, version=version, measure=lambda: server.queue.add("measure", [image_id])
    )
    server.tell_image(image_id)
    return _told(server, image_id, NOTHING)


@router.post("/trace")
def preview_trace(image_id: Id, wanted: TraceWanted, server: Server) -> Traced:
    """Trace a crack between points and keep nothing; erased strokes are kept away from."""
    return Traced(**server.annotations.trace(image_id, wanted))


def _told(server: State, image_id: str, made: Annotation) -> Annotation:
    server.events.tell("annotation", {"image": image_id, "version": made.version})
    return made
