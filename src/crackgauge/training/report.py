"""The progress bar of a training, on stderr."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class TrainingProgress:
    """A bar that first counts images read, then steps trained with a running loss.

    Args:
        enabled: whether anything is shown.
        label: of the stage, in front.
    """

    def __init__(self, *, enabled: bool, label: str = "") -> None:
        self._label = f"{label}: " if label else ""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not enabled,
        )
        self._task = self._bar.add_task("reading", total=None, note="")
        self._loss: float | None = None

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def reading(self, total: int) -> Callable[[], None]:
        """Start counting images; returns what to call after each."""
        self._bar.update(self._task, description=f"{self._label}reading images", total=total)
        return lambda: self._bar.advance(self._task)

    def training(self, done: int, total: int) -> None:
        """Start counting steps."""
        self._bar.reset(
            self._task, description=f"{self._label}training", total=total, completed=done
        )

    def step(self, loss: float) -> None:
        """Count one step; the loss shown is a running mean."""
        self._loss = loss if self._loss is None else 0.98 * self._loss + 0.02 * loss
        self._bar.update(self._task, advance=1, note=f"loss {self._loss:.4f}")

    def warn(self, sentence: str) -> None:
        """Say something that stays on the screen, above the bar; nothing where it is off."""
        if not self._bar.disable:
            self._bar.console.print(f"warning: {sentence}", markup=False, soft_wrap=True)
