"""Surveys put together: of several images, and of the parts of one large image.

A mask above the memory is measured in parts: split it so that no crack crosses from one part into
another (for example into groups of blocks that are joined by crack pixels), measure each part by
itself, and assemble the surveys. Nothing is then different from measuring the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from crackgauge.arrays import Window
from crackgauge.measure.columns import (
    BRANCH_COLUMNS,
    CRACK_COLUMNS,
    IMAGE_COLUMNS,
    Kind,
    as_frame,
)
from crackgauge.measure.survey import Survey, check_scale, summarise

if TYPE_CHECKING:
    import pandas as pd

_READING_ORDER = [
    "bbox_top_px",
    "bbox_left_px",
    "bbox_bottom_px",
    "bbox_right_px",
    "area_px2",
    "part",
    "crack_id",
]


class Part(NamedTuple):
    """A part of one large image: where it lies in the image, and its own survey."""

    window: Window
    survey: Survey


def join(surveys: Iterable[Survey]) -> Survey:
    """Put the surveys of several images into one; rows sorted by image, crack and branch."""
    kept = list(surveys)
    images = _stack([each.images for each in kept], IMAGE_COLUMNS)
    cracks = _stack([each.cracks for each in kept], CRACK_COLUMNS)
    branches = _stack([each.branches for each in kept], BRANCH_COLUMNS)
    return Survey(
        images.sort_values("image", kind="stable", ignore_index=True),
        cracks.sort_values(["image", "crack_id"], kind="stable", ignore_index=True),
        branches.sort_values(["image", "crack_id", "branch_id"], kind="stable", ignore_index=True),
    )


def assemble(
    parts: Iterable[Part],
    *,
    height: int,
    width: int,
    mm_per_px: float | None = None,
    image: str = "",
) -> Survey:
    """Put the surveys of the parts of one image, measured by themselves, into one survey of it.

    Positions are moved by the part's window and cracks are numbered anew, so the result is what
    `measure` gives for the whole mask wherever no crack reaches into two parts.

    Args:
        parts: each measured with the same `mm_per_px` and `min_area_px2`.
        height: of the whole image in px.
        width: of the whole image in px.
        mm_per_px: as given to `measure`.
        image: the name that the rows carry.

    Raises:
        UsageError: a scale that is not a positive number.
    """
    check_scale(mm_per_px)
    cracks: list[pd.DataFrame] = []
    branches: list[pd.DataFrame] = []
    for number, (window, survey) in enumerate(parts):
        for tables, table in ((cracks, survey.cracks), (branches, survey.branches)):
            tables.append(_moved(table, window).assign(part=number, image=image))
    all_cracks = _stack(cracks, {**CRACK_COLUMNS, "part": "int"})
    all_branches = _stack(branches, {**BRANCH_COLUMNS, "part": "int"})
    all_cracks = all_cracks.sort_values(_READING_ORDER, kind="stable", ignore_index=True)
    numbers = {
        key: number
        for number, key in enumerate(zip(all_cracks["part"], all_cracks["crack_id"], strict=True))
    }
    all_cracks["crack_id"] = range(1, len(all_cracks) + 1)
    all_branches["crack_id"] = [
        numbers[key] + 1 for key in zip(all_branches["part"], all_branches["crack_id"], strict=True)
    ]
    all_branches = all_branches.sort_values(["crack_id", "branch_id"], kind="stable")
    kept = as_frame(all_cracks, CRACK_COLUMNS)
    return Survey(
        images=summarise(kept, height=height, width=width, mm_per_px=mm_per_px, image=image),
        cracks=kept,
        branches=as_frame(all_branches, BRANCH_COLUMNS),
    )


def _moved(table: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Move the positions of a part to their places in the whole image."""
    import pandas as pd

    moved = table.copy()
    origin_px = (window.col, window.row, 0)
    for name in table.columns:
        if name.endswith("_x_px") or name in ("bbox_left_px", "bbox_right_px"):
            moved[name] += window.col
        elif name.endswith("_y_px") or name in ("bbox_top_px", "bbox_bottom_px"):
            moved[name] += window.row
        elif name == "line_px":
            lines = [None if line is None else line + origin_px for line in moved[name]]
            moved[name] = pd.Series(lines, index=moved.index, dtype="object")
    return moved


def _stack(tables: list[pd.DataFrame], columns: dict[str, Kind]) -> pd.DataFrame:
    import pandas as pd

    filled = [table for table in tables if len(table)]
    return as_frame(pd.concat(filled) if filled else [], columns)
