"""`crackgauge inspect`: from photographs to a report."""

from __future__ import annotations

from crackgauge.cli import measuring, options

EPILOG = options.examples(
    "crackgauge inspect photos/ --out report/",
    "crackgauge inspect photos/ --mm-per-px 0.21 --standard aci-224r --out report/",
    "crackgauge inspect photos/ --marker-mm 50 --out report/",
    "crackgauge inspect 'day1/*.jpg' --out report/ --model mine.onnx --threshold 0.4",
)


def command(
    source: options.SourceArgument,
    out: options.OutOption,
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
    model: options.ModelOption = None,
    threshold: options.ThresholdOption = None,
    tta: options.AugmentationOption = "none",
    tile: options.TileOption = None,
    upscale: options.UpscaleOption = None,
    formats: options.FormatsOption = "csv,html",
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
            model=model,
            threshold=threshold,
            augmentation=tta,
            tile=tile,
            upscale=upscale,
            overwrite=overwrite,
            backend=backend,
            device=device,
            threads=threads,
            precision=precision,
            formats=formats,
            recursive=not no_recursive,
            progress=progress,
        )
    report = out / "report.html"
    return show_summary(summary, result=report if report.is_file() else out, quiet=quiet)
