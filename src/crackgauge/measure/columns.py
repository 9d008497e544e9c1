"""The columns of a survey: names with units, kinds, order. Written the same with or without scale.

Kinds: `str`, `int` (int64, never missing), `float` (float64, NaN where it is not known).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["str", "int", "float"]

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
    "mm_per_px": "float",
    "crack_area_mm2": "float",
    "crack_length_mm": "float",
    "width_mean_mm": "float",
    "width_max_mm": "float",
    "latitude_deg": "float",
    "longitude_deg": "float",
    "altitude_m": "float",
    "captured_at": "str",
}

# What a crack and a branch have in common; the widths of one and the other mean the same.
_WIDTHS: dict[str, Kind] = {
    "width_mean_px": "float",
    "width_median_px": "float",
    "width_p95_px": "float",
    "width_max_px": "float",
    "width_max_x_px": "float",
    "width_max_y_px": "float",
    "area_px2": "float",
    "angle_deg": "float",
    "tortuosity": "float",
    "confidence_mean": "float",
}
_MILLIMETRES: dict[str, Kind] = {
    "length_mm": "float",
    "width_mean_mm": "float",
    "width_median_mm": "float",
    "width_p95_mm": "float",
    "width_max_mm": "float",
    "area_mm2": "float",
}

CRACK_COLUMNS: dict[str, Kind] = {
    "image": "str",
    "crack_id": "int",
    "branch_count": "int",
    "length_px": "float",
    **_WIDTHS,
    "bbox_left_px": "int",
    "bbox_top_px": "int",
    "bbox_right_px": "int",
    "bbox_bottom_px": "int",
    **_MILLIMETRES,
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
}


def as_frame(values: Any, columns: dict[str, Kind]) -> pd.DataFrame:
    """Return a table with exactly `columns`, in their order and of their kinds.

    Args:
        values: a mapping of column to values, a list of row mappings, or a DataFrame. Columns
            that are missing become "" or NaN; a missing `int` column is an error of the caller.
        columns: one of the tables of this module.
    """
    import pandas as pd

    frame = pd.DataFrame(values).reindex(columns=list(columns))
    for name, kind in columns.items():
        column = frame[name]
        if kind == "str":
            frame[name] = column.astype("object").where(column.notna(), "")
        elif kind == "int":
            frame[name] = column.astype("int64")
        else:
            frame[name] = column.astype("float64")
    return frame.reset_index(drop=True)


def add_millimetres(table: pd.DataFrame, mm_per_px: float | None) -> None:
    """Fill the columns in mm of a table from those in px; NaN without a scale."""
    scale = float("nan") if mm_per_px is None else mm_per_px
    for name in table.columns:
        if name == "mm_per_px":
            table[name] = scale
        elif name.endswith("_mm"):
            table[name] = table[f"{name.removesuffix('_mm')}_px"] * scale
        elif name.endswith("_mm2"):
            table[name] = table[f"{name.removesuffix('_mm2')}_px2"] * scale**2
