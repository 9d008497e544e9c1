"""A mask measured: how many cracks, how long, how wide, where.

Legend: H height, W width; C cracks, B branches, N samples (one a skeleton pixel of a branch).
Vector coordinates are (x, y) in px with pixel corners at integers: the centre of pixel (row 0,
column 0) is (0.5, 0.5). Angles run counter-clockwise from the image's +x axis as seen on the
screen, in [0, 180).

What the columns mean:

- A crack is an 8-connected component. `crack_id` counts from 1 in reading order of the bounding
  boxes; their right and bottom are exclusive.
- `length_px` is the length of the smoothed centre line. A skeleton stops about half
  a width short of a free end, so there the length goes on to the end of the mask
  (`width.beyond_free_ends`). A crack's length is the sum of its branches.
- The widths are those of `width.widths_along` at each pixel of the skeleton: the mean is weighted
  by length. The disc around a junction does not count, as it is wider than any of its cracks,
  except for a branch or a crack that lies in such discs altogether. What lies beyond the border
  of the image counts as background.
- `area_px2` of a crack is its number of pixels, of a branch its mean width times its length.
- `angle_deg` is the mean orientation, weighted by length; `tortuosity` is the length along the
  centre line over the straight distance of the ends (of a crack: sums over its branches), NaN for
  a ring.
- `line_px` of a branch is its centre line from tip to tip with the width along it, as
  `centre_line.centre_lines` draws it.
- `confidence_mean` is the mean probability of a crack's pixels, of a branch along its skeleton.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Probability, check_mask, check_probability, check_same_shape
from crackgauge.errors import UsageError
from crackgauge.measure.branches import Branches, Samples, gather
from crackgauge.measure.centre_line import centre_lines
from crackgauge.measure.columns import (
    BRANCH_COLUMNS,
    CRACK_COLUMNS,
    IMAGE_COLUMNS,
    Kind,
    add_millimetres,
    as_frame,
)
from crackgauge.measure.components import Components, find_components
from crackgauge.measure.sheets import pack
from crackgauge.measure.statistics import orientation_deg, weighted_mean, width_statistics

if TYPE_CHECKING:
    import pandas as pd

# A component of fewer pixels is taken for noise: a crack 2 px wide would be 10 px long.
MIN_AREA_PX2 = 20

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_Columns = dict[str, Any]


@dataclass(frozen=True)
class Survey:
    """What was measured in one image or in many.

    Args:
        images: one row an image, `columns.IMAGE_COLUMNS`.
        cracks: one row a crack (an 8-connected component), `columns.CRACK_COLUMNS`.
        branches: one row a branch of a crack's skeleton, `columns.BRANCH_COLUMNS`.
    """

    images: pd.DataFrame
    cracks: pd.DataFrame
    branches: pd.DataFrame

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the three tables as JSON values (NaN as None); `from_json` gives them back."""
        return {
            name: [_plain(row) for row in frame.to_dict("records")]
            for name, frame in self._tables()
        }

    @classmethod
    def from_json(cls, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Survey:
        """Build a survey from what `to_json` returned, equal to the bit."""
        return cls(
            as_frame(list(tables["images"]), IMAGE_COLUMNS),
            as_frame(list(tables["cracks"]), CRACK_COLUMNS),
            as_frame(list(tables["branches"]), BRANCH_COLUMNS),
        )

    def _tables(self) -> tuple[tuple[str, pd.DataFrame], ...]:
        return (("images", self.images), ("cracks", self.cracks), ("branches", self.branches))


def measure(
    mask: Mask,
    *,
    probability: Probability | None = None,
    mm_per_px: float | None = None,
    image: str = "",
    min_area_px2: int = MIN_AREA_PX2,
) -> Survey:
    """Measure the cracks of one mask.

    The memory goes with the cracks and not with the image: the mask itself, and about 20 bytes
    for each pixel of the bounding box of the largest crack. A mask that does not fit into memory
    is measured in parts that no crack crosses, see `assemble`.

    Args:
        mask: bool (H, W), True where there is crack.
        probability: float32 (H, W) in [0, 1]; gives `confidence_mean`, NaN without it.
        mm_per_px: millimetres on the surface that one pixel covers; gives the columns in mm, NaN
            without it.
        image: the name that the rows carry.
        min_area_px2: components of fewer pixels are left out everywhere.

    Raises:
        UsageError: a wrong array, another size, a scale that is not a positive number, a
            connected crack whose bounding box is above 250 megapixels.

    >>> mask = np.zeros((50, 100), dtype=bool)
    >>> mask[20:24, 10:90] = True
    >>> cracks = measure(mask, mm_per_px=0.5).cracks
    >>> cracks[["length_px", "width_mean_px", "length_mm", "width_mean_mm"]].round(1)
       length_px  width_mean_px  length_mm  width_mean_mm
    0       80.0            4.0       40.0            2.0
    """
    check_mask(mask)
    if probability is not None:
        check_probability(probability)
        check_same_shape(mask, probability, names=("mask", "probability"))
    check_scale(mm_per_px)
    components = find_components(mask, min_area_px2=min_area_px2)
    cracks, branches = as_frame([], CRACK_COLUMNS), as_frame([], BRANCH_COLUMNS)
    if len(components):
        samples, found = gather(pack(components), components)
        of_cracks = _cracks(components, samples, found, probability)
        cracks = _finish(of_cracks, CRACK_COLUMNS, image, mm_per_px)
        of_branches = _branches(samples, found, probability)
        branches = _finish(of_branches, BRANCH_COLUMNS, image, mm_per_px)
    height, width = mask.shape
    return Survey(
        images=summarise(cracks, height=height, width=width, mm_per_px=mm_per_px, image=image),
        cracks=cracks,
        branches=branches,
    )


def check_scale(mm_per_px: float | None) -> None:
    """Refuse a scale that is none.

    Raises:
        UsageError: not a positive, finite number.
    """
    if mm_per_px is not None and not 0 < mm_per_px < math.inf:
        raise UsageError(
            f"mm_per_px: got {mm_per_px}, expected the millimetres on the surface that one pixel "
            "covers, a positive number such as 0.21"
        )


def summarise(
    cracks: pd.DataFrame, *, height: int, width: int, mm_per_px: float | None, image: str
) -> pd.DataFrame:
    """Return the one row of an image, from its cracks: sums, and means weighted by length."""
    area = int(cracks["area_px2"].sum())
    length = float(cracks["length_px"].sum())
    weighted = float((cracks["width_mean_px"] * cracks["length_px"]).sum())
    values: _Columns = {
        "height_px": [height],
        "width_px": [width],
        "crack_count": [len(cracks)],
        "crack_area_px2": [area],
        "crack_area_ratio": [area / (height * width)],
        "crack_length_px": [length],
        "width_mean_px": [weighted / length if length else math.nan],
        "width_max_px": [float(cracks["width_max_px"].max())],
        "mm_per_px": [mm_per_px],
    }
    return _finish(values, IMAGE_COLUMNS, image, mm_per_px)


def _finish(
    values: _Columns, columns: dict[str, Kind], image: str, mm_per_px: float | None
) -> pd.DataFrame:
    values["image"] = [image] * len(next(iter(values.values())))
    add_millimetres(values, columns, mm_per_px)
    return as_frame(values, columns)


def _cracks(
    components: Components,
    samples: Samples,
    branches: Branches,
    probability: Probability | None,
) -> _Columns:
    count = len(components)
    groups = branches.crack[samples.branch]
    chord, drawn, length = (
        np.bincount(branches.crack, weights=of_branch, minlength=count).astype(np.float64)
        for of_branch in (branches.chord_px, branches.drawn_px, branches.length_px)
    )
    top, left, bottom, right = components.boxes.T
    return {
        "crack_id": np.arange(1, count + 1),
        "branch_count": np.bincount(branches.crack, minlength=count),
        "length_px": length,
        **_widths(samples, groups, count),
        "area_px2": components.area_px2.astype(np.float64),
        "angle_deg": orientation_deg(groups, count, samples.tangent, samples.step_px),
        "tortuosity": _ratio(drawn, chord),
        "confidence_mean": _confidence(components, probability),
        "bbox_left_px": left,
        "bbox_top_px": top,
        "bbox_right_px": right,
        "bbox_bottom_px": bottom,
    }


def _branches(samples: Samples, branches: Branches, probability: Probability | None) -> _Columns:
    count = len(branches.crack)
    groups = samples.branch
    widths = _widths(samples, groups, count)
    confidence = np.full(count, np.nan)
    if probability is not None:
        values = probability[samples.row, samples.col].astype(np.float64)
        confidence = weighted_mean(groups, count, values, samples.step_px)
    first_of_crack = np.searchsorted(branches.crack, branches.crack)
    return {
        "crack_id": branches.crack + 1,
        "branch_id": np.arange(count) - first_of_crack + 1,
        "length_px": branches.length_px,
        **widths,
        "area_px2": widths["width_mean_px"] * branches.length_px,
        "angle_deg": orientation_deg(groups, count, samples.tangent, samples.step_px),
        "tortuosity": _ratio(branches.drawn_px, branches.chord_px),
        "confidence_mean": confidence,
        "start_x_px": branches.ends[:, 0],
        "start_y_px": branches.ends[:, 1],
        "end_x_px": branches.ends[:, 2],
        "end_y_px": branches.ends[:, 3],
        "line_px": centre_lines(samples, branches),
    }


def _widths(samples: Samples, groups: _Integers, count: int) -> _Columns:
    found = width_statistics(groups, count, samples.width_px, samples.step_px, ~samples.at_junction)
    return {
        "width_mean_px": found.mean,
        "width_median_px": found.median,
        "width_p95_px": found.p95,
        "width_max_px": found.maximum,
        "width_max_x_px": samples.col[found.widest] + 0.5,
        "width_max_y_px": samples.row[found.widest] + 0.5,
    }


def _ratio(drawn: _Floats, chord: _Floats) -> _Floats:
    """Return drawn / chord, at least 1 but for rounding; NaN where there is no chord."""
    ratio = np.full(len(drawn), np.nan)
    np.divide(drawn, chord, out=ratio, where=chord > 0)
    return ratio


def _confidence(components: Components, probability: Probability | None) -> _Floats:
    if probability is None:
        return np.full(len(components), np.nan)
    return np.array(
        [
            probability[components.pixels(index)].mean(dtype=np.float64)
            for index in range(len(components))
        ]
    )


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return None if isinstance(value, float) and math.isnan(value) else value
