"""`crackgauge data convert`: labels of one format into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crackgauge.cli import options
from crackgauge.cli.options import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crackgauge.pipeline.conversion import Conversion

EPILOG = options.examples(
    "crackgauge data convert masks/ coco/ --to coco --images photos/",
    "crackgauge data convert annotations.xml masks/ --to mask --label crack --width-px 3",
    "crackgauge data convert project.json labels/ --to labelme --images photos/",
    "crackgauge data convert deck_session.json deck.geojson --to geojson",
)
Format = Literal["mask", "coco", "cvat", "label-studio", "labelme", "geojson"]

_SHOWN = 20


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC",
            help="A label file, a session of `trace`, a mask, a folder of them, or a dataset.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(metavar="DST", help="The folder, or the file, to write."),
    ],
    to: Annotated[
        Format,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="What to write: mask, coco, cvat, label-studio, labelme or geojson.",
            show_default=False,
        ),
    ],
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            metavar="DIR",
            help="The photos: their sizes and names. Labels without a photo are set aside.",
            show_default=False,
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="NAME",
            help="A label that counts; again for more. Without it those whose name holds 'crack', "
            "or all where none does.",
            show_default=False,
        ),
    ] = None,
    width_px: Annotated[
        float | None,
        typer.Option(
            "--width-px",
            metavar="PX",
            help="How wide lines without a width are.",
            show_default=False,
        ),
    ] = None,
    geo: Annotated[
        bool,
        typer.Option(
            "--geo",
            help="GeoJSON has longitude and latitude instead of pixels; the photos are GeoTIFF.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse where the format cannot hold everything as it is."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    quiet: options.QuietOption = False,
) -> int:
    """Convert labels between masks, COCO, CVAT, Label Studio, labelme and GeoJSON.

    The content of a file says which format it has. Masks stay the same bit by bit wherever the
    format holds masks; what a format cannot hold is replaced, counted here, and listed in
    conversion.json beside the output. Ends with 3 where something was set aside.
    """
    from crackgauge.cli.progress import TerminalProgress
    from crackgauge.pipeline.conversion import convert
    from crackgauge.pipeline.stopping import stoppable

    advice = "run the same command again with --overwrite"
    with stoppable(advice), TerminalProgress(quiet=quiet) as progress:
        done = convert(
            source,
            out,
            to=to,
            photos=images,
            labels=label or (),
            width_px=width_px,
            geo=geo,
            strict=strict,
            overwrite=overwrite,
            progress=progress,
        )
    if not quiet:
        _show(done)
    return done.report.exit_code


def _show(done: Conversion) -> None:
    """Print what was read and written, what was lost, and what was set aside."""
    report = done.report
    read = ", ".join(f"{name} ({count})" for name, count in sorted(report.read.items()))
    typer.echo(f"read: {read or 'nothing'}")
    if report.left_out:
        taken, left = _named(report.taken), _named(report.left_out)
        typer.echo(one_line(f"labels that count: {taken}; left out: {left}"))
    elif report.taken and not any("crack" in name.casefold() for name in report.taken):
        typer.echo(one_line(f"no label holds 'crack', so all count: {_named(report.taken)}"))
    if report.renamed:
        first, name = next(iter(report.renamed.items()))
        more = f" and {len(report.renamed) - 1} more" if len(report.renamed) > 1 else ""
        typer.echo(one_line(f"renamed: {first} to {name}{more}"))
    typer.echo(f"written: {report.images} images, {report.shapes} shapes, as {report.to}")
    for kind, count in report.losses.items():
        typer.echo(f"{kind:17} {count:>7}  {report.sentence(kind)}")
    for each in report.set_aside[:_SHOWN]:
        typer.echo(one_line(f"set aside: {each.path}: {each.reason}: {each.sentence}"))
    if len(report.set_aside) > _SHOWN:
        typer.echo(one_line(f"... all {len(report.set_aside)} of them: {done.report_file}"))
    typer.echo(one_line(str(done.result)))


def _named(labels: Mapping[str, int]) -> str:
    """Labels with the number of their shapes.

    >>> _named({"joint": 2, "": 1})
    'no label (1), joint (2)'
    """
    return ", ".join(f"{name or 'no label'} ({count})" for name, count in sorted(labels.items()))
