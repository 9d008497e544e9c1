"""The queue where the disk is full, the model is gone, or photos are."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from tests.web.conftest import wait_until, write_wall

from crackgauge.web.events import Events
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.job_table import JobRecord
from crackgauge.web.jobs import JobQueue
from crackgauge.web.limits import Limits
from crackgauge.web.project import Project, read_model_info
from crackgauge.web.supervision import WorkerSettings
from crackgauge.web.trainer import Trainer

GIB = 1 << 30


class Desk:
    """A project with photos and a queue that works."""

    def __init__(self, top: Path, model: Path, *, workers: int = 1) -> None:
        self.photos = top / "photos"
        write_wall(self.photos / "a.png", 64, 96, 30)
        write_wall(self.photos / "b.png", 64, 96, 30)
        self.model = Path(shutil.copy(model, top))
        self.project = Project(top / "project", read_model_info(self.model))
        self.project.list_photos(self.photos)
        self.events = Events(1)
        digest = self.project.model.digest
        settings = WorkerSettings(str(self.model), 1, 8 * GIB, warm=True, digest=digest)
        self.queue = JobQueue(self.project, Limits(), self.events, settings, workers=workers)

    def image(self, name: str = "a.png") -> ImageRecord:
        return next(each for each in self.project.images.every() if each.name == name)

    def add(self, kind: Any, name: str = "a.png") -> str:
        (job,) = self.queue.add(kind, [self.image(name).id])
        return job.id

    def wait(self, job_id: str, *states: str) -> JobRecord:
        wait_until(lambda: self.project.jobs.get(job_id).state in states, 60)
        return self.project.jobs.get(job_id)

    def ended(self, job_id: str) -> JobRecord:
        return self.wait(job_id, "done", "failed", "cancelled")

    def let_write(self, may: bool) -> None:
        """Have the database refuse what is written, as where the disk is full."""
        with self.project.database.read() as connection:
            connection.execute(f"PRAGMA query_only = {'OFF' if may else 'ON'}")


@pytest.fixture
def desk(tmp_path: Path, contrast_model: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, contrast_model)
    yield made
    made.queue.close()
    made.project.database.close()


def when_it_runs(desk: Desk, act: Callable[[], None]) -> None:
    """Act as soon as a job has begun."""
    tell = desk.events.tell

    def listening(kind: str, values: Any) -> None:
        tell(kind, values)
        if values.get("state") == "running" and values["share"] == 0:
            desk.events.tell = tell  # type: ignore[method-assign]
            act()

    desk.events.tell = listening  # type: ignore[assignment,method-assign]


def test_what_was_found_is_kept_when_there_is_room_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    when_it_runs(desk, lambda: desk.let_write(False))
    job = desk.add("find")
    desk.queue.start()
    wait_until(lambda: "is not kept yet" in caplog.text, 60)
    assert desk.project.jobs.get(job).state == "running"
    desk.let_write(True)
    assert desk.ended(job).state == "done"
    assert desk.image().state == "done"
    assert len(desk.project.cracks.of_image(desk.image().id)) == 1
    assert caplog.text.count("is not kept yet") == 1
    assert "Traceback" not in caplog.text
    assert desk.ended(desk.add("find", "b.png")).state == "done"


def test_a_full_disk_is_not_the_photos_fault(desk: Desk, caplog: pytest.LogCaptureFixture):
    """`found/` cannot be written, because it is a file; the photo stays as it was."""
    room = desk.project.folder / "found"
    room.rmdir()
    room.write_text("in the way")
    desk.queue.start()
    ended = desk.ended(desk.add("find"))
    assert (ended.state, ended.reason) == ("failed", "storage")
    assert desk.image().state == "new"
    assert "Traceback" not in caplog.text
    room.unlink()
    assert desk.ended(desk.add("find")).state == "done"


def test_the_terminal_is_told_once_that_nothing_can_be_begun(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    desk.add("find")
    desk.queue.start()
    desk.let_write(False)  # before its worker is ready
    wait_until(lambda: "no job can be begun" in caplog.text, 60)
    time.sleep(2.5)  # longer than until the next try
    assert caplog.text.count("no job can be begun") == 1
    assert "Traceback" not in caplog.text
    desk.let_write(True)


def test_a_training_outlives_a_full_disk(desk: Desk, caplog: pytest.LogCaptureFixture):
    """Its dataset is gone; that it failed is kept when there is room again."""
    arguments = {"dataset": "0" * 16, "epochs": 1, "name": "n", "preset": "p"}
    trainer = Trainer(desk.project, Limits(), desk.events)
    (job,) = desk.project.jobs.add("train", [None], most=9, arguments=arguments)
    when_it_runs(desk, lambda: desk.let_write(False))
    trainer.start()
    wait_until(lambda: "is not kept yet" in caplog.text, 60)
    desk.let_write(True)
    assert desk.ended(job.id).reason == "not-found"
    (job,) = desk.project.jobs.add("train", [None], most=9, arguments=arguments)
    assert desk.ended(job.id).reason == "not-found"
    assert "Traceback" not in caplog.text
    trainer.close()


@pytest.mark.parametrize("is_there", [False, True])
def test_no_photo_is_searched_with_another_model(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], is_there: bool
):
    """The file is gone, or replaced, when a worker is started; the job waits for it."""
    content = desk.model.read_bytes()
    desk.model.unlink()
    if is_there:
        other = onnx.load_from_string(content)
        other.producer_name = "somebody else"
        desk.model.write_bytes(other.SerializeToString())
    job = desk.add("find")
    desk.queue.start()
    wait_until(lambda: "no job can be begun" in caplog.text, 60)
    assert ("was replaced" in caplog.text) == is_there
    assert desk.project.jobs.get(job).state == "queued"
    assert "Traceback" not in caplog.text + capfd.readouterr().err
    desk.model.write_bytes(content)
    assert desk.ended(job).state == "done"
