"""`crackgauge measure`: from masks or probabilities to measures and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import measuring, options

EPILOG = options.examples(
    "crackgauge measure masks/ --mm-per-px 0.21 --out survey/",
    "crackgauge measure found/probabilities --probability --threshold 0.5 --out survey/",
    "crackgauge measure masks/ --photos photos/ --marker-mm 50 --standard aci-224r --out survey/",
)


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MASKS",
            help="A mask, a folder of masks, or a pattern in quotes such as 'masks/*.png'.",
            show_default=False,
        ),
    ],
    out: options.OutOption,
    probability: Annotated[
        bool,
        typer.Option(
            "--probability",
            help="The files hold probabilities (8 or 16 bit, or float); widths are then measured "
            "between the pixels.",
            rich_help_panel="Input",
        ),
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="P",
            help="With --probability: a pixel is crack from this on; without it 0.5.",
            rich_help_panel="Input",
            show_default=False,
        ),
    ] = None,
    mask_rule: Annotated[
        str,
        typer.Option(
            "--mask-rule",
            metavar="RULE",
            help="Which pixels of a mask are crack: auto, nonzero, above-half, below-half, alpha.",
            rich_help_panel="Input",
        ),
    ] = "auto",
    photos: Annotated[
        Path | None,
        typer.Option(
            "--photos",
            metavar="DIR",
            help="The photos of the masks, of the same names: for markers, for the camera's EXIF "
            "and for pictures in the report.",
            rich_help_panel="Input",
            show_default=False,
        ),
    ] = None,
    mm_per_px: measuring.MmPerPxOption = None,
    mm_per_px_sd: measuring.MmPerPxSdOption = None,
    points: measuring.PointsOption = None,
    points_mm: measuring.PointsMmOption = None,
    marker_mm: measuring.MarkerMmOption = None,
    marker_family: measuring.MarkerFamilyOption = "aruco-4x4-50",
    camera_mm: measuring.CameraMmOption = None,
    focal_length_mm: measuring.FocalLengthOption = None,
    sensor_width_mm: measuring.SensorWidthOption = None,
    known_sd_mm: measuring.KnownSdOption = None,
    standard: measuring.StandardOption = None,
    region: measuring.RegionOption = None,
    direction: measuring.DirectionOption = None,
    least_area: measuring.LeastAreaOption = 20,
    bridge_px: measuring.BridgePxOption = 10.0,
    bridge_deg: measuring.BridgeDegOption = 30.0,
    formats: options.FormatsOption = "csv,html",
    overwrite: options.OverwriteOption = False,
    no_recursive: options.NoRecursiveOption = False,
    quiet: options.QuietOption = False,
) -> int:
    """Measure cracks in masks that are there, and write a report.

    Writes DIR/report.html, images.csv, cracks.csv, branches.csv, zones.csv (with --region) and
    set_aside.csv, which lists what cannot be read and why. Needs no model.
    """
    from crackgauge.cli.running import show_summary, watched
    from crackgauge.pipeline import measure_files

    with watched(out, quiet=quiet) as progress:
        summary = measure_files(
            source,
            out,
            probabilities=probability,
            threshold=threshold,
            mask_rule=mask_rule,
            photos=photos,
            scale=measuring.scale_rule(
                mm_per_px=mm_per_px,
                mm_per_px_sd=mm_per_px_sd,
                points=points,
                points_mm=points_mm,
                marker_mm=marker_mm,
                marker_family=marker_family,
                camera_mm=camera_mm,
                focal_length_mm=focal_length_mm,
                sensor_width_mm=sensor_width_mm,
                known_sd_mm=known_sd_mm,
            ),
            settings=measuring.settings(
                standard=standard,
                region=region,
                direction=direction,
                least_area=least_area,
                bridge_px=bridge_px,
                bridge_deg=bridge_deg,
            ),
            formats=formats,
            overwrite=overwrite,
            recursive=not no_recursive,
            progress=progress,
        )
    report = out / "report.html"
    return show_summary(summary, result=report if report.is_file() else out, quiet=quiet)
