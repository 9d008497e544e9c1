"""A training in a process of its own, at the lowest priority; it ends when the server does.

    python -m crackgauge.web.training_child '{"folder": ..., "recipe": ..., "data": ...}'

It does what `crackgauge train RECIPE --data DIR --out RUN --init MODEL --resume` does. It takes no
questions: when its standard input ends, or on SIGTERM, it saves its state and stops.

    out   {"result": {}}, or {"refused": {"status": 422, "reason": "...", "sentence": "..."}}
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crackgauge.errors import CrackgaugeError, Stopped, UsageError
from crackgauge.pipeline.folder import held
from crackgauge.pipeline.stopping import stoppable
from crackgauge.recipes import load_recipe
from crackgauge.web.refusals import BUG, Refused, as_refused

_GRACE_S = 60.0
_LOCK_S = 2 * _GRACE_S
_LOOK_EVERY_S = 0.5


def main(arguments: str) -> int:
    """Train until it is done or stopped."""
    settings = json.loads(arguments)
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    _stand_back()
    try:
        _train(settings)
        answer: dict[str, Any] = {"result": {}}
    except Stopped as stopped:
        return stopped.exit_code
    except Exception as error:  # noqa: BLE001  the server words it for the page
        if not isinstance(error, CrackgaugeError):
            traceback.print_exception(error)
        answer = {"refused": _worded(as_refused(error))}
    channel.write(json.dumps(answer) + "\n")
    channel.flush()
    return 0


def _train(settings: Mapping[str, Any]) -> None:
    from crackgauge.training.loop import train

    folder = Path(settings["folder"])
    with stoppable("the server goes on with it when it is started again"), _alone(folder):
        train(
            load_recipe(settings["recipe"]),
            data=settings["data"],
            out=folder / "run",
            init=settings["init"],
            resume=True,
            progress=False,
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until the training of a server that was killed has saved its state and ended."""
    until = time.monotonic() + _LOCK_S
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(held(folder))
                break
            except UsageError:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_EVERY_S)
        yield


def _end_with_the_server() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(Stopped.exit_code)  # every file is written under a temporary name first


def _stand_back() -> None:
    """Let everything else go first, and be the first that is ended where memory is short."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _worded(refused: Refused) -> dict[str, Any]:
    sentence = refused.sentence
    if refused.reason == BUG:
        sentence = "this is a bug of crackgauge; log.txt in the folder of the training says more"
    return {"status": refused.status, "reason": refused.reason, "sentence": sentence}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
