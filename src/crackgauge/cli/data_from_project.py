"""`crackgauge data from-project`: photos that were corrected on the page, as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge data from-project bridge-7/ dataset/",
    "crackgauge data from-project bridge-7/ dataset/ --val-share 0.3 --seed 7",
    "crackgauge train attention-unet-fast --data dataset/ --init model.onnx",
)


def command(
    project: Annotated[
        Path,
        typer.Argument(
            metavar="PROJECT",
            help="The folder of a project of `crackgauge serve`, which no server works on.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="Folder for the dataset; not there yet."),
    ],
    val_share: Annotated[
        float,
        typer.Option(
            "--val-share", min=0.001, max=0.999, help="Share of the photos to validate on."
        ),
    ] = 0.2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other splits.")] = 0,
    model: options.ModelOption = None,
    quiet: options.QuietOption = False,
) -> None:
    """Write the photos that were corrected, with their masks and splits, as a dataset.

    A photo is taken that has strokes made by hand, or whose cracks were all accepted or rejected;
    rejected cracks are cut out of its mask. provenance.json says what each mask was made of.
    """
    from crackgauge.cli.running import counted
    from crackgauge.web.project_dataset import write_project_dataset

    with counted(quiet=quiet, advice="nothing was written; run it again") as progress:
        made = write_project_dataset(
            project,
            out,
            model=model,
            val_share=val_share,
            seed=seed,
            tell=lambda done, total: progress(done, total, ""),
        )
    if not quiet:
        splits = ", ".join(f"{count} to {name}" for name, count in made["splits"].items())
        typer.echo(f"{made['images']} photos, {made['cracks']} cracks: {splits}")
        typer.echo(options.one_line(str(out)))
