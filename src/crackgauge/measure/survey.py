"""What was measured: how many cracks, how long, how wide, where.

Vector coordinates are (x, y) in px with pixel corners at integers: the centre of pixel (row 0,
column 0) is (0.5, 0.5). Angles run counter-clockwise from the image's +x axis as seen on the
screen, in [0, 180).

What the columns mean:

- A crack is an 8-connected component, or several whose ends face each other across a gap
  (`bridging`). `crack_id` counts from 1 in reading order of the bounding boxes; their right and
  bottom are exclusive. `bridged_gap_px` is the total of such gaps, `loop_count` the number of
  closed loops of its graph.
- `length_px` is the length of the smoothed centre line. A skeleton stops about half
  a width short of a free end, so there the length goes on to the end of the mask
  (`width.beyond_free_ends`). A crack's length is the sum of its branches; bridged gaps are not in.
- The widths are those of `width.profile_widths` (`width_method` "probability") or, without a
  probability, of `width.widths_along` ("mask") at each pixel of the skeleton: the mean is weighted
  by length. The disc around a junction does not count, as it is wider than any of its cracks,
  except for a branch or a crack that lies in such discs altogether. What lies beyond the border
  of the image counts as background.
- `area_px2` of a crack is its number of pixels, of a branch its mean width times its length.
- `angle_deg` is the mean orientation, weighted by length; `tortuosity` is the length along the
  centre line over the straight distance of the ends (of a crack: sums over its branches), NaN for
  a ring. `rose_045_px` is the length whose direction is within 7.5 degrees of 45, and so on.
- `line_px` of a branch is its centre line from tip to tip, as `centre_line.centre_lines` draws it.
- `confidence` is the mean probability of a crack's pixels, of a branch along its skeleton.
- Columns in px are in the image's own frame. Columns in mm are on the surface: where the view is
  oblique (`scale`), each length and width is taken through the homography where it lies.
  `*_sd_mm` is the standard deviation, from measuring and from the scale (`uncertainty`).
- `zone` holds the largest part of a crack; `crack_type` and `severity`: see `crack_type` and
  `standard`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crackgauge.measure.columns import TABLES, ZONE_COLUMNS, as_frame

if TYPE_CHECKING:
    import pandas as pd


def _no_zones() -> pd.DataFrame:
    return as_frame([], ZONE_COLUMNS)


@dataclass(frozen=True)
class Survey:
    """What was measured in one image or in many.

    Args:
        images: one row an image, `columns.IMAGE_COLUMNS`.
        cracks: one row a crack, `columns.CRACK_COLUMNS`.
        branches: one row a branch of a crack's skeleton, `columns.BRANCH_COLUMNS`.
        zones: one row a zone of an image, `columns.ZONE_COLUMNS`; none without a region.
    """

    images: pd.DataFrame
    cracks: pd.DataFrame
    branches: pd.DataFrame
    zones: pd.DataFrame = field(default_factory=_no_zones)

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the tables as JSON values (NaN as None); `from_json` gives them back."""
        return {
            name: [_plain(row) for row in getattr(self, name).to_dict("records")] for name in TABLES
        }

    @classmethod
    def from_json(cls, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Survey:
        """Build a survey from what `to_json` returned, equal to the bit."""
        return cls(**{name: as_frame(list(tables.get(name, [])), TABLES[name]) for name in TABLES})


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return None if isinstance(value, float) and math.isnan(value) else value
