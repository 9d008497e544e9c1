"""`crackgauge train`: train a network by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge train attention-unet-fast --data dataset/ --out runs/mine",
    "crackgauge train attention-unet-fast --data dataset/ epochs=50 optimizer.learning_rate=1e-3",
    "crackgauge train attention-unet-fast --data dataset/ --init model.onnx --out runs/tuned",
    "crackgauge train mine.yaml --data dataset/ --dry-run",
)


def command(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="The name of a preset (see `crackgauge models`) or a YAML file.",
            show_default=False,
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Settings that differ from the recipe, such as epochs=10.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="A dataset of images and masks; give it again to train on several.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="RUN",
            help="Folder of the training; without it runs/ and the recipe's name.",
            show_default=False,
        ),
    ] = None,
    init: Annotated[
        Path | None,
        typer.Option(
            "--init", metavar="FILE", help="Start from this model file (.onnx).", show_default=False
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training in RUN.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the recipe and the number of parameters, and stop."),
    ] = False,
    device: options.DeviceOption = "auto",
    quiet: options.QuietOption = False,
) -> None:
    """Train a network; needs the extra: pip install "crackgauge\\[train]"."""
    from crackgauge.errors import UsageError
    from crackgauge.pipeline.stopping import stoppable
    from crackgauge.pipeline.training import describe_recipe, require_training
    from crackgauge.recipes import load_recipe

    loaded = load_recipe(recipe, overrides or [])
    if dry_run:
        typer.echo(describe_recipe(loaded))
        return
    if not data:
        raise UsageError("train: got no dataset; say where it is with --data DIR")
    require_training()
    from crackgauge.training.loop import train

    run = out if out is not None else Path("runs") / loaded.preset
    advice = f"what is saved is in {run}; add --resume to the same command to go on from there"
    with stoppable(advice):
        train(
            loaded,
            data=data,
            out=run,
            init=init,
            resume=resume,
            device=device,
            progress=not quiet,
        )
    if not quiet:
        typer.echo(str(run))
