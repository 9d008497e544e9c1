"""A mask measured: how many cracks, how long, how wide, where.

Legend: H height, W width. Vector coordinates are (x, y) in px with pixel corners at integers: the
centre of pixel (row 0, column 0) is (0.5, 0.5). Angles run counter-clockwise from the image's +x
axis as seen on the screen, in [0, 180).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from crackgauge.arrays import Mask, Probability, Window, check_mask
from crackgauge.errors import UsageError
from crackgauge.measure.columns import BRANCH_COLUMNS, CRACK_COLUMNS, IMAGE_COLUMNS, as_frame

if TYPE_CHECKING:
    import pandas as pd

# A component of fewer pixels is taken for noise: a crack 2 px wide would be 10 px long.
MIN_AREA_PX2 = 20


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


class Part(NamedTuple):
    """A part of one large image: where it lies in the image, and its own survey."""

    window: Window
    survey: Survey


def measure(
    mask: Mask,
    *,
    probability: Probability | None = None,
    mm_per_px: float | None = None,
    image: str = "",
    min_area_px2: int = MIN_AREA_PX2,
) -> Survey:
    """Measure the cracks of one mask.

    Args:
        mask: bool (H, W), True where there is crack.
        probability: float32 (H, W) in [0, 1]; gives `confidence_mean`, NaN without it.
        mm_per_px: millimetres on the surface that one pixel covers; gives the columns in mm, NaN
            without it.
        image: the name that the rows carry.
        min_area_px2: components of fewer pixels are left out everywhere.

    Raises:
        UsageError: a wrong array, another size, a scale that is not a positive number.
    """
    raise NotImplementedError


def join(surveys: Iterable[Survey]) -> Survey:
    """Put the surveys of several images into one; rows sorted by image, crack and branch."""
    raise NotImplementedError


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
    """
    raise NotImplementedError


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
    }
