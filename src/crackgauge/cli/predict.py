"""`crackgauge predict`: masks and probabilities of many images."""

from __future__ import annotations

from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge predict photos/ --out results/",
    "crackgauge predict 'photos/day1/*.jpg' --out results/ --threshold 0.4 --tta flips",
    "crackgauge predict bridge.tif --out results/ --model mine.onnx --probability-format none",
    "crackgauge predict far.jpg --out results/ --model cssr.onnx --upscale 4",
)


def command(
    source: options.SourceArgument,
    out: options.OutOption,
    model: options.ModelOption = None,
    threshold: options.ThresholdOption = None,
    tta: options.AugmentationOption = "none",
    tile: options.TileOption = None,
    upscale: options.UpscaleOption = None,
    thin: Annotated[
        bool | None,
        typer.Option(
            "--thin/--no-thin",
            help="Thin masks to curves of one pixel, parts below 30 px left out; without it as "
            "the model says.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    probability_format: Annotated[
        options.ProbabilityFormat,
        typer.Option(
            "--probability-format",
            help="16-bit PNG, 32-bit float TIFF, or no probabilities.",
            rich_help_panel="Output",
        ),
    ] = "png",
    overwrite: options.OverwriteOption = False,
    backend: options.BackendOption = "auto",
    device: options.DeviceOption = "auto",
    threads: options.ThreadsOption = None,
    precision: options.PrecisionOption = "f32",
    no_recursive: options.NoRecursiveOption = False,
    quiet: options.QuietOption = False,
) -> int:
    """Find cracks: a mask and a probability for every image.

    Writes DIR/masks/NAME.png (0 and 255) and DIR/probabilities/NAME.png (16 bit: 65535 is 1).
    Images above 100 megapixels become tiled, compressed BigTIFF. What cannot be read is listed in
    DIR/set_aside.csv. With --upscale all of it is of the enlarged photo, DIR/enlarged/NAME.png.
    """
    from crackgauge.cli.running import show_summary, watched
    from crackgauge.pipeline import predict

    with watched(out, quiet=quiet) as progress:
        summary = predict(
            source,
            out,
            model=model,
            threshold=threshold,
            augmentation=tta,
            tile=tile,
            thin=thin,
            upscale=upscale,
            probability_format=probability_format,
            overwrite=overwrite,
            backend=backend,
            device=device,
            threads=threads,
            precision=precision,
            recursive=not no_recursive,
            progress=progress,
        )
    return show_summary(summary, result=out / "masks", quiet=quiet)
