"""The project and its settings."""

from __future__ import annotations

from fastapi import APIRouter

from crackgauge.measure import load_standard, standard_names
from crackgauge.web.refusals import Refused
from crackgauge.web.schemas import Model, ProjectChange, ProjectState, StandardInfo
from crackgauge.web.state import Server, State

router = APIRouter(prefix="/api", tags=["project"])


@router.get("/project")
def get_project(server: Server) -> ProjectState:
    """Give the project with its settings."""
    return _project(server)


@router.patch("/project")
def change_project(change: ProjectChange, server: Server) -> ProjectState:
    """Change scale, standard or threshold; what is done is measured anew with them."""
    given = change.model_fields_set - {"version"}
    changes = {name: getattr(change, name) for name in given}
    if change.standard is not None and change.standard not in standard_names():
        known = ", ".join(standard_names())
        raise Refused(422, "wrong-value", f"this standard is unknown; known are {known}")
    project = server.project
    with project.database.write():
        project.table.change(changes, version=change.version)
        if changes:
            measuring = project.jobs.being_measured()
            images = project.images.every()
            done = [image.id for image in images if image.survey or image.id in measuring]
            server.queue.add("measure", list(done))
    server.events.tell("project", {"version": project.settings.version})
    return _project(server)


@router.get("/standards")
def list_standards() -> list[StandardInfo]:
    """List the standards by which cracks can be graded."""
    standards = [load_standard(name) for name in standard_names()]
    return [
        StandardInfo(
            name=each.name,
            title=each.title,
            edition=each.edition,
            source=each.source,
            note=each.note,
            verified=each.verified,
            classes=[width_class.name for width_class in each.classes],
        )
        for each in standards
    ]


def _project(server: State) -> ProjectState:
    project = server.project
    settings, model, counts = project.settings, project.model, project.jobs.counts()
    return ProjectState(
        version=settings.version,
        title=project.title,
        mm_per_px=settings.mm_per_px,
        standard=settings.standard,
        threshold=settings.threshold,
        model=Model(
            name=model.name,
            licence=model.licence,
            training_data=model.training_data,
            threshold=model.threshold,
            threshold_source=model.threshold_source,
            digest=model.digest,
        ),
        image_count=project.images.count(),
        queued=counts["queued"],
        running=counts["running"],
    )
