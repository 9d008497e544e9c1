"""The pieces of all centre lines, for charts of their widths and directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

_Floats = npt.NDArray[np.float64]


class Segments(NamedTuple):
    """The pieces of all centre lines.

    Args:
        length: float64 (S,), in mm or px.
        width: float64 (S,), in mm or px.
        width_px: float64 (S,).
        angle_deg: float64 (S,), counter-clockwise from +x as seen on the screen, [0, 180).
    """

    length: _Floats
    width: _Floats
    width_px: _Floats
    angle_deg: _Floats


def segments_of(branches: pd.DataFrame, *, in_mm: bool) -> Segments:
    """Cut the lines of branches into their segments.

    In mm each branch has the scale that its own length and width have.

    Args:
        branches: `measure.columns.BRANCH_COLUMNS`; those without a line are left out.
        in_mm: the unit; all branches have a scale.
    """
    parts: list[_Floats] = []
    columns = ["line_px", "length_px", "length_mm", "width_mean_px", "width_mean_mm"]
    for line, length_px, length_mm, width_px, width_mm in branches[columns].itertuples(index=False):
        if line is None or len(line) < 2:
            continue
        along = length_mm / length_px if in_mm and length_px else 1.0
        across = width_mm / width_px if in_mm and width_px else 1.0
        step = np.diff(line[:, :2], axis=0)
        width = (line[1:, 2] + line[:-1, 2]) / 2
        angle = np.rad2deg(np.arctan2(-step[:, 1], step[:, 0])) % 180
        parts.append(np.stack([np.hypot(*step.T) * along, width * across, width, angle]))
    joined = np.concatenate(parts, axis=1) if parts else np.empty((4, 0))
    return Segments(*joined)
