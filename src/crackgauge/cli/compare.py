"""`crackgauge compare`: two visits to the same place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge compare spring/ autumn/ --out change/",
    "crackgauge compare spring/ autumn/ --out change/ --register none",
)

_SURVEY = "A folder written by `crackgauge inspect` or `crackgauge measure`: the {} visit."
_LAYING = "Laying over"


def command(
    before: Annotated[
        Path, typer.Argument(metavar="A", help=_SURVEY.format("earlier"), show_default=False)
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B", help=_SURVEY.format("later"), show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for the results.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ],
    register: Annotated[
        Literal["auto", "none", "map", "features"],
        typer.Option(
            "--register",
            help="none: the camera did not move. map: by the places of GeoTIFFs. features: by what "
            "the photos show. auto: the map, else features, else none where there is no photo.",
            rich_help_panel=_LAYING,
        ),
    ] = "auto",
    photos_before: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The earlier photos, if they do not lie where they were inspected.",
            rich_help_panel=_LAYING,
            show_default=False,
        ),
    ] = None,
    photos_after: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The later photos, likewise.",
            rich_help_panel=_LAYING,
            show_default=False,
        ),
    ] = None,
    overwrite: options.OverwriteOption = False,
    quiet: options.QuietOption = False,
) -> int:
    """Tell which cracks of two visits are new, grown, unchanged, shrunk or gone.

    Writes DIR/comparison.html, changes.csv (a row a crack), pairs.csv (a row a pair of images) and
    overlays/. Images of the same name are taken for the same place.
    """
    from crackgauge.cli.running import watched
    from crackgauge.pipeline.visits import compare

    with watched(out, quiet=quiet) as progress:
        summary = compare(
            before,
            after,
            out,
            register_by=register,
            photos_before=photos_before,
            photos_after=photos_after,
            overwrite=overwrite,
            progress=progress,
        )
    if not quiet:
        pairs = "pair" if summary.pairs == 1 else "pairs"
        counts = ", ".join(f"{count} {status}" for status, count in summary.counts.items() if count)
        typer.echo(f"{summary.pairs} {pairs} of images: {counts or 'no crack'}")
        for path, _, sentence in summary.set_aside[:20]:
            typer.echo(options.one_line(f"  set aside: {path}: {sentence}"))
        typer.echo(options.one_line(str(summary.out / "comparison.html")))
    return summary.exit_code
