"""The zones of a survey, worded for the report."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from crackgauge.report import wording

if TYPE_CHECKING:
    import pandas as pd


class ZoneView(NamedTuple):
    """One zone of one image, worded."""

    image: str
    zone: str
    cracks: str
    length: str
    density: str
    width_mean: str
    width_max: str
    area: str


def zone_views(zones: pd.DataFrame) -> Iterator[ZoneView]:
    """Word the zones, sorted by image and name.

    Args:
        zones: `measure.columns.ZONE_COLUMNS`.
    """
    for row in zones.sort_values(["image", "zone"], kind="stable").to_dict("records"):
        density = float(row["crack_density_m_per_m2"])
        yield ZoneView(
            str(row["image"]),
            str(row["zone"]),
            wording.integer(int(row["crack_count"])),
            wording.length(float(row["crack_length_px"]), _ratio(row, "crack_length")),
            "–" if math.isnan(density) else f"{wording.number(density)} m/m²",
            wording.width(float(row["width_mean_px"]), _ratio(row, "width_mean")),
            wording.width(float(row["width_max_px"]), _ratio(row, "width_max")),
            wording.percent(float(row["crack_area_ratio"])),
        )


def _ratio(row: dict[Any, Any], name: str) -> float | None:
    """Return the mm of a px as this very measure has it; None without a scale."""
    px, mm = float(row[f"{name}_px"]), float(row[f"{name}_mm"])
    return None if math.isnan(mm) or not px else mm / px
