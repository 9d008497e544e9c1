"""`crackgauge inspect`: from photographs to a report."""

from __future__ import annotations

from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge inspect photos/ --out report/",
    "crackgauge inspect photos/ --mm-per-px 0.21 --out report/",
    "crackgauge inspect 'day1/*.jpg' --out report/ --model mine.onnx --threshold 0.4",
)


def command(
    source: options.SourceArgument,
    out: options.OutOption,
    mm_per_px: Annotated[
        float | None,
        typer.Option(
            "--mm-per-px",
            metavar="MM",
            help="Millimetres on the surface that one pixel covers; adds lengths, widths and "
            "areas in mm. From a scale in the photo: its millimetres divided by its pixels.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    model: options.ModelOption = None,
    threshold: options.ThresholdOption = None,
    tta: options.AugmentationOption = "none",
    tile: options.TileOption = None,
    overwrite: options.OverwriteOption = False,
    backend: options.BackendOption = "auto",
    device: options.DeviceOption = "auto",
    threads: options.ThreadsOption = None,
    precision: options.PrecisionOption = "f32",
    no_recursive: options.NoRecursiveOption = False,
    quiet: options.QuietOption = False,
) -> int:
    """Find cracks, measure them and write a report.

    Writes DIR/report.html, images.csv, cracks.csv, masks/, overlays/ and set_aside.csv, which
    lists what cannot be read and why.
    """
    from crackgauge.cli.running import show_summary, watched
    from crackgauge.pipeline import inspect

    with watched(out, quiet=quiet) as progress:
        summary = inspect(
            source,
            out,
            mm_per_px=mm_per_px,
            model=model,
            threshold=threshold,
            augmentation=tta,
            tile=tile,
            overwrite=overwrite,
            backend=backend,
            device=device,
            threads=threads,
            precision=precision,
            recursive=not no_recursive,
            progress=progress,
        )
    return show_summary(summary, result=out / "report.html", quiet=quiet)
