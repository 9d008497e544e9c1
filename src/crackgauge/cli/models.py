"""`crackgauge models`: what there is to predict with and to train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples("crackgauge models", "crackgauge models my-models/")


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="List the model files (.onnx) of this folder too.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """List presets and model files with their parameters and licences."""
    from crackgauge.pipeline.catalogue import list_model_files, list_presets

    typer.echo("Presets: crackgauge train NAME --data DIR (weights take the licence of that data)")
    for preset in list_presets():
        typer.echo(f"  {preset.name:<24} {_millions(preset.parameters):>8}  {preset.summary}")
    typer.echo("Model files: crackgauge inspect SOURCE --model FILE --out DIR")
    for file in list_model_files(folder):
        typer.echo(f"  {file.name}")
        if file.problem is not None:
            typer.echo(f"      {file.problem}")
            continue
        typer.echo(f"      {file.architecture}, {_millions(file.parameters)} parameters")
        typer.echo(f"      trained on: {file.training_data}")
        typer.echo(f"      licence: {file.licence}")


def _millions(parameters: int | None) -> str:
    """Word a number of parameters.

    >>> _millions(1_274_000), _millions(None)
    ('1.27 M', '?')
    """
    return "?" if parameters is None else f"{parameters / 1e6:.2f} M"
