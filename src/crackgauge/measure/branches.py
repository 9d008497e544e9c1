"""The samples of all branches of an image, gathered from the sheets.

Legend: N samples of B branches of C cracks. Places are (x, y) in px of the image.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from crackgauge.measure.components import Components
from crackgauge.measure.sheets import Sheet
from crackgauge.measure.skeleton import CentreLines, trace
from crackgauge.measure.width import beyond_free_ends, widths_along

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """What was measured at each pixel of the skeletons.

    Args:
        branch: int64 (N,), rising.
        row: int64 (N,), pixel of the image.
        col: int64 (N,).
        step_px: float64 (N,), the length that a sample stands for.
        width_px: float64 (N,).
        tangent: float64 (N, 2), unit vectors x, y.
        position: float64 (N, 2), place on the smoothed centre line.
        at_junction: bool (N,), inside the disc around a junction, where the width is not that of
            one crack.
    """

    branch: _Integers
    row: _Integers
    col: _Integers
    step_px: _Floats
    width_px: _Floats
    tangent: _Floats
    position: _Floats
    at_junction: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Branches:
    """What is known of each branch as a whole.

    Args:
        crack: int64 (B,), rising.
        length_px: float64 (B,), with the way from free ends to the end of the mask.
        drawn_px: float64 (B,), without it.
        chord_px: float64 (B,), straight distance of the ends.
        ends: float64 (B, 4), x and y of the start and of the end.
        tips: float64 (B, 4), the same where the mask ends: farther out at free ends.
    """

    crack: _Integers
    length_px: _Floats
    drawn_px: _Floats
    chord_px: _Floats
    ends: _Floats
    tips: _Floats


_Table = TypeVar("_Table", Samples, Branches)


def gather(sheets: Iterable[Sheet], components: Components) -> tuple[Samples, Branches]:
    """Trace and measure the cracks of all sheets; branches sorted by crack and place."""
    samples, branches, count = [], [], 0
    for sheet in sheets:
        found, of_sheet = _measure_sheet(sheet, components, count)
        samples.append(found)
        branches.append(of_sheet)
        count += len(of_sheet.crack)
    return _sort(_concatenate(Samples, samples), _concatenate(Branches, branches))


def _measure_sheet(
    sheet: Sheet, components: Components, first_branch: int
) -> tuple[Samples, Branches]:
    factor = sheet.factor
    lines = trace(sheet.mask, sheet.distance_px)
    paths = lines.paths
    starts, ends, branch = paths.first[:-1], paths.last, paths.of_sample
    width_px = factor * widths_along(sheet.mask, sheet.distance_px, lines)
    before, beyond = beyond_free_ends(sheet.mask, sheet.distance_px, lines)
    drawn_px = factor * lines.from_start_px[ends]
    crack = sheet.component[paths.row[starts], paths.col[starts]].astype(np.int64)
    # A skeleton of one pixel has no length of its own: the length is what the area leaves.
    single = paths.start_degree == 0
    length_px = np.where(
        single, components.area_px2[crack] / width_px[starts], drawn_px + factor * (before + beyond)
    )
    step_px = np.where(single[branch], length_px[branch], factor * lines.step_px)
    offset = sheet.offset[crack]
    row, col = _in_image(sheet, components, crack[branch], paths.row, paths.col)
    place = np.concatenate([lines.position[starts], lines.position[ends]], axis=1)
    place = factor * (place + np.tile(offset[:, ::-1], 2))
    outward = np.concatenate([-lines.tangent[starts], lines.tangent[ends]], axis=1)
    tips = place + factor * outward * np.repeat(np.stack([before, beyond], axis=1), 2, axis=1)
    samples = Samples(
        branch + first_branch,
        row,
        col,
        step_px,
        width_px,
        lines.tangent,
        factor * (lines.position + offset[branch][:, ::-1]),
        _at_junction(lines, sheet.distance_px[paths.row, paths.col].astype(np.float64)),
    )
    chord_px = np.hypot(place[:, 2] - place[:, 0], place[:, 3] - place[:, 1])
    return samples, Branches(crack, length_px, drawn_px, chord_px, place, tips)


def _in_image(
    sheet: Sheet, components: Components, crack: _Integers, row: _Integers, col: _Integers
) -> tuple[_Integers, _Integers]:
    """Return the pixels of the image at the centres of pixels of a sheet."""
    bottom, right = components.boxes[crack, 2], components.boxes[crack, 3]
    factor, offset = sheet.factor, sheet.offset[crack]
    return (
        np.minimum((row + offset[:, 0]) * factor + factor // 2, bottom - 1),
        np.minimum((col + offset[:, 1]) * factor + factor // 2, right - 1),
    )


def _at_junction(lines: CentreLines, disc_px: _Floats) -> npt.NDArray[np.bool_]:
    paths, branch = lines.paths, lines.paths.of_sample
    starts, ends = paths.first[:-1], paths.last
    to_end = lines.from_start_px[ends][branch] - lines.from_start_px
    near_start = lines.from_start_px <= disc_px[starts][branch] + 1
    near_end = to_end <= disc_px[ends][branch] + 1
    return np.asarray(
        ((paths.start_degree[branch] >= 3) & near_start)
        | ((paths.end_degree[branch] >= 3) & near_end),
        dtype=np.bool_,
    )


def _sort(samples: Samples, branches: Branches) -> tuple[Samples, Branches]:
    """Sort by crack, then by the place of the branches' starts and ends."""
    keys = (branches.length_px, *branches.ends[:, [2, 3, 0, 1]].T, branches.crack)
    order = np.lexsort(keys)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    branch = rank[samples.branch]
    along = np.argsort(branch, kind="stable")
    moved = {item.name: getattr(samples, item.name)[along] for item in fields(Samples)}
    moved["branch"] = branch[along]
    return Samples(**moved), Branches(
        **{item.name: getattr(branches, item.name)[order] for item in fields(Branches)}
    )


def _concatenate(kind: type[_Table], tables: list[_Table]) -> _Table:
    return kind(
        **{
            item.name: np.concatenate([getattr(table, item.name) for table in tables])
            for item in fields(kind)
        }
    )
