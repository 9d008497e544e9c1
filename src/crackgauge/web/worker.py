"""A worker process: it takes tasks as lines of JSON and answers with lines of JSON.

    python -m crackgauge.web.worker '{"memory_bytes": ..., "model": ..., "threads": ..., ...}'

It reads files that nobody vouches for, so it is a process of its own: what ends it, or fills its
memory, ends nothing else. It ends when the server does, for then its standard input ends.

    in    {"number": 1, "task": "find", "arguments": {...}}
    out   {"ready": true}, once; or {"unready": "..."}, and its end
          {"number": 1, "share": 0.25}
          {"number": 1, "result": {...}}
          {"number": 1, "refused": {"status": 422, "reason": "corrupt", "sentence": "..."}}
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from crackgauge.errors import TOO_LARGE, CrackgaugeError, ModelFileError, UsageError
from crackgauge.web.refusals import Refused, as_refused

_ENDED_BY_SERVER = 4
_TELL_EVERY_S = 0.25

Task = Callable[[Mapping[str, Any], Callable[[float], None]], dict[str, Any]]


class Tasks:
    """What a worker can do; the model and the last images stay open.

    Args:
        model: file of the model; None for the default.
        threads: of the network.
        memory_bytes: that the process may take.
        digest: SHA-256 that the model file must have; None for any.
    """

    def __init__(
        self, model: str | None, threads: int, memory_bytes: int, digest: str | None
    ) -> None:
        from crackgauge.web.drawing import Drawer

        self._model = model
        self._digest = digest
        self._threads = threads
        self._memory_bytes = memory_bytes
        self._desk: Any = None
        self._predictor: Any = None
        self._drawer = Drawer()

    def run(
        self, name: str, arguments: Mapping[str, Any], tell: Callable[[float], None]
    ) -> dict[str, Any]:
        """Do one task.

        Raises:
            CrackgaugeError: it cannot be done.
        """
        from crackgauge.web.drawing import describe, make_coarse

        tasks: dict[str, Callable[[], dict[str, Any]]] = {
            "describe": lambda: describe(arguments),
            "coarse": lambda: make_coarse(arguments, tell),
            "draw": lambda: self._drawer.draw(arguments),
            "thumbnail": lambda: self._drawer.thumbnail(arguments),
            "find": lambda: self._find(arguments, tell),
            "measure": lambda: self._measure(arguments),
            "export": lambda: self._export(arguments, tell),
            "dataset": lambda: self._write_dataset(arguments, tell),
            "trace": lambda: self._tracing().trace(arguments),
            "propose": lambda: self._tracing().propose(arguments),
        }
        return tasks[name]()

    def open_model(self) -> None:
        """Open the model ahead of the first photo.

        Raises:
            ModelFileError: it is gone, or another one than the server was started with.
        """
        from crackgauge.inference.predictor import open_model

        if self._predictor is None:
            opened = open_model(self._model, threads=self._threads)
            if self._digest not in (None, opened.digest):
                raise ModelFileError(
                    "the model file was replaced since the server was started; start it again"
                )
            self._predictor = opened

    def warm_up_tracing(self) -> None:
        """Have the search compiled ahead of the first trace, where numba is installed."""
        from crackgauge.web.trace_desk import warm_up

        with contextlib.suppress(UsageError):
            warm_up()

    def _tracing(self) -> Any:
        from crackgauge.web.trace_desk import TraceDesk

        if self._desk is None:
            self._desk = TraceDesk(self._memory_bytes)
        return self._desk

    def _find(self, arguments: Mapping[str, Any], tell: Callable[[float], None]) -> dict[str, Any]:
        from crackgauge.web.drawing import make_coarse_probability
        from crackgauge.web.measuring import find_cracks, probability_file

        self.open_model()
        out = Path(arguments["out"])
        find_cracks(Path(arguments["photo"]), out, self._predictor, tell)
        found = probability_file(out)
        if found is not None and found.suffix == ".tif":
            make_coarse_probability(found, Path(arguments["coarse_probability"]), lambda _: None)
        return self._measure(arguments)

    def _measure(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        from crackgauge.web.measuring import measure_photo

        return {"measured": measure_photo(arguments)}

    def _export(
        self, arguments: Mapping[str, Any], tell: Callable[[float], None]
    ) -> dict[str, Any]:
        from crackgauge.web.exporting import export

        return export(arguments, tell)

    def _write_dataset(
        self, arguments: Mapping[str, Any], tell: Callable[[float], None]
    ) -> dict[str, Any]:
        from crackgauge.web.dataset_writing import write_dataset

        return write_dataset(arguments, tell)


def main(arguments: str) -> None:
    """Work until the server ends."""
    settings = json.loads(arguments)
    channel = _own_channel()
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(waiting,), daemon=True).start()
    _limit_memory(int(settings["memory_bytes"]))
    _offer_to_the_kernel()
    if hasattr(os, "nice"):  # not on Windows
        os.nice(int(settings["niceness"]))
    threads, memory_bytes = int(settings["threads"]), int(settings["memory_bytes"])
    tasks = Tasks(settings["model"], threads, memory_bytes, settings["digest"])
    try:
        if settings["warm"]:
            tasks.open_model()
        if settings["traces"]:
            tasks.warm_up_tracing()
    except CrackgaugeError as error:
        _say(channel, {"unready": str(error)})
        return
    _say(channel, {"ready": True})
    while True:
        _answer(waiting.get(), tasks, channel)


def _own_channel() -> IO[str]:
    """Take standard output for the answers; whatever libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


def _listen(waiting: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        waiting.put(json.loads(line))
    os._exit(_ENDED_BY_SERVER)  # every file is written under a temporary name first


def _limit_memory(most: int) -> None:
    """Bound the data of this process, so that what needs more is refused, not the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _offer_to_the_kernel() -> None:
    """Be the first that is ended where the machine's memory is full, before the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _answer(request: Mapping[str, Any], tasks: Tasks, channel: IO[str]) -> None:
    number = request["number"]
    told_at = 0.0

    def tell(share: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TELL_EVERY_S:
            told_at = time.monotonic()
            _say(channel, {"number": number, "share": round(share, 4)})

    try:
        result = tasks.run(request["task"], request["arguments"], tell)
        _say(channel, {"number": number, "result": result})
    except Exception as error:  # noqa: BLE001  a worker outlives its tasks
        word = _worded(error)
        refused = {
            "status": word.status,
            "reason": word.reason,
            "sentence": word.sentence,
            "retry_after_s": word.retry_after_s,
        }
        _say(channel, {"number": number, "refused": refused})


def _worded(error: Exception) -> Refused:
    """Word what a task raised; libraries say in words of their own that memory is short."""
    if isinstance(error, CrackgaugeError):
        return as_refused(error)
    said = str(error).lower()
    if isinstance(error, MemoryError) or "memory" in said or "alloc" in said:
        return Refused(
            413,
            TOO_LARGE,
            "needs more memory than a worker may take; cut the image, or save it tiled",
        )
    traceback.print_exception(error)
    return as_refused(error)


def _say(channel: IO[str], message: Mapping[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


if __name__ == "__main__":
    main(sys.argv[1])
