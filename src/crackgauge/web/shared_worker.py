"""One worker process that several requests wait for, each in its turn."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

from crackgauge.errors import CrackgaugeError
from crackgauge.web.complaints import Complaints
from crackgauge.web.refusals import busy
from crackgauge.web.supervision import WorkerEnded, WorkerProcess, WorkerSettings

_LOOK_EVERY_S = 0.5


class SharedWorker:
    """A worker with a short queue; one that ended is replaced, before somebody asks again.

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
        self._closing = threading.Event()
        self._complaints = Complaints(self._closing)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._kept = threading.Lock()

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
        self.get_ready()

    def ask(self, task: str, arguments: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
        """Have a task done, when it is its turn.

        Raises:
            Refused: 503, too many wait or the server is being closed; what the worker said.
            WorkerEnded: every try ended its worker.
            OutOfTime: it took longer.
        """
        if not self._waiting.acquire(blocking=False):
            raise busy(f"{self._most} {self._words}")
        self.get_ready()
        try:
            with self._turn:
                return self._ask_again(task, arguments, seconds)
        except WorkerEnded as error:
            if self._closing.is_set():
                raise busy("the server is being closed", retry_after_s=5) from error
            raise
        finally:
            self._waiting.release()

    def close(self) -> None:
        """End the worker; what it was asked for is refused as busy."""
        self._closing.set()
        self._worker.close()

    def get_ready(self) -> None:
        """Start the worker without waiting for it, and look after it from now on."""
        with self._kept:
            if self._keeper.ident is None:
                self._keeper.start()

    def _keep(self) -> None:
        while not self._closing.is_set():
            if self._worker.pid is None:
                with self._turn:
                    try:
                        self._worker.ensure()
                        self._complaints.settled()
                    except CrackgaugeError as error:
                        self._complaints.say(f"a worker cannot be started, trying again: {error}")
            self._closing.wait(_LOOK_EVERY_S)

    def _ask_again(self, task: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Ask a second worker where the first one ended: it may not have been this request."""
        for _ in range(self._tries - 1):
            with contextlib.suppress(WorkerEnded):
                return self._worker.ask(task, arguments, seconds=seconds)
        return self._worker.ask(task, arguments, seconds=seconds)
