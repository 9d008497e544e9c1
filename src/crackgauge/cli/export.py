"""`crackgauge export`: one model file out of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge export runs/mine mine.onnx",
    "crackgauge inspect photos/ --model mine.onnx --out report/",
)


def command(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="The folder of a training.", show_default=False),
    ],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The model file to write (.onnx).", show_default=False),
    ],
) -> None:
    """Write the best state of a training as one model file.

    The file holds all that prediction needs, and is refused if it does not give what torch gives.
    """
    from crackgauge.pipeline.training import export_run

    metadata = export_run(run, file)
    typer.echo(
        f"{file}: {metadata.architecture}, {metadata.parameters:,} parameters, "
        f"threshold {metadata.threshold:g}"
    )
