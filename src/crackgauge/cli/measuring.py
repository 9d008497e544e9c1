"""The options of measuring, for `inspect` and `measure`: the scale, the standard, the zones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crackgauge.errors import UsageError

if TYPE_CHECKING:
    from crackgauge.measure import Settings
    from crackgauge.pipeline.scaling import ScaleRule

_SCALE = "Scale"
_MEASURING = "Measuring"


def _length(flag: str, words: str, panel: str = _SCALE) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        flag, metavar="MM", help=words, rich_help_panel=panel, show_default=False
    )
    return option


MmPerPxOption = Annotated[
    float | None,
    _length(
        "--mm-per-px",
        "Millimetres on the surface that one pixel covers; adds lengths, widths and areas in mm. "
        "A GeoTIFF in a projected system needs none.",
    ),
]
MmPerPxSdOption = Annotated[
    float | None, _length("--mm-per-px-sd", "Standard deviation of --mm-per-px.")
]
PointsOption = Annotated[
    str | None,
    typer.Option(
        "--points",
        metavar="X,Y,X,Y",
        help="Two points in px whose distance is --points-mm, in every image.",
        rich_help_panel=_SCALE,
        show_default=False,
    ),
]
PointsMmOption = Annotated[float | None, _length("--points-mm", "Distance of the two --points.")]
MarkerMmOption = Annotated[
    float | None,
    _length(
        "--marker-mm",
        "Side of the black square of ArUco or AprilTag markers in the photos; the view may be "
        "oblique.",
    ),
]
MarkerFamilyOption = Annotated[
    str,
    typer.Option(
        "--marker-family",
        metavar="NAME",
        help="Family of the markers: aruco-4x4-50, aruco-5x5-100, aruco-6x6-250, apriltag-36h11 "
        "and others.",
        rich_help_panel=_SCALE,
    ),
]
CameraMmOption = Annotated[
    float | None,
    _length(
        "--camera-mm",
        "Distance from the lens to the surface; focal length and sensor come from the photo's "
        "EXIF or from the two options below.",
    ),
]
FocalLengthOption = Annotated[float | None, _length("--focal-length-mm", "Of the lens.")]
SensorWidthOption = Annotated[
    float | None, _length("--sensor-width-mm", "The longer side of the sensor.")
]
KnownSdOption = Annotated[
    float | None,
    _length("--known-sd-mm", "Standard deviation of --points-mm, --marker-mm or --camera-mm."),
]
StandardOption = Annotated[
    str | None,
    typer.Option(
        "--standard",
        metavar="NAME",
        help="Grade cracks by a standard, such as aci-224r or astm-d6433-asphalt, or by a .toml "
        "file of your own.",
        rich_help_panel=_MEASURING,
        show_default=False,
    ),
]
RegionOption = Annotated[
    Path | None,
    typer.Option(
        "--region",
        metavar="FILE",
        help="GeoJSON in px: areas to include, to exclude, and zones to count by themselves.",
        rich_help_panel=_MEASURING,
        show_default=False,
    ),
]
DirectionOption = Annotated[
    float | None,
    typer.Option(
        "--direction",
        metavar="DEG",
        help="Direction of the lane or beam, counter-clockwise from the image's +x; names cracks "
        "longitudinal, transverse, diagonal or pattern.",
        rich_help_panel=_MEASURING,
        show_default=False,
    ),
]
LeastAreaOption = Annotated[
    int,
    typer.Option(
        "--least-area",
        metavar="PX2",
        help="Smaller specks are left out.",
        rich_help_panel=_MEASURING,
    ),
]
BridgePxOption = Annotated[
    float,
    typer.Option(
        "--bridge-px",
        metavar="PX",
        help="Gaps up to this are bridged where two ends face each other; 0 for none.",
        rich_help_panel=_MEASURING,
    ),
]
BridgeDegOption = Annotated[
    float,
    typer.Option(
        "--bridge-deg",
        metavar="DEG",
        help="How far an end may point past the other.",
        rich_help_panel=_MEASURING,
    ),
]


def scale_rule(*, points: str | None, **known: float | str | None) -> ScaleRule:
    """Make the rule of the scale from the options, whose names are those of `ScaleRule`.

    Raises:
        UsageError: as `ScaleRule`, or points that are not four numbers.
    """
    from crackgauge.pipeline.scaling import ScaleRule

    return ScaleRule(points_px=_points(points), **known)  # type: ignore[arg-type]


def settings(
    *,
    standard: str | None,
    region: Path | None,
    direction: float | None,
    least_area: int,
    bridge_px: float,
    bridge_deg: float,
) -> Settings:
    """Make the settings of measuring from the options.

    Raises:
        UsageError: an unknown standard, a region that is none, a number out of range.
    """
    from crackgauge.measure import Bridging, Region, Settings, load_standard, read_region

    return Settings(
        min_area_px2=least_area,
        bridging=Bridging(bridge_px, bridge_deg),
        region=Region() if region is None else read_region(region),
        direction_deg=direction,
        standard=None if standard is None else load_standard(standard),
    )


def _points(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"--points: got {text!r}, expected four numbers such as 120,340,980,352"
        ) from error
    return x0, y0, x1, y1
