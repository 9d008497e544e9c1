"""Progress of a run on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from crackgauge.cli.options import one_line
from crackgauge.pipeline.summary import ProgressEvent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0


class TerminalProgress:
    """Shows the events of a run; use it as a context, and pass it as `progress`.

    Args:
        quiet: show nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._told_at = time.monotonic()

    def __enter__(self) -> TerminalProgress:
        if not self._quiet and sys.stderr.isatty():
            self._bar = _make_bar()
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: ProgressEvent) -> None:
        """Show one event."""
        if self._quiet:
            return
        event = event._replace(name=one_line(event.name))
        if self._bar is not None:
            self._show(self._bar, event)
        else:
            self._tell(event)

    def _show(self, bar: RichProgress, event: ProgressEvent) -> None:
        if self._task is None:
            self._task = bar.add_task("", total=event.total)
        if event.status == "set-aside":
            bar.console.print(f"set aside: {event.name}", markup=False, highlight=False)
        share = event.share if event.status == "working" else 0.0
        bar.update(
            self._task,
            completed=event.finished + share,
            total=event.total,
            description=event.name[-40:],
        )

    def _tell(self, event: ProgressEvent) -> None:
        now = time.monotonic()
        at_an_end = event.status == "begun" or event.finished == event.total
        if event.status == "set-aside":
            _write(f"set aside: {event.name}")
        elif at_an_end or now - self._told_at >= _SECONDS_BETWEEN_LINES:
            self._told_at = now
            _write(_line(event))


def _line(event: ProgressEvent) -> str:
    """Word an event.

    >>> _line(ProgressEvent(3, 9, "deck.jpg", "done"))
    '3 of 9: deck.jpg'
    >>> _line(ProgressEvent(3, 9, "bridge.tif", "working", 0.5))
    '3 of 9: bridge.tif 50 %'
    """
    start = f"{event.finished} of {event.total}"
    if event.status == "begun":
        images = "1 image" if event.total == 1 else f"{event.total} images"
        return f"{start} already there" if event.finished else images
    if event.status == "working":
        return f"{start}: {event.name} {event.share:.0%}".replace("%", " %")
    return f"{start}: {event.name}"


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _make_bar() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        Remaining(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
