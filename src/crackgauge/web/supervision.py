"""A worker process as the server sees it: asked, timed, ended, replaced."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from crackgauge.errors import CrackgaugeError
from crackgauge.web.access_token import TOKEN_VARIABLE
from crackgauge.web.refusals import Refused

_READY_S = 120.0
_LOOK_EVERY_S = 0.2


class WorkerEnded(CrackgaugeError):
    """The worker process ended before it answered."""


class OutOfTime(CrackgaugeError):
    """The worker took longer than it may, and was ended."""


class Cancelled(CrackgaugeError):
    """The task was cancelled, and its worker ended."""


@dataclass(frozen=True)
class WorkerSettings:
    """How workers are started.

    Args:
        model: file of the model; None for the default.
        threads: of the network.
        memory_bytes: that one may take.
        warm: open the model at once.
        traces: get ready for tracing at once.
        digest: SHA-256 that the model file must have; None for any.
        niceness: how far it stands back for the server, and for a browser beside it, as `nice` has
            it, 0 to 19.
    """

    model: str | None
    threads: int
    memory_bytes: int
    warm: bool
    traces: bool = False
    digest: str | None = None
    niceness: int = 0


class WorkerProcess:
    """One worker at a time; a new one is started where the last one ended. For one thread.

    Args:
        settings: how it is started.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._number = 0
        self._closed = threading.Event()

    @property
    def pid(self) -> int | None:
        """Number of the process, None where there is none."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def ensure(self) -> None:
        """Start a worker if there is none.

        Raises:
            WorkerEnded: it ended while it was starting, or the model is not what it was.
            OutOfTime: it did not get ready.
        """
        if self.pid is not None or self._closed.is_set():
            return
        self.end()  # of one that somebody else ended, its pipes are left
        self._lines = queue.SimpleQueue()
        environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
        settings = json.dumps(asdict(self._settings))
        process = subprocess.Popen(
            [sys.executable, "-m", "crackgauge.web.worker", settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,  # a Ctrl-C in the terminal is the server's to handle
        )
        self._process = process
        threading.Thread(target=_read_lines, args=(process, self._lines), daemon=True).start()
        if self._closed.is_set():  # meanwhile: who closed it may not have seen this process
            self.end()
            raise WorkerEnded("the server is being closed")
        answer = self._wait(time.monotonic() + _READY_S, _is_ready, _never)
        if "unready" in answer:
            self.end()
            raise WorkerEnded(str(answer["unready"]))

    def ask(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        seconds: float,
        tell: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        """Have a task done.

        Args:
            task: its name.
            arguments: JSON values.
            seconds: that it may take.
            tell: called with the share done.
            cancelled: asked again and again; the worker is ended when it says so.

        Raises:
            Refused: what the worker said.
            WorkerEnded: the process ended.
            OutOfTime: it took longer.
            Cancelled: somebody wanted so.
        """
        self.ensure()
        self._number += 1
        process = self._process
        if process is None or process.stdin is None:
            raise WorkerEnded("the server is being closed")
        request = {"number": self._number, "task": task, "arguments": dict(arguments)}
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError as error:
            self.end()
            raise WorkerEnded("the worker process ended") from error

        def is_answer(message: Mapping[str, Any]) -> bool:
            if message.get("number") != self._number:
                return False
            if "share" in message and tell is not None:
                tell(float(message["share"]))
            return "share" not in message

        answer = self._wait(time.monotonic() + seconds, is_answer, cancelled or _never)
        if "refused" in answer:
            raise Refused(**answer["refused"])
        return dict(answer["result"])

    def end(self) -> None:
        """End the process at once; every file it writes has a temporary name until it is whole."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def close(self) -> None:
        """End the process, and start no other."""
        self._closed.set()
        self.end()

    def _wait(
        self,
        until: float,
        is_answer: Callable[[Mapping[str, Any]], bool],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        lines = self._lines
        while True:
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=_LOOK_EVERY_S)
                if line is None:
                    self.end()
                    raise WorkerEnded("the worker process ended")
                message = json.loads(line)
                if is_answer(message):
                    return dict(message)
            if cancelled():
                self.end()
                raise Cancelled("this job was cancelled")
            if time.monotonic() > until:
                self.end()
                raise OutOfTime("took longer than it may; cut the image")


def _read_lines(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    """Pass on what a worker says; None when it has ended."""
    with contextlib.suppress(OSError, ValueError):
        for line in process.stdout or ():
            lines.put(line)
    lines.put(None)


def _is_ready(message: Mapping[str, Any]) -> bool:
    return bool({"ready", "unready"} & set(message))


def _never() -> bool:
    return False
