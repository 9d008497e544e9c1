"""The columns of a survey: names with units, kinds, order. Written the same with or without scale.

Kinds: `str`, `int` (int64, never missing), `float` (float64, NaN where it is not known), `line`
(an object column of float64 (N, 3) arrays: x, y and the width there in px; None where not known).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["str", "int", "float", "line"]

# In `scale_source` before the reason why a scale that was looked for was not found.
NO_SCALE_PREFIX = "none: "

# Length by direction: the bins of an orientation rose, 15 degrees wide, named by their middles.
ROSE_DEG = tuple(range(0, 180, 15))
ROSE_COLUMNS = tuple(f"rose_{middle:03d}_px" for middle in ROSE_DEG)
_ROSE: dict[str, Kind] = dict.fromkeys(ROSE_COLUMNS, "float")

IMAGE_COLUMNS: dict[str, Kind] = {
    "image": "str",
    "height_px": "int",
    "width_px": "int",
    "crack_count": "int",
    "crack_area_px2": "int",
    "crack_area_ratio": "float",
    "crack_length_px": "float",
    "width_mean_px": "float",
    "width_max_px": "float",
    "width_method": "str",
    "mm_per_px": "float",
    "mm_per_px_sd": "float",
    "scale_source": "str",
    "view": "str",
    "image_area_m2": "float",
    "crack_density_m_per_m2": "float",
    "crack_area_mm2": "float",
    "crack_length_mm": "float",
    "crack_length_sd_mm": "float",
    "width_mean_mm": "float",
    "width_max_mm": "float",
    "width_max_sd_mm": "float",
    "standard": "str",
    "standard_verified": "str",
    "worst_severity": "str",
    "latitude_deg": "float",
    "longitude_deg": "float",
    "altitude_m": "float",
    "captured_at": "str",
    **_ROSE,
}

# What a crack and a branch have in common; the widths of one and the other mean the same.
_WIDTHS: dict[str, Kind] = {
    "width_mean_px": "float",
    "width_median_px": "float",
    "width_p95_px": "float",
    "width_max_px": "float",
    "width_max_x_px": "float",
    "width_max_y_px": "float",
    "width_method": "str",
    "area_px2": "float",
    "angle_deg": "float",
    "tortuosity": "float",
    "confidence": "float",
}
_MILLIMETRES: dict[str, Kind] = {
    "length_mm": "float",
    "width_mean_mm": "float",
    "width_median_mm": "float",
    "width_p95_mm": "float",
    "width_max_mm": "float",
    "area_mm2": "float",
    "length_sd_mm": "float",
    "width_mean_sd_mm": "float",
    "width_max_sd_mm": "float",
}

CRACK_COLUMNS: dict[str, Kind] = {
    "image": "str",
    "crack_id": "int",
    "branch_count": "int",
    "loop_count": "int",
    "bridged_gap_px": "float",
    "length_px": "float",
    **_WIDTHS,
    "bbox_left_px": "int",
    "bbox_top_px": "int",
    "bbox_right_px": "int",
    "bbox_bottom_px": "int",
    **_MILLIMETRES,
    "zone": "str",
    "crack_type": "str",
    "standard": "str",
    "severity": "str",
    "severity_rank": "int",
    "severity_reason": "str",
    "standard_verified": "str",
    **_ROSE,
}

BRANCH_COLUMNS: dict[str, Kind] = {
    "image": "str",
    "crack_id": "int",
    "branch_id": "int",
    "length_px": "float",
    **_WIDTHS,
    "start_x_px": "float",
    "start_y_px": "float",
    "end_x_px": "float",
    "end_y_px": "float",
    **_MILLIMETRES,
    "line_px": "line",
}

ZONE_COLUMNS: dict[str, Kind] = {
    "image": "str",
    "zone": "str",
    "direction_deg": "float",
    "zone_area_px2": "float",
    "crack_count": "int",
    "crack_area_px2": "float",
    "crack_area_ratio": "float",
    "crack_length_px": "float",
    "width_mean_px": "float",
    "width_max_px": "float",
    "zone_area_m2": "float",
    "crack_density_m_per_m2": "float",
    "crack_area_mm2": "float",
    "crack_length_mm": "float",
    "width_mean_mm": "float",
    "width_max_mm": "float",
    **_ROSE,
}

TABLES = {
    "images": IMAGE_COLUMNS,
    "cracks": CRACK_COLUMNS,
    "branches": BRANCH_COLUMNS,
    "zones": ZONE_COLUMNS,
}


def as_frame(values: Any, columns: dict[str, Kind]) -> pd.DataFrame:
    """Return a table with exactly `columns`, in their order and of their kinds.

    Args:
        values: a mapping of column to values, a list of row mappings, or a DataFrame. Columns
            that are missing become "" or NaN; a missing `int` column is an error of the caller.
        columns: one of the tables of this module.
    """
    import pandas as pd

    if isinstance(values, list):
        values = {name: [row.get(name) for row in values] for name in columns}
    count = max((len(values[name]) for name in values), default=0)
    # Column by column into one call: a frame that is changed afterwards costs ten times as much.
    return pd.DataFrame(
        {
            name: _of_kind(values[name] if name in values else [None] * count, kind)
            for name, kind in columns.items()
        }
    )


def _of_kind(values: Any, kind: Kind) -> Any:
    import pandas as pd

    if kind == "str":
        texts = ["" if value is None or value != value else str(value) for value in values]
        return pd.Series(texts, dtype="object")
    if kind == "line":
        return pd.Series([_as_line(value) for value in values], dtype="object")
    return np.asarray(values, dtype=np.int64 if kind == "int" else np.float64)


def _as_line(value: Any) -> Any:
    known = value is not None and not isinstance(value, float)
    return np.asarray(value, dtype=np.float64).reshape(-1, 3) if known else None
