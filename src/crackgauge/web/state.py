"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from crackgauge.web.annotating import Annotations
from crackgauge.web.events import Events
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.job_table import JobRecord
from crackgauge.web.jobs import JobQueue
from crackgauge.web.lending import Lending
from crackgauge.web.limits import Limits
from crackgauge.web.project import Project
from crackgauge.web.renderer import Renderer
from crackgauge.web.schemas import Image, Job
from crackgauge.web.security import Access
from crackgauge.web.tracing import Tracing
from crackgauge.web.trainer import Trainer


@dataclass(frozen=True)
class State:
    """The parts of a running server."""

    project: Project
    queue: JobQueue
    renderer: Renderer
    tracing: Tracing
    annotations: Annotations
    trainer: Trainer
    events: Events
    limits: Limits
    access: Access
    lending: Lending = field(default_factory=Lending)

    def image(self, record: ImageRecord) -> Image:
        """Word a photo."""
        counts = self.project.cracks.counts(record.id).get(record.id, {})
        return Image.of(record, counts=counts, digest=self.project.model.digest)

    def job(self, record: JobRecord) -> Job:
        """Word a job."""
        if record.kind == "train":
            return Job.of(record, self.trainer.describe(record).share)
        return Job.of(record, self.queue.share(record))

    def tell_image(self, image_id: str) -> None:
        """Tell the open pages that a photo was changed."""
        self.events.tell("image", {"id": image_id})


def _state_of(request: Request) -> Any:
    return request.app.state.crackgauge


Server = Annotated[State, Depends(_state_of)]
