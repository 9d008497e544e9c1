"""What the commands that work through many images share: progress, stopping, the last lines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from crackgauge.cli.options import one_line
from crackgauge.cli.progress import TerminalProgress
from crackgauge.pipeline import RunSummary
from crackgauge.pipeline.stopping import stoppable
from crackgauge.pipeline.summary import ProgressEvent


@contextlib.contextmanager
def watched(out: Path, *, quiet: bool) -> Iterator[TerminalProgress]:
    """Show the progress of the body and let SIGINT and SIGTERM end it tidily."""
    advice = f"what is finished is in {out}; run the same command again to go on from there"
    with stoppable(advice), TerminalProgress(quiet=quiet) as progress:
        yield progress


@contextlib.contextmanager
def counted(*, quiet: bool, advice: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a count of files, called with (done, all, name); `advice` is for whoever stops it."""
    with stoppable(advice), TerminalProgress(quiet=quiet) as progress:
        yield lambda done, total, name: progress(ProgressEvent(done, total, name, "done"))


def show_summary(summary: RunSummary, *, result: Path, quiet: bool) -> int:
    """Print how a run ended and where its result is.

    Returns:
        The exit code.
    """
    if not quiet:
        parts = [f"{summary.done} done"]
        if summary.skipped:
            parts.append(f"{summary.skipped} already there")
        if summary.set_aside:
            parts.append(f"{len(summary.set_aside)} set aside")
        typer.echo(", ".join(parts))
        for path, reason, sentence in summary.set_aside[:_SHOWN]:
            typer.echo(one_line(f"  {path}: {reason}: {sentence}"))
        if len(summary.set_aside) > _SHOWN:
            typer.echo(one_line(f"  ... all of them: {summary.out / 'set_aside.csv'}"))
        for note in summary.notes:
            typer.echo(one_line(f"  {note}"))
        typer.echo(one_line(str(result)))
    return summary.exit_code


_SHOWN = 20
