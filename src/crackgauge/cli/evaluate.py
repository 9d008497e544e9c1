"""`crackgauge evaluate`: precision, recall and F1 of predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge evaluate results/ dataset/masks/",
    "crackgauge evaluate results/ dataset/ --split test --out scores/",
    "crackgauge evaluate results/ dataset/ --split test --threshold 0.4",
)


def command(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="A folder of masks, or what `crackgauge predict` wrote.",
            show_default=False,
        ),
    ],
    truths: Annotated[
        Path,
        typer.Argument(
            metavar="TRUTHS",
            help="A folder of masks of the same names, or a dataset.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for metrics.json and per_image.csv.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split", metavar="NAME", help="The split of the dataset TRUTHS.", show_default=False
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="P",
            help="Read the predictions as probabilities; crack is what is at least this.",
            show_default=False,
        ),
    ] = None,
    tolerance: Annotated[
        list[float] | None,
        typer.Option(
            "--tolerance-px",
            metavar="PX",
            help="A tolerance; give it again for more. Without it 0, 2 and 5.",
            show_default=False,
        ),
    ] = None,
    quiet: options.QuietOption = False,
) -> None:
    """Score predictions against truths, pooled over all images.

    Files pair by their names without suffix and must agree in size. Scores are fractions.
    """
    from crackgauge.cli.progress import TerminalProgress
    from crackgauge.metrics.evaluate import TOLERANCES_PX
    from crackgauge.pipeline import evaluate

    with TerminalProgress(quiet=quiet) as progress:
        report = evaluate(
            predictions,
            truths,
            out,
            threshold=threshold,
            split=split,
            tolerances_px=tuple(tolerance) if tolerance else TOLERANCES_PX,
            progress=progress,
        )
    typer.echo(f"{len(report.scores.images)} images, pooled")
    typer.echo(f"{'tolerance':>10} {'precision':>10} {'recall':>10} {'F1':>10}")
    for tolerance_px in report.scores.tolerances_px:
        pooled = report.scores.pooled(tolerance_px)
        figures = f"{pooled.precision:>10.4f} {pooled.recall:>10.4f} {pooled.f1:>10.4f}"
        typer.echo(f"{f'{tolerance_px:g} px':>10} {figures}")
    if report.without_truth:
        typer.echo(f"{len(report.without_truth)} predictions without a truth are left out")
