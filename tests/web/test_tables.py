"""Photos, cracks, jobs and settings in the tables of a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crackgauge.web.crack_table import CrackTable
from crackgauge.web.database import Database
from crackgauge.web.image_table import FoundFile, ImageTable
from crackgauge.web.job_table import JobTable
from crackgauge.web.project_table import ProjectTable
from crackgauge.web.refusals import Refused


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "p")
    yield opened
    opened.close()


def crack(number: int, left: int, *, rank: int = -1, width: float = 3.0) -> dict[str, Any]:
    """A row of a survey: 20 x 4 px, from `left` on."""
    return {
        "crack_id": number,
        "severity_rank": rank,
        "width_max_px": width,
        "bbox_left_px": left,
        "bbox_top_px": 0,
        "bbox_right_px": left + 20,
        "bbox_bottom_px": 4,
    }


def test_a_write_is_kept_together_or_not_at_all(database: Database):
    images = ImageTable(database)

    def fail() -> None:
        with database.write():
            images.add(FoundFile("a", 1, 1), name="a.jpg")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert images.count() == 0


def test_names_are_unique(database: Database):
    images = ImageTable(database)
    ids = [images.add(FoundFile(file, 1, 1), name="deck.jpg") for file in "abc"]
    assert [images.get(each).name for each in ids] == ["deck.jpg", "deck-2.jpg", "deck-3.jpg"]


def test_a_folder_is_followed(database: Database):
    """b is changed, c is gone, d is new; then c is back."""
    images, folder = ImageTable(database), ProjectTable(database).folder("/photos")
    images.listed(folder, [FoundFile(name, 10, 1) for name in ("a.jpg", "b.jpg", "c.jpg")])
    for image in images.every():
        images.set_size(image.id, 4, 4)
        images.set_measured(image.id, survey="s", measured={}, model="m")
    now = [FoundFile("a.jpg", 10, 1), FoundFile("b.jpg", 11, 1), FoundFile("d.jpg", 10, 1)]
    images.listed(folder, now)
    states = {image.name: (image.state, image.height_px, image.model) for image in images.every()}
    assert states == {
        "a.jpg": ("done", 4, "m"),
        "b.jpg": ("new", None, None),
        "c.jpg": ("missing", 4, "m"),
        "d.jpg": ("new", None, None),
    }
    images.listed(folder, [*now, FoundFile("c.jpg", 10, 1)])
    assert {image.name: image.state for image in images.every()}["c.jpg"] == "done"


def test_a_crack_keeps_its_id_and_what_was_said(database: Database):
    """Measured anew: the second is gone, the first moved by 2 px, one was added."""
    image = ImageTable(database).add(FoundFile("a", 1, 1), name="a")
    cracks = CrackTable(database)
    cracks.replace(image, [crack(1, 0), crack(2, 100), crack(3, 200)])
    first, second, third = cracks.of_image(image)
    cracks.judge(first.id, version=1, decision="accepted", comment="seen")
    cracks.judge(second.id, version=1, decision="rejected", comment=None)
    cracks.replace(image, [crack(1, 2), crack(2, 200), crack(3, 300)])
    now = cracks.of_image(image)
    assert [(each.number, each.decision) for each in now] == [
        (1, "accepted"),
        (2, "open"),
        (3, "open"),
    ]
    assert [now[0].id, now[1].id] == [first.id, third.id]
    assert (now[0].comment, now[0].version) == ("seen", 2)
    with pytest.raises(Refused):
        cracks.get(second.id)

    cracks.replace(image, [crack(1, 100)])  # the one that was rejected is found again
    (back,) = cracks.of_image(image)
    assert (back.id, back.decision) == (second.id, "rejected")


def test_the_worst_come_first(database: Database):
    """By class, then by width; rejected cracks do not make a photo worse."""
    images, cracks = ImageTable(database), CrackTable(database)
    mild = images.add(FoundFile("a", 1, 1), name="a")
    wide = images.add(FoundFile("b", 1, 1), name="b")
    bad = images.add(FoundFile("c", 1, 1), name="c")
    images.add(FoundFile("d", 1, 1), name="d")
    cracks.replace(mild, [crack(1, 0, rank=0, width=9)])
    cracks.replace(wide, [crack(1, 0, rank=1, width=5)])
    cracks.replace(bad, [crack(1, 0, rank=2, width=1), crack(2, 50, rank=1, width=6)])
    names = [image.name for image in images.page(order="worst", offset=0, count=9)]
    assert names == ["c", "b", "a", "d"]
    worst, total = cracks.worst(offset=0, count=2)
    assert ([(each.image_id, each.number) for each in worst], total) == ([(bad, 1), (bad, 2)], 4)
    assert [images.get(each).worst_rank for each in (bad, wide, mild)] == [2, 1, 0]
    assert cracks.counts(wide) == {wide: {"open": 1}}
    assert cracks.counts() == {mild: {"open": 1}, wide: {"open": 1}, bad: {"open": 2}}
    first, second = cracks.of_image(bad)
    cracks.judge(first.id, version=1, decision="rejected", comment=None)
    assert images.get(bad).worst_rank == 1
    cracks.judge(second.id, version=1, decision="rejected", comment=None)
    assert images.get(bad).worst_rank is None
    names = [image.name for image in images.page(order="worst", offset=0, count=9)]
    assert names == ["b", "a", "c", "d"]


def test_settings_have_a_version(database: Database):
    table = ProjectTable(database)
    assert table.change({"mm_per_px": 0.5}, version=1).version == 2
    with pytest.raises(Refused) as refused:
        table.change({"mm_per_px": 0.7}, version=1)
    assert refused.value.status == 409
    assert table.settings().mm_per_px == 0.5


def test_a_value_of_the_command_line_is_news_once(database: Database):
    table = ProjectTable(database)
    assert [table.is_news("scale", each) for each in ("1", "1", "2", "1")] == [
        True,
        False,
        True,
        True,
    ]


def test_secrets_outlive_the_server(tmp_path: Path):
    seen = set()
    for _ in range(2):
        database = Database(tmp_path / "p")
        seen.add(ProjectTable(database).csrf())
        database.close()
    assert len(seen) == 1
    assert len(seen.pop()) == 64


def test_jobs_wait_in_turn(database: Database):
    images, jobs = ImageTable(database), JobTable(database)
    a, b = (images.add(FoundFile(name, 1, 1), name=name) for name in "ab")
    first, second = jobs.add("find", [a, b], most=5)
    assert jobs.add("find", [b], most=5)[0].id == second.id  # it waits already
    assert images.get(a).job == "queued"
    claimed = jobs.claim()
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.tries) == (first.id, "running", 1)
    assert images.get(a).job == "running"
    again = jobs.add("find", [a], most=5)[0]  # one that runs may have begun with older settings
    assert again.id != first.id
    jobs.end(first.id, "done", result={"x": 1})
    assert jobs.get(first.id).result == {"x": 1}
    assert jobs.counts() == {"queued": 2, "running": 0}


def test_an_export_waits_and_a_photo_is_worked_on_once(database: Database):
    """Two workers: the second takes what is neither the same photo nor on the other side of an
    export, which reads what the others write."""
    images, jobs = ImageTable(database), JobTable(database)
    a, b = (images.add(FoundFile(name, 1, 1), name=name) for name in "ab")
    find_a = jobs.add("find", [a], most=9)[0].id
    measure_a = jobs.add("measure", [a], most=9)[0].id
    export = jobs.add("export", [None], most=9)[0].id
    find_b = jobs.add("find", [b], most=9)[0].id
    dataset = jobs.add("dataset", [None], most=9)[0].id
    for expected in (find_a, measure_a, export, find_b, dataset):
        job = jobs.claim()
        assert job is not None
        assert job.id == expected
        other = jobs.claim()
        assert other is None
        jobs.end(job.id, "done")
    jobs.add("find", [a, b], most=9)
    assert [jobs.claim(), jobs.claim()].count(None) == 0


def test_a_photo_whose_cancelled_job_still_runs_is_left_alone(database: Database):
    images, jobs = ImageTable(database), JobTable(database)
    a, b = (images.add(FoundFile(name, 1, 1), name=name) for name in "ab")
    jobs.add("find", [a], most=9)
    first = jobs.claim()
    assert first is not None
    jobs.cancel(first.id)
    (again,), (of_b,) = jobs.add("find", [a], most=9), jobs.add("find", [b], most=9)
    claimed = jobs.claim(not_of=[a])
    assert claimed is not None
    assert claimed.id == of_b.id
    claimed = jobs.claim()
    assert claimed is not None
    assert claimed.id == again.id


def test_a_full_queue_takes_all_or_nothing(database: Database):
    images, jobs = ImageTable(database), JobTable(database)
    ids = [images.add(FoundFile(name, 1, 1), name=name) for name in "abc"]
    with pytest.raises(Refused) as refused:
        jobs.add("find", list(ids), most=2)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "10"})
    assert jobs.counts()["queued"] == 0


def test_what_ran_when_the_server_ended_is_tried_again(database: Database):
    image = ImageTable(database).add(FoundFile("a", 1, 1), name="a")
    jobs = JobTable(database)
    jobs.add("find", [image], most=5)
    for _ in range(5):  # however often the server ends
        jobs.resume()
        claimed = jobs.claim()
        assert claimed is not None
        assert claimed.tries == 1


def test_a_job_that_has_ended_is_not_cancelled(database: Database):
    jobs = JobTable(database)
    (job,) = jobs.add("export", [None], most=5)
    assert jobs.cancel(job.id) == "queued"
    with pytest.raises(Refused) as refused:
        jobs.cancel(job.id)
    assert refused.value.status == 409
