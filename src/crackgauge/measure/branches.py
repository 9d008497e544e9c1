"""The samples of all branches of an image, gathered from the sheets.

Legend: N samples of B branches of C components. Places are (x, y) in px of the image.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from crackgauge.measure.components import Components
from crackgauge.measure.profile import Profile
from crackgauge.measure.sheets import Sheet
from crackgauge.measure.skeleton import CentreLines, trace
from crackgauge.measure.statistics import weighted_mean
from crackgauge.measure.width import beyond_free_ends, profile_widths, widths_along

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

# The direction at a free end is that of so many samples: fewer show the roughness of the mask.
_END_SAMPLES = 15
# The disc around a junction is taken larger by what an edge may be blurred.
_AROUND_PX = 3.0


@dataclass(frozen=True)
class Samples:
    """What was measured at each pixel of the skeletons.

    Args:
        branch: int64 (N,), rising.
        row: int64 (N,), pixel of the image.
        col: int64 (N,).
        step_px: float64 (N,), the length that a sample stands for.
        width_px: float64 (N,).
        by_profile: bool (N,), the width is that of the probability's profile, not of the mask.
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
    by_profile: npt.NDArray[np.bool_]
    tangent: _Floats
    position: _Floats
    at_junction: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Branches:
    """What is known of each branch as a whole.

    Args:
        crack: int64 (B,), rising: the component, or the crack once gaps are bridged.
        length_px: float64 (B,), with the way from free ends to the end of the mask.
        drawn_px: float64 (B,), without it.
        chord_px: float64 (B,), straight distance of the ends.
        ends: float64 (B, 4), x and y of the start and of the end.
        tips: float64 (B, 4), the same where the mask ends: farther out at free ends.
        outward: float64 (B, 4), the direction out of the branch at its start and at its end, x, y;
            0 where that is no free end.
        nodes: int64 (B, 4), row and column of the first and of the last pixel: branches that meet
            share theirs.
        confidence: float64 (B,), mean probability along the skeleton; NaN where there is none.
    """

    crack: _Integers
    length_px: _Floats
    drawn_px: _Floats
    chord_px: _Floats
    ends: _Floats
    tips: _Floats
    outward: _Floats
    nodes: _Integers
    confidence: _Floats


_Table = TypeVar("_Table", Samples, Branches)


def gather(
    sheets: Iterable[Sheet], components: Components, profile: Profile | None = None
) -> tuple[Samples, Branches]:
    """Trace and measure the cracks of all sheets; branches sorted by component and place.

    Args:
        sheets: of these components.
        components: of a mask.
        profile: the probability that the mask comes from; the widths are then its own, except for
            components that are measured on a smaller mask.
    """
    samples, branches, count = [], [], 0
    for sheet in sheets:
        found, of_sheet = _measure_sheet(sheet, components, profile, count)
        samples.append(found)
        branches.append(of_sheet)
        count += len(of_sheet.crack)
    return sort_branches(concatenate(Samples, samples), concatenate(Branches, branches))


def _measure_sheet(
    sheet: Sheet, components: Components, profile: Profile | None, first_branch: int
) -> tuple[Samples, Branches]:
    factor = sheet.factor
    lines = trace(sheet.mask, sheet.distance_px)
    paths = lines.paths
    starts, ends, branch = paths.first[:-1], paths.last, paths.of_sample
    crack = sheet.component[paths.row[starts], paths.col[starts]].astype(np.int64)
    row, col = _in_image(sheet, components, crack[branch], paths.row, paths.col)
    if profile is not None and factor == 1:
        width_px = profile_widths(sheet.mask, sheet.distance_px, lines, profile, row, col)
    else:
        width_px = factor * widths_along(sheet.mask, sheet.distance_px, lines)
    before, beyond = beyond_free_ends(sheet.mask, sheet.distance_px, lines)
    drawn_px = factor * lines.from_start_px[ends]
    # A skeleton of one pixel has no length of its own: the length is what the area leaves.
    single = paths.start_degree == 0
    length_px = np.where(
        single, components.area_px2[crack] / width_px[starts], drawn_px + factor * (before + beyond)
    )
    offset = sheet.offset[crack]
    place = np.concatenate([lines.position[starts], lines.position[ends]], axis=1)
    place = factor * (place + np.tile(offset[:, ::-1], 2))
    out = np.concatenate([-lines.tangent[starts], lines.tangent[ends]], axis=1)
    step_px = np.where(single[branch], length_px[branch], factor * lines.step_px)
    samples = Samples(
        branch=branch + first_branch,
        row=row,
        col=col,
        step_px=step_px,
        width_px=width_px,
        by_profile=np.full(len(row), profile is not None and factor == 1),
        tangent=lines.tangent,
        position=factor * (lines.position + offset[branch][:, ::-1]),
        at_junction=_at_junction(lines, sheet.distance_px[paths.row, paths.col].astype(np.float64)),
    )
    return samples, Branches(
        crack=crack,
        length_px=length_px,
        drawn_px=drawn_px,
        chord_px=np.hypot(place[:, 2] - place[:, 0], place[:, 3] - place[:, 1]),
        ends=place,
        tips=place + factor * out * np.repeat(np.stack([before, beyond], axis=1), 2, axis=1),
        outward=_outward(lines),
        nodes=np.stack([row[starts], col[starts], row[ends], col[ends]], axis=1),
        confidence=_confidence(profile, row, col, branch, step_px),
    )


def _confidence(
    profile: Profile | None, row: _Integers, col: _Integers, branch: _Integers, step_px: _Floats
) -> _Floats:
    count = int(branch[-1]) + 1
    if profile is None:
        return np.full(count, np.nan)
    values = profile.probability[row, col].astype(np.float64)
    return weighted_mean(branch, count, values, step_px)


def _outward(lines: CentreLines) -> _Floats:
    """Return the directions in which branches leave at their free ends, float64 (P, 4)."""
    paths, position = lines.paths, lines.position
    starts, ends = paths.first[:-1], paths.last
    out = np.concatenate(
        [
            position[starts] - position[np.minimum(starts + _END_SAMPLES, ends)],
            position[ends] - position[np.maximum(ends - _END_SAMPLES, starts)],
        ],
        axis=1,
    ).reshape(-1, 2, 2)
    free = np.stack([paths.start_degree == 1, paths.end_degree == 1], axis=1)
    norm = np.hypot(out[..., 0], out[..., 1])
    known = (free & (norm > 0))[..., None]
    unit = np.divide(out, norm[..., None], out=np.zeros_like(out), where=known)
    return np.asarray(unit.reshape(-1, 4), dtype=np.float64)


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
    near_start = lines.from_start_px <= disc_px[starts][branch] + _AROUND_PX
    near_end = to_end <= disc_px[ends][branch] + _AROUND_PX
    return np.asarray(
        ((paths.start_degree[branch] >= 3) & near_start)
        | ((paths.end_degree[branch] >= 3) & near_end),
        dtype=np.bool_,
    )


def sort_branches(samples: Samples, branches: Branches) -> tuple[Samples, Branches]:
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


def concatenate(kind: type[_Table], tables: list[_Table]) -> _Table:
    """Put tables of one kind one after the other."""
    return kind(
        **{
            item.name: np.concatenate([getattr(table, item.name) for table in tables])
            for item in fields(kind)
        }
    )
