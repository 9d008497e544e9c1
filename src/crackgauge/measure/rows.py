"""The rows of cracks and of branches, from pieces that were put together.

Legend: N samples, B branches, C cracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.measure.branches import Samples
from crackgauge.measure.centre_line import centre_lines
from crackgauge.measure.pieces import Pieces, loops
from crackgauge.measure.rose import rose
from crackgauge.measure.scale import Scale
from crackgauge.measure.statistics import orientation_deg, weighted_mean, width_statistics
from crackgauge.measure.uncertainty import MASK, PROFILE, add_deviations

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
Columns = dict[str, Any]

# The widest spot lies in the middle of up to 2 x 20 samples that are nearly as wide.
_AS_WIDE_PX = 0.25
_STRETCH = 20


def crack_rows(pieces: Pieces, scale: Scale | None) -> Columns:
    """Return the columns of the cracks but those of zones and standards; `pieces` holds some."""
    samples, branches = pieces.samples, pieces.branches
    count = len(pieces)
    groups = branches.crack[samples.branch]
    chord, drawn, length = (
        np.bincount(branches.crack, weights=of_branch, minlength=count).astype(np.float64)
        for of_branch in (branches.chord_px, branches.drawn_px, branches.length_px)
    )
    top, left, bottom, right = pieces.boxes.T
    values: Columns = {
        "crack_id": np.arange(1, count + 1),
        "branch_count": np.bincount(branches.crack, minlength=count),
        "loop_count": loops(branches, count),
        "bridged_gap_px": pieces.gap_px,
        "length_px": length,
        **_widths(samples, groups, count),
        "area_px2": pieces.area_px2.astype(np.float64),
        "angle_deg": orientation_deg(groups, count, samples.tangent, samples.step_px),
        "tortuosity": _ratio(drawn, chord),
        "confidence": pieces.confidence,
        "bbox_left_px": left,
        "bbox_top_px": top,
        "bbox_right_px": right,
        "bbox_bottom_px": bottom,
        **rose(groups, count, samples.tangent, samples.step_px, length),
    }
    _add_millimetres(values, samples, groups, scale)
    return values


def branch_rows(pieces: Pieces, scale: Scale | None) -> Columns:
    """Return the columns of the branches; `pieces` holds some."""
    samples, branches = pieces.samples, pieces.branches
    count = len(branches.crack)
    groups = samples.branch
    widths = _widths(samples, groups, count)
    first_of_crack = np.searchsorted(branches.crack, branches.crack)
    values: Columns = {
        "crack_id": branches.crack + 1,
        "branch_id": np.arange(count) - first_of_crack + 1,
        "length_px": branches.length_px,
        **widths,
        "area_px2": widths["width_mean_px"] * branches.length_px,
        "angle_deg": orientation_deg(groups, count, samples.tangent, samples.step_px),
        "tortuosity": _ratio(branches.drawn_px, branches.chord_px),
        "confidence": branches.confidence,
        "start_x_px": branches.tips[:, 0],
        "start_y_px": branches.tips[:, 1],
        "end_x_px": branches.tips[:, 2],
        "end_y_px": branches.tips[:, 3],
        "line_px": centre_lines(samples, branches),
    }
    _add_millimetres(values, samples, groups, scale)
    return values


def _widths(samples: Samples, groups: _Integers, count: int) -> Columns:
    found = width_statistics(groups, count, samples.width_px, samples.step_px, ~samples.at_junction)
    widest = _middle(samples, found.widest)
    from_mask = np.bincount(groups, weights=~samples.by_profile, minlength=count) > 0
    return {
        "width_mean_px": found.mean,
        "width_median_px": found.median,
        "width_p95_px": found.p95,
        "width_max_px": found.maximum,
        "width_max_x_px": samples.col[widest] + 0.5,
        "width_max_y_px": samples.row[widest] + 0.5,
        "width_method": np.where(from_mask, MASK, PROFILE).tolist(),
    }


def _middle(samples: Samples, widest: _Integers) -> _Integers:
    """Return the middle of the stretch that is as wide as the widest sample, to a quarter px."""
    last = len(samples.branch) - 1
    least, branch = samples.width_px[widest] - _AS_WIDE_PX, samples.branch[widest]
    ends = []
    for step in (-1, 1):
        end, going = widest.copy(), np.ones(len(widest), dtype=np.bool_)
        for _ in range(_STRETCH):
            beyond = np.clip(end + step, 0, last)
            going &= (samples.branch[beyond] == branch) & (samples.width_px[beyond] >= least)
            end = np.where(going, beyond, end)
        ends.append(end)
    return np.asarray((ends[0] + ends[1]) // 2, dtype=np.int64)


def _add_millimetres(
    values: Columns, samples: Samples, groups: _Integers, scale: Scale | None
) -> None:
    """Add the columns in mm and their deviations, each taken where it lies on the surface."""
    if scale is None:
        return
    names = ("mean", "median", "p95", "max")
    if scale.plane is None:
        values["length_mm"] = values["length_px"] * scale.mm_per_px
        values["area_mm2"] = values["area_px2"] * scale.mm_per_px**2
        for name in names:
            values[f"width_{name}_mm"] = values[f"width_{name}_px"] * scale.mm_per_px
    else:
        count = len(values["length_px"])
        local = scale.at(samples.position, samples.tangent)
        covered = samples.step_px * samples.width_px
        values["length_mm"] = values["length_px"] * weighted_mean(
            groups, count, local.along, samples.step_px
        )
        values["area_mm2"] = values["area_px2"] * weighted_mean(groups, count, local.area, covered)
        found = width_statistics(
            groups,
            count,
            samples.width_px * local.across,
            samples.step_px * local.along,
            ~samples.at_junction,
        )
        for name, numbers in zip(names, found[:4], strict=True):
            values[f"width_{name}_mm"] = numbers
    add_deviations(values, scale.relative_sd)


def method_of(methods: Sequence[str]) -> str:
    """Name the method of several: the mask if any is from the mask, "" of none.

    >>> method_of(["probability", "mask"]), method_of([])
    ('mask', '')
    """
    return MASK if MASK in methods else (PROFILE if methods else "")


def _ratio(drawn: _Floats, chord: _Floats) -> _Floats:
    """Return drawn / chord, at least 1 but for rounding; NaN where there is no chord."""
    ratio = np.full(len(drawn), np.nan)
    np.divide(drawn, chord, out=ratio, where=chord > 0)
    return ratio
