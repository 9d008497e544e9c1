"""One worker process that several requests wait for, each in its turn."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

from crackgauge.web.refusals import busy
from crackgauge.web.supervision import WorkerEnded, WorkerProcess, WorkerSettings


class SharedWorker:
    """A worker with a short queue; one that ended is replaced.

    Args:
        settings: how it is started.
        most: requests that may wait or be worked on.
        tries: of what ends its worker.
        words: what it does, for whoever is sent away: "pictures are being drawn".
    """

    def __init__(self, settings: WorkerSettings, *, most: int, tries: int, words: str) -> None:
        self._worker = WorkerProcess(settings)
        self._turn = threading.Lock()
        self._waiting = threading.BoundedSemaphore(most)
        self._most = most
        self._tries = tries
        self._words = words
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Number of the worker's process."""
        return self._worker.pid

    def start(self) -> None:
        """Start the worker ahead of the first request.

        Raises:
            WorkerEnded, OutOfTime: it does not get ready.
        """
        with self._turn:
            self._worker.ensure()

    def ask(self, task: str, arguments: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
        """Have a task done, when it is its turn.

        Raises:
            Refused: 503, too many wait or the server is being closed; what the worker said.
            WorkerEnded: every try ended its worker.
            OutOfTime: it took longer.
        """
        if not self._waiting.acquire(blocking=False):
            raise busy(f"{self._most} {self._words}")
        try:
            with self._turn:
                return self._ask_again(task, arguments, seconds)
        except WorkerEnded as error:
            if self._closed:
                raise busy("the server is being closed", retry_after_s=5) from error
            raise
        finally:
            self._waiting.release()

    def close(self) -> None:
        """End the worker; what it was asked for is refused as busy."""
        self._closed = True
        self._worker.close()

    def _ask_again(self, task: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Ask a second worker where the first one ended: it may not have been this request."""
        for _ in range(self._tries - 1):
            with contextlib.suppress(WorkerEnded):
                return self._worker.ask(task, arguments, seconds=seconds)
        return self._worker.ask(task, arguments, seconds=seconds)
