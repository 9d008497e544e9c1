"""Stopping a run by SIGINT or SIGTERM: soon, tidily, and only where somebody asked for it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from crackgauge.errors import Stopped

GRACE_S = 20.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def stoppable(advice: str, *, grace_s: float = GRACE_S) -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into `Stopped` in the body of this context.

    In the body the signal is a `KeyboardInterrupt`, which no `except Exception` swallows: files
    that are being written under their temporary names are removed and finished ones stay. A
    second signal ends the process at once, and so does a body that is still busy `grace_s` after
    the first (a long call into a library): every file is written under a temporary name first, so
    even that leaves nothing half-written.

    Args:
        advice: how to go on later, for the sentence that the user sees.
        grace_s: seconds that the body may take to end.

    Raises:
        Stopped: a signal came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone; a server stops its jobs in its own way
        return
    watchdog: list[threading.Timer] = []
    sentence = f"stopped; {advice}"

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal sentence
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        sentence = f"stopped by {signal.Signals(number).name}; {advice}"
        timer = threading.Timer(grace_s, _end_now, [sentence])
        timer.daemon = True
        timer.start()
        watchdog.append(timer)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in _SIGNALS}
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(sentence) from None
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for timer in watchdog:
            timer.cancel()


def _end_now(sentence: str) -> None:
    sys.stderr.write(f"crackgauge: error: {sentence}\n")
    sys.stderr.flush()
    os._exit(Stopped.exit_code)
