"""What a run tells while it goes on, and what it says at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from crackgauge.errors import InputRefused

Status = Literal["begun", "working", "done", "skipped", "set-aside"]


class ProgressEvent(NamedTuple):
    """One step of a run over many inputs.

    Args:
        finished: inputs that need nothing more (done, already there or set aside).
        total: all inputs.
        name: the input that this event is about, relative to the source; "" for `begun`.
        status: what happened to it. `working` comes again and again for one huge image.
        share: how much of this input is done, in [0, 1].
    """

    finished: int
    total: int
    name: str
    status: Status
    share: float = 1.0


Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """Show nothing: the progress of a run that nobody watches."""


class SetAside(NamedTuple):
    """One refused input: its path relative to the source, a reason class and one sentence."""

    path: str
    reason: str
    sentence: str

    @classmethod
    def of(cls, name: str, refused: InputRefused) -> SetAside:
        """Word a refusal for the table, under the name that the run knows the input by."""
        return cls(name, refused.reason, refused.sentence)


@dataclass(frozen=True)
class RunSummary:
    """How a run over many inputs ended.

    Args:
        out: the folder that was written.
        done: inputs that this run worked on.
        skipped: inputs whose results an earlier run had left there, complete.
        set_aside: refused inputs, sorted by path.
        notes: what whoever started the run should know, one sentence each.
    """

    out: Path
    done: int
    skipped: int
    set_aside: list[SetAside] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 3 if any input was set aside.

        >>> RunSummary(Path("report"), done=2, skipped=0).exit_code
        0
        >>> RunSummary(Path("report"), 1, 0, [SetAside("a.jpg", "empty", "0 bytes")]).exit_code
        3
        """
        return 3 if self.set_aside else 0
