"""Branches as lines with properties: what maps, drawings and lists of features have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.measure.columns import Kind

if TYPE_CHECKING:
    import pandas as pd

Line = npt.NDArray[np.float64]

# What each line bears, in this order; what is not known is None.
PROPERTIES: dict[str, Kind] = {
    "image": "str",
    "crack_id": "int",
    "branch_id": "int",
    "length_px": "float",
    "width_mean_px": "float",
    "width_p95_px": "float",
    "width_max_px": "float",
    "area_px2": "float",
    "length_mm": "float",
    "width_mean_mm": "float",
    "width_p95_mm": "float",
    "width_max_mm": "float",
    "area_mm2": "float",
    "angle_deg": "float",
    "confidence": "float",
    "severity": "str",
    "standard": "str",
    "standard_verified": "str",
    "crack_type": "str",
    "zone": "str",
    "mm_per_px": "float",
}
_OF_CRACK = ("severity", "standard", "standard_verified", "crack_type", "zone")


class BranchFeature(NamedTuple):
    """One branch: its line, float64 (N, 3) of x, y and width in px of the image; `PROPERTIES`."""

    line: Line
    properties: dict[str, Any]


class PhotoFeature(NamedTuple):
    """Where a photo was taken (WGS 84), and what was found in it."""

    longitude_deg: float
    latitude_deg: float
    properties: dict[str, Any]


# What the point of a photo bears.
PHOTO_PROPERTIES: dict[str, Kind] = {
    "image": "str",
    "captured_at": "str",
    "altitude_m": "float",
    "crack_count": "int",
    "crack_length_px": "float",
    "crack_length_mm": "float",
    "width_max_px": "float",
    "width_max_mm": "float",
    "crack_area_ratio": "float",
    "worst_severity": "str",
    "standard": "str",
    "mm_per_px": "float",
}


def branch_features(
    images: pd.DataFrame, cracks: pd.DataFrame, branches: pd.DataFrame
) -> list[BranchFeature]:
    """Return the branches that have a line, sorted by image, crack and branch.

    What a crack is graded as, its branches bear too; columns that a table lacks are None.

    Args:
        images: `measure.columns.IMAGE_COLUMNS`.
        cracks: `measure.columns.CRACK_COLUMNS`.
        branches: `measure.columns.BRANCH_COLUMNS`.
    """
    table = branches.sort_values(["image", "crack_id", "branch_id"], kind="stable")
    graded = [name for name in _OF_CRACK if name in cracks.columns]
    keys = ["image", "crack_id"]
    own = [name for name in table.columns if name not in graded and name != "mm_per_px"]
    table = table[own].merge(cracks[[*keys, *graded]], on=keys, how="left", sort=False)
    table = table.merge(images[["image", "mm_per_px"]], on="image", how="left", sort=False)
    if "confidence" not in table.columns and "confidence_mean" in table.columns:
        table = table.rename(columns={"confidence_mean": "confidence"})
    return [
        BranchFeature(row["line_px"], _properties(row, PROPERTIES))
        for row in table.to_dict("records")
        if row.get("line_px") is not None
    ]


def photo_features(images: pd.DataFrame) -> list[PhotoFeature]:
    """Return the photos with a place from EXIF, sorted by name."""
    return [
        PhotoFeature(
            float(row["longitude_deg"]),
            float(row["latitude_deg"]),
            _properties(row, PHOTO_PROPERTIES),
        )
        for row in images.sort_values("image", kind="stable").to_dict("records")
        if not (_is_missing(row.get("longitude_deg")) or _is_missing(row.get("latitude_deg")))
    ]


def _properties(row: Mapping[Any, Any], names: Mapping[str, Kind]) -> dict[str, Any]:
    return {name: _value(row.get(name), kind) for name, kind in names.items()}


def _value(value: Any, kind: Kind) -> Any:
    if _is_missing(value):
        return None
    if kind == "float":
        return round(float(value), 6)
    return int(value) if kind == "int" else str(value).encode("utf-8", "backslashreplace").decode()


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
