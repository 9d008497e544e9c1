"""A worker that several requests share, and that somebody kills."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.conftest import write_wall

from crackgauge.web.refusals import Refused
from crackgauge.web.shared_worker import SharedWorker
from crackgauge.web.supervision import WorkerSettings


@pytest.fixture
def worker() -> Iterator[SharedWorker]:
    settings = WorkerSettings(None, 1, 1 << 31, warm=False)
    shared = SharedWorker(settings, most=2, tries=1, words="pictures are being drawn")
    yield shared
    shared.close()


def wait_for_another(worker: SharedWorker, than: int) -> int:
    while worker.pid in (None, than):
        time.sleep(0.05)
    assert worker.pid is not None
    return worker.pid


def test_a_killed_worker_is_replaced_though_nobody_asks(
    worker: SharedWorker, tmp_path: Path
) -> None:
    photo = write_wall(tmp_path / "a.png", 40, 60, 10)
    worker.start()
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    second = wait_for_another(worker, first)
    arguments = {"photo": str(photo), "most_px": 10_000}
    seen = worker.ask("describe", arguments, seconds=60)
    assert (seen["height_px"], seen["width_px"]) == (40, 60)
    assert worker.pid == second


def test_there_is_none_before_the_first_use_and_none_after_the_last(worker: SharedWorker) -> None:
    time.sleep(0.7)  # longer than it takes to look
    assert worker.pid is None
    worker.start()
    worker.close()
    time.sleep(0.7)
    assert worker.pid is None
    with pytest.raises(Refused) as refused:
        worker.ask("describe", {}, seconds=60)
    assert refused.value.status == 503
