"""Two visits to one place: which cracks are new, gone, grown, shrunk, unchanged.

Legend: the cracks of both visits are laid over each other in the frame of the image after, as
samples of their centre lines. A sample of one visit is SEEN AGAIN where a centre line of the other
runs within reach. Cracks that see a good part of each other are one GROUP: a crack that was marked
as two pieces on one day and as one on the other is compared as a whole. Only what both images show
is compared.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse, spatial
from scipy.sparse import csgraph

from crackgauge.measure.columns import Kind, as_frame
from crackgauge.measure.registration import Registration, move
from crackgauge.measure.uncertainty import (
    LENGTH_SD_SHARE,
    PROFILE,
    WIDTH_MAX_SD_PX,
    WIDTH_MEAN_SD_PX,
)
from crackgauge.measure.visit_samples import Samples, Visit, sample_lines

if TYPE_CHECKING:
    import pandas as pd

_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

STATUSES = ("new", "grown", "unchanged", "shrunk", "gone", "uncertain", "outside")

CHANGE_COLUMNS: dict[str, Kind] = {
    "image_before": "str",
    "image_after": "str",
    "change_id": "int",
    "status": "str",
    "reason": "str",
    "cracks_before": "str",
    "cracks_after": "str",
    "x_px": "float",
    "y_px": "float",
    **{
        f"{name}_{unit}": "float"
        for unit in ("px", "mm")
        for measure in ("length", "width_mean", "width_max")
        for name in (
            f"{measure}_before",
            f"{measure}_after",
            f"{measure}_change",
            f"{measure}_change_sd",
        )
    },
}

# A line is seen again within so much, besides half a width and twice the registration's error.
REACH_PX = 6.0
# Cracks belong together where at least so much of the shorter is seen again along the longer.
_LEAST_SHARE = 0.25
# Of a crack at least so much must lie within both images.
LEAST_LENGTH_PX = 5.0
# A change counts beyond so many standard deviations.
DEVIATIONS = 2.5
# Two photographs of one crack that has not changed differ by more than what one photograph is
# misread by: light and sharpness move what is marked. Standard deviations, see docs/compare.md.
VISIT_WIDTH_MEAN_SD_PX = 0.6
VISIT_WIDTH_MAX_SD_PX, VISIT_WIDTH_MAX_SD_SHARE = 0.7, 0.2
# Pieces of a crack are missed one by one, so the length goes by the root of what there is.
VISIT_LENGTH_SD_PX, VISIT_LENGTH_SD_ROOT_PX = 4.0, 1.6


class _Pair(NamedTuple):
    """Both visits in one frame."""

    visits: tuple[Visit, Visit]
    samples: tuple[Samples, Samples]
    again: tuple[_Flags, _Flags]
    in_mm: bool


def compare_visits(before: Visit, after: Visit, registration: Registration) -> pd.DataFrame:
    """Compare the cracks of two images of one place.

    Length is what lies within both images; widths are those of the stretch that is seen again, so
    that a thin tip that has grown does not make the mean width fall. In mm where both images have
    a scale, otherwise in px of the image after. A change counts beyond `DEVIATIONS` standard
    deviations of the two measures, of the scales, and of what two photographs of an unchanged
    crack differ by. `grown`: longer or wider; `shrunk`: shorter or narrower and neither longer nor
    wider; `uncertain`: new or gone, but too short to count; `outside`: not within both images.

    Args:
        before: the earlier visit.
        after: the later visit.
        registration: from the earlier image to the later.

    Returns:
        One row a group, `CHANGE_COLUMNS` with the names of the images left empty: first those with
        cracks after, in the order of their ids. `x_px`, `y_px` is the middle of the group in the
        image after.
    """
    pair = _lay_over(before, after, registration)
    groups = _group(pair, before, after)
    rows = [_row(pair, number, *ids) for number, ids in enumerate(groups, start=1)]
    return as_frame(rows, CHANGE_COLUMNS)


def _lay_over(before: Visit, after: Visit, registration: Registration) -> _Pair:
    earlier = sample_lines(before, registration.matrix)
    later = sample_lines(after, np.eye(3))
    back = np.asarray(np.linalg.inv(registration.matrix), dtype=np.float64)
    earlier = earlier.where(_within(earlier.place, after))
    later = later.where(_within(move(back, later.place), before))
    reach = REACH_PX + 2 * registration.error_px
    again = _seen_again(earlier, later, reach), _seen_again(later, earlier, reach)
    in_mm = before.mm_per_px is not None and after.mm_per_px is not None
    return _Pair((before, after), (earlier, later), again, in_mm)


def _within(place: _Floats, visit: Visit) -> _Flags:
    inside = (place >= 0).all(axis=1)
    return np.asarray(inside & (place <= (visit.width_px, visit.height_px)).all(axis=1))


def _seen_again(ones: Samples, others: Samples, reach_px: float) -> _Flags:
    distance, nearest = _nearest(ones, others)
    if not len(others.place):
        return np.zeros(len(ones.place), dtype=np.bool_)
    half = np.maximum(ones.width_px, others.width_px[nearest]) / 2
    return np.asarray(distance <= reach_px + half)


def _nearest(ones: Samples, others: Samples) -> tuple[_Floats, npt.NDArray[np.int64]]:
    if not len(others.place) or not len(ones.place):
        return np.full(len(ones.place), np.inf), np.zeros(len(ones.place), dtype=np.int64)
    distance, nearest = spatial.cKDTree(others.place).query(ones.place)
    return np.asarray(distance), np.asarray(nearest, dtype=np.int64)


def _group(pair: _Pair, before: Visit, after: Visit) -> list[tuple[list[int], list[int]]]:
    """Return the ids before and after of each group."""
    ids = [visit.cracks["crack_id"].to_numpy(np.int64) for visit in (before, after)]
    lengths = [
        {int(crack): float(samples.step_px[samples.crack == crack].sum()) for crack in known}
        for samples, known in zip(pair.samples, ids, strict=True)
    ]
    links: set[tuple[int, int]] = set()
    for turn in (0, 1):
        ones, others = pair.samples[turn], pair.samples[1 - turn]
        nearest = _nearest(ones, others)[1]
        seen = pair.again[turn]
        shared: dict[tuple[int, int], float] = {}
        for own, at, step in zip(
            ones.crack[seen].tolist(), nearest[seen].tolist(), ones.step_px[seen], strict=True
        ):
            other = int(others.crack[at])
            key = (own, other) if turn == 0 else (other, own)
            shared[key] = shared.get(key, 0.0) + float(step)
        links |= {
            (one, other)
            for (one, other), length in shared.items()
            if length >= _LEAST_SHARE * min(lengths[0][one], lengths[1][other])
        }
    return _components(ids[0].tolist(), ids[1].tolist(), links)


def _components(
    before: list[int], after: list[int], links: set[tuple[int, int]]
) -> list[tuple[list[int], list[int]]]:
    at = {crack: index for index, crack in enumerate(before)}
    at_after = {crack: len(before) + index for index, crack in enumerate(after)}
    count = len(before) + len(after)
    ordered = sorted(links)
    ends = [at[one] for one, _ in ordered], [at_after[other] for _, other in ordered]
    graph = sparse.coo_array((np.ones(len(ordered)), ends), shape=(count, count))
    labels = csgraph.connected_components(graph, directed=False)[1] if count else np.empty(0)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    # Cracks after come first, so that new and grown ones stand in the order of the later tables.
    for crack in after:
        groups.setdefault(int(labels[at_after[crack]]), ([], []))[1].append(crack)
    for crack in before:
        groups.setdefault(int(labels[at[crack]]), ([], []))[0].append(crack)
    return list(groups.values())


def _row(pair: _Pair, number: int, before: list[int], after: list[int]) -> dict[str, Any]:
    own = [
        np.isin(samples.crack, ids)
        for samples, ids in zip(pair.samples, (before, after), strict=True)
    ]
    row: dict[str, Any] = {
        "image_before": "",
        "image_after": "",
        "change_id": number,
        "cracks_before": " ".join(map(str, before)),
        "cracks_after": " ".join(map(str, after)),
    }
    turn = 1 if own[1].any() or not own[0].any() else 0
    place = pair.samples[turn].place[own[turn]]
    row["x_px"], row["y_px"] = place[_middle(place)] if len(place) else (math.nan, math.nan)
    for unit in ("px", "mm") if pair.in_mm else ("px",):
        row |= _measures(pair, own, unit)
    row["status"], row["reason"] = _judge(pair, row, before, after, own)
    return row


def _middle(place: _Floats) -> int:
    """Return the sample nearest to the mean, so that it lies on the crack."""
    return int(np.hypot(*(place - place.mean(axis=0)).T).argmin())


def _measures(pair: _Pair, own: list[_Flags], unit: str) -> dict[str, float]:
    """Return length and widths before and after, their changes and how well those are known."""
    found: dict[str, float] = {}
    relative, per_px, zoom = [], [], []
    for when, visit, samples, chosen, seen in zip(
        ("before", "after"), pair.visits, pair.samples, own, pair.again, strict=True
    ):
        step = getattr(samples, f"step_{unit}")
        width = getattr(samples, f"width_{unit}")
        total_px = float(samples.step_px[chosen].sum())
        found[f"length_{when}_{unit}"] = float(step[chosen].sum())
        # Where nothing is seen again, as of a new crack, the widths are its own.
        both = chosen & seen if (chosen & seen).any() else chosen
        weight = samples.step_px[both]
        known = len(weight) > 0 and weight.sum() > 0
        mean = float((width[both] * weight).sum() / weight.sum()) if known else math.nan
        found[f"width_mean_{when}_{unit}"] = mean
        found[f"width_max_{when}_{unit}"] = float(width[both].max()) if known else math.nan
        scale = visit.mm_per_px or 1.0
        relative.append(visit.mm_per_px_sd / scale if unit == "mm" else 0.0)
        per_px.append(float(step[chosen].sum()) / total_px if total_px else math.nan)
        zoom.append(float(samples.zoom[chosen].mean()) if chosen.any() else 1.0)
    # How large a px after is in the unit, from the visit that has the group.
    size = per_px[1] if not math.isnan(per_px[1]) else per_px[0]
    for name in ("length", "width_mean", "width_max"):
        earlier, later = found[f"{name}_before_{unit}"], found[f"{name}_after_{unit}"]
        found[f"{name}_change_{unit}"] = later - earlier
        spread = _spread_px(pair, name, zoom, (earlier / size, later / size)) * size
        of_scale = math.hypot(earlier * relative[0], later * relative[1])
        found[f"{name}_change_sd_{unit}"] = math.hypot(spread, of_scale)
    return found


def _spread_px(pair: _Pair, name: str, zoom: list[float], values: tuple[float, float]) -> float:
    """Return the standard deviation of a change in px after, but for the scales."""
    if name == "length":
        parts = [LENGTH_SD_SHARE * value for value in values]
        return math.hypot(*parts, _visit_length_sd_px(max(values)))
    table, visit = WIDTH_MEAN_SD_PX, VISIT_WIDTH_MEAN_SD_PX
    if name == "width_max":
        table = WIDTH_MAX_SD_PX
        visit = math.hypot(VISIT_WIDTH_MAX_SD_PX, VISIT_WIDTH_MAX_SD_SHARE * max(values))
    own = [
        max((table.get(method, 0.0) for method in each.cracks["width_method"]), default=0.0)
        if "width_method" in each.cracks.columns
        else table[PROFILE]
        for each in pair.visits
    ]
    return math.hypot(own[0] * zoom[0], own[1] * zoom[1], visit)


def _judge(
    pair: _Pair, row: dict[str, Any], before: list[int], after: list[int], own: list[_Flags]
) -> tuple[str, str]:
    """Return status and reason."""
    here = [
        float(samples.step_px[flags].sum()) >= LEAST_LENGTH_PX
        for samples, flags in zip(pair.samples, own, strict=True)
    ]
    if not any(here):
        return "outside", "not within both images"
    if not all(here):
        return _judge_alone(row, before, after)
    unit = "mm" if pair.in_mm else "px"
    grown: list[str] = []
    shrunk: list[str] = []
    for name, longer, shorter in (
        ("length", "longer", "shorter"),
        ("width_mean", "wider in the mean", "narrower in the mean"),
        ("width_max", "wider at the widest spot", "narrower at the widest spot"),
    ):
        change, deviation = row[f"{name}_change_{unit}"], row[f"{name}_change_sd_{unit}"]
        if math.isnan(change) or abs(change) <= DEVIATIONS * deviation:
            continue
        words = f"{abs(change):.3g} ± {deviation:.2g} {unit} {longer if change > 0 else shorter}"
        (grown if change > 0 else shrunk).append(words)
    if grown:
        return "grown", "; ".join(grown + shrunk)
    if shrunk:
        return "shrunk", "; ".join(shrunk)
    return "unchanged", f"no change beyond {DEVIATIONS:g} standard deviations"


def _judge_alone(row: dict[str, Any], before: list[int], after: list[int]) -> tuple[str, str]:
    """Return status and reason of cracks that one visit alone has within both images."""
    if before and after:
        return "outside", "all but its end is not within both images"
    status, when = ("new", "before") if after else ("gone", "after")
    length_px = max(row["length_before_px"], row["length_after_px"])
    if length_px <= DEVIATIONS * _visit_length_sd_px(length_px):
        return "uncertain", f"{status}, but so short that one of two photographs may miss it"
    return status, f"no crack there {when}"


def _visit_length_sd_px(length_px: float) -> float:
    return math.hypot(VISIT_LENGTH_SD_PX, VISIT_LENGTH_SD_ROOT_PX * math.sqrt(max(length_px, 0.0)))
