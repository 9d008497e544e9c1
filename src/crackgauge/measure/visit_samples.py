"""The centre lines of one visit cut into samples, in the frame of the later image.

Legend: N samples, at most 2 px after apart.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.measure.registration import local_zoom, move
from crackgauge.measure.survey import Survey

if TYPE_CHECKING:
    import pandas as pd

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

_SAMPLE_PX = 2.0


class Visit(NamedTuple):
    """One image of a survey.

    Args:
        cracks: its rows of `columns.CRACK_COLUMNS`.
        branches: its rows of `columns.BRANCH_COLUMNS`.
        height_px: of the image.
        width_px: of the image.
        mm_per_px: None where it has no scale.
        mm_per_px_sd: standard deviation of the scale; 0 where it is not known.
    """

    cracks: pd.DataFrame
    branches: pd.DataFrame
    height_px: int
    width_px: int
    mm_per_px: float | None
    mm_per_px_sd: float = 0.0

    @classmethod
    def of(cls, survey: Survey, image: str) -> Visit:
        """Take one image out of a survey of many."""
        row = survey.images[survey.images["image"] == image].iloc[0]
        scale, deviation = float(row["mm_per_px"]), float(row["mm_per_px_sd"])
        return cls(
            survey.cracks[survey.cracks["image"] == image].sort_values("crack_id"),
            survey.branches[survey.branches["image"] == image],
            int(row["height_px"]),
            int(row["width_px"]),
            None if math.isnan(scale) else scale,
            0.0 if math.isnan(deviation) else deviation,
        )


class Samples(NamedTuple):
    """Samples of all centre lines of one visit.

    Args:
        place: float64 (N, 2), x, y in px after.
        crack: int64 (N,), the crack's id.
        step_px: float64 (N,), the length that a sample stands for, in px after.
        width_px: float64 (N,), in px after.
        step_mm: float64 (N,), NaN without a scale.
        width_mm: float64 (N,), NaN without a scale.
        zoom: float64 (N,), px after of one px of the sample's own image.
    """

    place: _Floats
    crack: _Integers
    step_px: _Floats
    width_px: _Floats
    step_mm: _Floats
    width_mm: _Floats
    zoom: _Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> Samples:
        """Return some of the samples."""
        return self._replace(**{name: each[chosen] for name, each in self._asdict().items()})


def sample_lines(visit: Visit, matrix: _Floats) -> Samples:
    """Cut the centre lines of a visit into samples.

    Lengths and widths in mm are in the ratio to those in px that the branch has as a whole.

    Args:
        visit: branches without a line are left out.
        matrix: float64 (3, 3), from its image to the image after.
    """
    starts, ends, widths, cracks, along, across, least = [], [], [], [], [], [], []
    columns = ["crack_id", "line_px", "length_px", "length_mm", "width_mean_px", "width_mean_mm"]
    for crack, line, *sizes in visit.branches[columns].itertuples(index=False):
        if line is None or len(line) < 2:
            continue
        starts.append(line[:-1, :2])
        ends.append(line[1:, :2])
        widths.append(np.stack([line[:-1, 2], line[1:, 2]], axis=1))
        count = len(line) - 1
        cracks.append(np.full(count, crack, dtype=np.int64))
        length_px, length_mm, width_px, width_mm = sizes
        along.append(np.full(count, length_mm / length_px if length_px else math.nan))
        across.append(np.full(count, width_mm / width_px if width_px else math.nan))
        # A line of one place, of a crack as long as wide, has the length that its table says.
        is_point = bool((line[:, :2] == line[0, :2]).all())
        least.append(np.full(count, length_px / count if is_point else 0.0))
    if not starts:
        none = np.empty(0)
        return Samples(np.empty((0, 2)), none.astype(np.int64), none, none, none, none, none)
    start, end, width = (np.concatenate(each) for each in (starts, ends, widths))
    after = move(matrix, start), move(matrix, end)
    length_after = np.hypot(*(after[1] - after[0]).T)
    counts = np.maximum(1, np.ceil(length_after / _SAMPLE_PX)).astype(np.int64)
    segment = np.repeat(np.arange(len(start)), counts)
    first = np.cumsum(counts) - counts
    share = ((np.arange(len(segment)) - first[segment] + 0.5) / counts[segment])[:, None]
    own = start[segment] * (1 - share) + end[segment] * share
    own_width = (width[segment] * np.hstack([1 - share, share])).sum(axis=1)
    zoom = local_zoom(matrix, own)
    given = np.concatenate(least)[segment] / counts[segment]
    own_step = np.hypot(*(end - start).T)[segment] / counts[segment] + given
    return Samples(
        place=move(matrix, own),
        crack=np.concatenate(cracks)[segment],
        step_px=length_after[segment] / counts[segment] + given * zoom,
        width_px=own_width * zoom,
        step_mm=own_step * np.concatenate(along)[segment],
        width_mm=own_width * np.concatenate(across)[segment],
        zoom=zoom,
    )
