"""Surveys put together: of several images, and of the parts of one large image.

A mask above the memory is measured in parts: split it so that no crack crosses from one part into
another (for example into groups of blocks that are joined by crack pixels), measure each part by
itself, and assemble them. Nothing is then different from measuring the whole: gaps are bridged,
cracks numbered and everything scaled once, when the parts are together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crackgauge.arrays import (
    Mask,
    Probability,
    Window,
    check_mask,
    check_probability,
    check_same_shape,
)
from crackgauge.measure.columns import TABLES, as_frame
from crackgauge.measure.crack_type import crack_types, find_patterns
from crackgauge.measure.grading import grade_cracks, worst
from crackgauge.measure.pieces import Pieces, measure_pieces, put_together
from crackgauge.measure.profile import threshold_of
from crackgauge.measure.region import Region
from crackgauge.measure.rows import Columns, branch_rows, crack_rows
from crackgauge.measure.scale import Scale, one_scale
from crackgauge.measure.settings import Settings
from crackgauge.measure.survey import Survey
from crackgauge.measure.totals import Frame, image_row, zone_rows

if TYPE_CHECKING:
    import pandas as pd

_ORDER = {
    "images": ["image"],
    "cracks": ["image", "crack_id"],
    "branches": ["image", "crack_id", "branch_id"],
    "zones": ["image", "zone"],
}


class Part(NamedTuple):
    """A part of one large image: where it lies in the image, and what was measured in it."""

    window: Window
    pieces: Pieces


def measure_part(
    mask: Mask,
    *,
    window: Window,
    probability: Probability | None = None,
    threshold: float | None = None,
    image: str = "",
    settings: Settings | None = None,
) -> Part:
    """Measure a part of an image by itself.

    Args:
        mask: bool (H, W), of the part.
        window: where the part lies in the image.
        probability: float32 (H, W), as for `measure`.
        threshold: as for `measure`.
        image: the image's name, for regions of single images.
        settings: the same for all parts.

    Raises:
        UsageError: a wrong array, another size, a connected crack whose bounding box is above
            250 megapixels.
    """
    check_mask(mask)
    if probability is not None:
        check_probability(probability)
        check_same_shape(mask, probability, names=("mask", "probability"))
        threshold = threshold_of(mask, probability) if threshold is None else threshold
    chosen = settings or Settings()
    region = chosen.region.of_image(image)
    if region.limits:
        mask = mask & region.allowed(window)
    pieces = measure_pieces(
        mask,
        probability=probability,
        threshold=0.5 if threshold is None else threshold,
        min_area_px2=chosen.min_area_px2,
    )
    return Part(window, pieces)


def assemble(
    parts: Iterable[Part],
    *,
    height: int,
    width: int,
    mm_per_px: float | None = None,
    scale: Scale | None = None,
    image: str = "",
    settings: Settings | None = None,
) -> Survey:
    """Put the parts of one image into one survey of it.

    The result is what `measure` gives for the whole mask wherever no crack reaches into two parts.

    Args:
        parts: each measured with the same settings.
        height: of the whole image in px.
        width: of the whole image in px.
        mm_per_px: as for `measure`.
        scale: as for `measure`.
        image: the name that the rows carry.
        settings: as for the parts.

    Raises:
        UsageError: a scale that is not a positive number.
    """
    known, chosen = one_scale(mm_per_px, scale), settings or Settings()
    region = chosen.region.of_image(image)
    pieces = put_together([part.pieces.moved(part.window) for part in parts], chosen.bridging)
    frame = Frame(height, width, known, region)
    zones, inside = zone_rows(pieces, frame)
    tables: dict[str, pd.DataFrame] = {"zones": _frame("zones", zones, image)}
    cracks: Columns = {}
    branches: Columns = {}
    if len(pieces):
        cracks, branches = crack_rows(pieces, known), branch_rows(pieces, known)
        _add_zones_and_types(cracks, pieces, inside, region, chosen.direction_deg)
        cracks |= grade_cracks(cracks, chosen.standard)
    tables["cracks"] = _frame("cracks", cracks, image)
    tables["branches"] = _frame("branches", branches, image)
    row = image_row(tables["cracks"], frame) | worst(tables["cracks"], chosen.standard)
    tables["images"] = _frame("images", [row], image)
    return Survey(**tables)


def join(surveys: Iterable[Survey]) -> Survey:
    """Put the surveys of several images into one; rows sorted by image, crack and branch."""
    kept = list(surveys)
    return Survey(
        **{
            name: _stack([getattr(each, name) for each in kept], name).sort_values(
                order, kind="stable", ignore_index=True
            )
            for name, order in _ORDER.items()
        }
    )


def _add_zones_and_types(
    cracks: Columns,
    pieces: Pieces,
    inside: list[np.ndarray],
    region: Region,
    direction_deg: float | None,
) -> None:
    count = len(pieces)
    crack = pieces.branches.crack[pieces.samples.branch]
    zone = np.full(count, -1)
    longest = np.zeros(count)
    for number, flags in enumerate(inside):
        weights = pieces.samples.step_px * flags
        length = np.bincount(crack, weights=weights, minlength=count)
        zone[length > longest] = number
        longest = np.maximum(longest, length)
    names = [each.name for each in region.zones]
    cracks["zone"] = ["" if number < 0 else names[number] for number in zone]
    given = np.nan if direction_deg is None else direction_deg % 180
    directions = np.array([*(each.direction_deg for each in region.zones), given])
    directions = np.where(np.isnan(directions), given, directions)[zone]
    if np.isnan(directions).all():
        cracks["crack_type"] = [""] * count
        return
    # Without zones the whole image is one.
    group = zone if names else np.zeros(count, dtype=np.int64)
    pattern = find_patterns(
        group, cracks["length_px"], cracks["loop_count"], crack, pieces.samples.position
    )
    cracks["crack_type"] = crack_types(cracks["angle_deg"], directions, pattern)


def _frame(name: str, values: Columns | list[Columns], image: str) -> pd.DataFrame:
    if isinstance(values, list):
        return as_frame([row | {"image": image} for row in values], TABLES[name])
    count = len(next(iter(values.values()), []))
    return as_frame(values | {"image": [image] * count} if count else [], TABLES[name])


def _stack(tables: list[pd.DataFrame], name: str) -> pd.DataFrame:
    import pandas as pd

    filled = [table for table in tables if len(table)]
    return as_frame(pd.concat(filled) if filled else [], TABLES[name])
