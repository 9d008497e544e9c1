from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from crackgauge.errors import Stopped
from crackgauge.pipeline.stopping import stoppable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_body_past_except_exception(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    steps = 0

    def swallow() -> None:
        nonlocal steps
        try:
            steps += 1
            signal.raise_signal(number)
            steps += 10
        except Exception:  # noqa: BLE001  as around a decoder
            steps += 100

    with pytest.raises(Stopped, match=f"stopped by {number.name}; go on"), stoppable("go on"):
        swallow()
    assert steps == 1
    assert signal.getsignal(number) is before


def test_without_a_signal_nothing_happens() -> None:
    with stoppable("go on"):
        pass


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), stoppable("go on"):
        raise ZeroDivisionError


def test_in_another_thread_signals_are_left_alone() -> None:
    seen: list[object] = []

    def work() -> None:
        with stoppable("go on"):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


DEAF = """
import sys, time
from crackgauge.pipeline.stopping import stoppable
with stoppable("go on", grace_s=float(sys.argv[1])):
    said = "ready"
    while True:
        try:  # said in here, so that the signal that answers it finds the deaf ear
            print(said, flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            said = "deaf"
"""


def start_deaf(grace_s: float) -> subprocess.Popen[str]:
    """A body that will not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF, str(grace_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "deaf\n"
    return process


def test_a_body_that_will_not_end_is_ended_after_the_grace() -> None:
    process = start_deaf(0.2)
    started = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 4
    assert err == "crackgauge: error: stopped by SIGTERM; go on\n"
    assert time.monotonic() - started < 20


def test_a_second_signal_ends_it_on_the_spot() -> None:
    process = start_deaf(600.0)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
