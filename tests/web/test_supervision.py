"""A worker process that is asked for too much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.web.conftest import write_wall

from crackgauge.web.refusals import Refused
from crackgauge.web.supervision import Cancelled, OutOfTime, WorkerProcess, WorkerSettings

GIB = 1 << 30


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wall(tmp_path_factory.mktemp("photo") / "a.png", 2000, 3000, 500)


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    """It may take 0.45 GiB, most of which libraries take before the first task."""
    process = WorkerProcess(WorkerSettings(None, 1, int(0.45 * GIB), warm=False))
    yield process
    process.close()


def draw(photo: Path, target: Path) -> dict[str, object]:
    return {
        "layer": "photo",
        "file": str(photo),
        "stamp": "1",
        "coarse": None,
        "level": 12,
        "column": 0,
        "row": 0,
        "target": str(target),
    }


def test_too_much_memory(worker: WorkerProcess, photo: Path, tmp_path: Path):
    """It is refused by the worker itself, which lives on."""
    seen = describe(worker, photo)
    assert (seen["height_px"], seen["width_px"]) == (2000, 3000)
    first = worker.pid
    large = tmp_path / "large.png"
    assert cv2.imwrite(str(large), np.zeros((9000, 9000, 3), np.uint8))
    with pytest.raises(Refused) as refused:
        worker.ask("draw", draw(large, tmp_path / "t.jpg"), seconds=60)
    assert (refused.value.status, refused.value.reason) == (413, "too-large")
    assert worker.pid == first
    assert not (tmp_path / "t.jpg").exists()

    assert describe(worker, photo)["format"] == "png"


def describe(worker: WorkerProcess, photo: Path) -> dict[str, object]:
    return worker.ask("describe", {"photo": str(photo), "most_px": 10**9}, seconds=60)


def test_too_much_time_or_patience(contrast_model: Path, photo: Path, tmp_path: Path):
    """The worker is ended, and a new one answers."""
    worker = WorkerProcess(WorkerSettings(str(contrast_model), 1, 8 * GIB, warm=True))
    arguments = {"photo": str(photo), "out": str(tmp_path / "out")}
    with pytest.raises(Cancelled):
        worker.ask("find", arguments, seconds=60, cancelled=lambda: True)
    assert worker.pid is None
    started = time.monotonic()
    with pytest.raises(OutOfTime):
        worker.ask("find", arguments, seconds=0)
    assert worker.pid is None
    assert time.monotonic() - started < 60
    assert describe(worker, photo)["format"] == "png"
    worker.close()
