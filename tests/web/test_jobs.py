"""The queue where the disk is full, the model is gone, or photos are."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from tests.web.conftest import wait_until, write_wall

from crackgauge.errors import InputRefused, UsageError
from crackgauge.web.collecting import collect
from crackgauge.web.database import DATABASE_FILE, DatabaseLocked
from crackgauge.web.dataset_writing import write_dataset
from crackgauge.web.events import Events
from crackgauge.web.image_table import FoundFile, ImageRecord
from crackgauge.web.job_requests import request_of
from crackgauge.web.job_table import JobRecord
from crackgauge.web.jobs import JobQueue
from crackgauge.web.limits import Limits
from crackgauge.web.project import Project, read_model_info
from crackgauge.web.refusals import Refused
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

    def replace(self, name: str = "a.png") -> None:
        """Put another photo in the place of one."""
        write_wall(self.photos / name, 40, 96, 10, 30)

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


def when_it_runs(desk: Desk, act: Callable[[], object]) -> None:
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


def test_the_queue_outlives_a_database_that_is_locked(desk: Desk, caplog: pytest.LogCaptureFixture):
    """Another program is at it when a job is to be begun, and when one has ended."""
    file = desk.project.folder / DATABASE_FILE
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    when_it_runs(desk, lambda: other.execute("BEGIN IMMEDIATE"))
    desk.queue.start()
    first = desk.add("find")
    wait_until(lambda: "is not kept yet" in caplog.text, 60)
    with pytest.raises(DatabaseLocked) as refused, desk.project.database.write():
        raise AssertionError
    assert refused.value.status == 503
    other.execute("COMMIT")
    assert desk.ended(first).state == "done"
    second = desk.add("find", "b.png")
    other.execute("BEGIN IMMEDIATE")
    time.sleep(6)  # longer than it is waited for
    other.execute("COMMIT")
    other.close()
    assert desk.ended(second).state == "done"
    assert "Traceback" not in caplog.text


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


def test_a_photo_that_is_gone_is_missing_until_it_is_back(desk: Desk):
    aside = desk.photos / "a.png"
    aside.rename(desk.photos / "a.away")
    desk.queue.start()
    ended = desk.ended(desk.add("find"))
    assert (ended.state, ended.reason) == ("failed", "missing")
    assert "put it back" in ended.sentence
    assert (desk.image().state, desk.image().reason) == ("missing", "missing")
    (desk.photos / "a.away").rename(aside)
    desk.project.list_photos(desk.photos)
    assert desk.image().state == "new"


def test_a_photo_that_is_replaced_while_it_is_searched_is_new(desk: Desk):
    """What was found is of nobody knows which; searched again, the new one is measured."""
    job = desk.add("find")
    desk.queue.start()
    desk.ended(job)
    (crack,) = desk.project.cracks.of_image(desk.image().id)
    when_it_runs(desk, lambda: when_it_runs(desk, desk.replace))
    first, second = desk.add("find", "b.png"), desk.add("find")
    assert desk.ended(first).state == "done"
    assert desk.ended(second).state == "done"  # it was replaced before the worker was asked
    assert len(desk.project.cracks.of_image(desk.image().id)) == 2
    assert desk.image().height_px is None
    assert crack.id not in {each.id for each in desk.project.cracks.of_image(desk.image().id)}


def test_measures_of_a_photo_that_was_replaced_are_not_kept(desk: Desk):
    request = request_of(claimed(desk, "find"), desk.project, Limits())
    desk.replace()
    with pytest.raises(Refused) as refused:
        request.keep({"measured": {}})
    assert refused.value.reason == "replaced"


def claimed(desk: Desk, kind: Any) -> JobRecord:
    desk.add(kind)
    job = desk.project.jobs.claim()
    assert job is not None
    return job


def test_an_export_leaves_out_what_is_gone_or_replaced(desk: Desk):
    write_wall(desk.photos / "c.png", 64, 96, 30)
    desk.project.list_photos(desk.photos)
    desk.queue.start()
    for name in ("a.png", "b.png", "c.png"):
        assert desk.ended(desk.add("find", name)).state == "done"
    (desk.photos / "b.png").unlink()
    desk.replace("c.png")
    (job,) = desk.queue.add("export", [None], {"formats": ["csv", "html"]})
    ended = desk.ended(job.id)
    assert ended.state == "done", ended
    assert [desk.image(name).state for name in ("a.png", "b.png", "c.png")] == [
        "done",
        "missing",
        "new",
    ]
    files = desk.project.export_folder(job.id) / "files"
    assert "b.png" in (files / "report.html").read_text()
    assert {row.split(",")[0] for row in (files / "images.csv").read_text().splitlines()[1:]} == {
        "a.png"
    }


def test_a_dataset_has_no_pair_of_a_photo_and_the_mask_of_another(desk: Desk, tmp_path: Path):
    """Replaced before it is collected, before it is copied, and unseen."""
    desk.queue.start()
    for name in ("a.png", "b.png"):
        desk.ended(desk.add("find", name))
        for crack in desk.project.cracks.of_image(desk.image(name).id):
            desk.project.cracks.judge(crack.id, version=1, decision="accepted", comment=None)
    given = {"name": "d", "val_share": 0.5, "seed": 0}
    arguments = collect(desk.project, tmp_path / "work", **given)
    arguments |= {"folder": str(tmp_path / "dataset")}
    desk.replace()
    with pytest.raises(UsageError, match=r"a\.png: was replaced while"):
        write_dataset(arguments, lambda _: None)
    seen = FoundFile.of(desk.photos / "a.png", "")
    assert seen is not None
    arguments["photos"][0]["stamp"] = seen.stamp
    with pytest.raises(InputRefused, match="has 96 x 40 px, its mask 96 x 64"):
        write_dataset(arguments, lambda _: None)
    assert not (tmp_path / "dataset").exists()
    with pytest.raises(Refused, match="was replaced since it was listed"):
        collect(desk.project, tmp_path / "work", **given)
    with pytest.raises(Refused, match="1 photos are corrected"):
        collect(desk.project, tmp_path / "work", **given)


@pytest.mark.parametrize(("kind", "reason"), [("export", "corrupt"), ("dataset", "wrong-use")])
def test_what_failed_or_was_cancelled_leaves_nothing(
    desk: Desk, capfd: pytest.CaptureFixture[str], kind: Any, reason: str
):
    """What was measured is damaged, and the probability is gone."""
    desk.queue.start()
    for name in ("a.png", "b.png"):
        desk.ended(desk.add("find", name))
        for crack in desk.project.cracks.of_image(desk.image(name).id):
            desk.project.cracks.judge(crack.id, version=1, decision="accepted", comment=None)
    a = desk.project.found(desk.image().id)
    survey = desk.project.survey(desk.image())
    content = survey.read_text()
    survey.write_text("damaged")
    shutil.rmtree(a / "probabilities")
    arguments = {"formats": ["csv"], "name": "d", "val_share": 0.5, "seed": 0}
    (failing,) = desk.queue.add(kind, [None], arguments)
    ended = desk.ended(failing.id)
    assert (ended.state, ended.reason) == ("failed", reason)
    assert "Traceback" not in capfd.readouterr().err
    survey.write_text(content)
    when_it_runs(desk, lambda: desk.project.jobs.cancel(desk.project.jobs.newest(1)[0].id))
    (cancelled,) = desk.queue.add(kind, [None], arguments)
    assert desk.ended(cancelled.id).state == "cancelled"
    rooms = [desk.project.folder / room for room in ("exports", "datasets")]
    wait_until(lambda: not any(path for room in rooms for path in room.iterdir()), 10)
