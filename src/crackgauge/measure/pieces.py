"""What is measured of the components of a mask, before they are put together to cracks.

A mask above the memory is measured in parts. Pieces hold what the parts need to know of each
other, in the whole image's px, so that cracks can be bridged, numbered and scaled once.

Legend: C components, B branches, N samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from crackgauge.arrays import Mask, Probability, Window
from crackgauge.measure.branches import Branches, Samples, concatenate, gather, sort_branches
from crackgauge.measure.bridging import Bridging, FreeEnds, bridge
from crackgauge.measure.components import Components, find_components
from crackgauge.measure.profile import Profile
from crackgauge.measure.sheets import pack
from crackgauge.measure.statistics import weighted_mean

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pieces:
    """The components of a mask, or the cracks that they were put together to.

    Args:
        samples: sorted by branch.
        branches: sorted by component, then by place.
        area_px2: int64 (C,), pixels.
        boxes: int64 (C, 4): top, left, bottom, right, the last two exclusive.
        confidence: float64 (C,), mean probability of the pixels; NaN where there is none.
        gap_px: float64 (C,), total of the gaps that were bridged within it.
    """

    samples: Samples
    branches: Branches
    area_px2: _Integers
    boxes: _Integers
    confidence: _Floats
    gap_px: _Floats

    def __len__(self) -> int:
        return len(self.area_px2)

    def moved(self, window: Window) -> Pieces:
        """Return the pieces of a part in px of the whole image."""
        places = np.tile([window.col, window.row], 2)
        pixels = places[::-1]
        samples, branches = self.samples, self.branches
        return replace(
            self,
            samples=replace(
                samples,
                row=samples.row + window.row,
                col=samples.col + window.col,
                position=samples.position + places[:2],
            ),
            branches=replace(
                branches,
                ends=branches.ends + places,
                tips=branches.tips + places,
                nodes=branches.nodes + pixels,
            ),
            boxes=self.boxes + pixels,
        )


def measure_pieces(
    mask: Mask, *, probability: Probability | None, threshold: float, min_area_px2: int
) -> Pieces:
    """Find and measure the components of a mask.

    Args:
        mask: bool (H, W).
        probability: float32 (H, W), or None.
        threshold: from which on the mask is crack.
        min_area_px2: components of fewer pixels are left out.
    """
    components = find_components(mask, min_area_px2=min_area_px2)
    if not len(components):
        return _nothing()
    profile = None if probability is None else Profile(probability, threshold)
    samples, branches = gather(pack(components), components, profile)
    return Pieces(
        samples,
        branches,
        components.area_px2,
        components.boxes,
        _confidence(components, probability),
        np.zeros(len(components)),
    )


def put_together(parts: Sequence[Pieces], bridging: Bridging) -> Pieces:
    """Join the pieces of one image, bridge gaps, and sort the cracks in reading order.

    Args:
        parts: in px of the whole image.
        bridging: up to where gaps are bridged.

    Returns:
        Pieces whose components are cracks, by top, left, bottom and right of the bounding box.
    """
    if not any(len(part) for part in parts):
        return _nothing()
    every = _join([part for part in parts if len(part)])
    found = bridge(_free_ends(every.branches), len(every), bridging)
    count = int(found.crack.max()) + 1
    boxes = np.empty((count, 4), dtype=np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    boxes[:, 2:] = 0
    np.minimum.at(boxes[:, :2], found.crack, every.boxes[:, :2])
    np.maximum.at(boxes[:, 2:], found.crack, every.boxes[:, 2:])
    weights = every.area_px2.astype(np.float64)
    area = np.bincount(found.crack, weights=weights, minlength=count).astype(np.int64)
    order = np.lexsort((area, *boxes.T[::-1]))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    crack = rank[found.crack]
    branches = replace(every.branches, crack=crack[every.branches.crack])
    return Pieces(
        *sort_branches(every.samples, branches),
        area[order],
        boxes[order],
        weighted_mean(crack, count, every.confidence, weights),
        np.bincount(crack, weights=found.gap_px, minlength=count).astype(np.float64),
    )


def loops(branches: Branches, count: int) -> _Integers:
    """Count the closed loops in the graph of each of `count` cracks, int64 (C,).

    In each connected part of a graph there are branches - nodes + 1; a branch of a single pixel
    is a node alone.
    """
    keys = np.column_stack([np.repeat(branches.crack, 2), branches.nodes.reshape(-1, 2)])
    nodes, found = np.unique(keys, axis=0, return_inverse=True)
    start, end = found.reshape(-1, 2).T
    shape = (len(nodes), len(nodes))
    graph = sparse.coo_array((np.ones(len(start)), (start, end)), shape).tocsr()
    _, labels = csgraph.connected_components(graph, directed=False)
    parts = nodes[np.unique(labels, return_index=True)[1], 0]
    edges = branches.crack[branches.drawn_px > 0]
    tally = [np.bincount(cracks, minlength=count) for cracks in (edges, nodes[:, 0], parts)]
    return np.asarray(tally[0] - tally[1] + tally[2], dtype=np.int64)


def _free_ends(branches: Branches) -> FreeEnds:
    outward = branches.outward.reshape(-1, 2)
    free = outward.any(axis=1)
    crack = np.repeat(branches.crack, 2)
    return FreeEnds(crack[free], branches.tips.reshape(-1, 2)[free], outward[free])


def _join(parts: Sequence[Pieces]) -> Pieces:
    samples, branches = [], []
    components = count = 0
    for part in parts:
        samples.append(replace(part.samples, branch=part.samples.branch + count))
        branches.append(replace(part.branches, crack=part.branches.crack + components))
        components += len(part)
        count += len(part.branches.crack)
    rest = [item.name for item in fields(Pieces) if item.name not in ("samples", "branches")]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in rest}
    return Pieces(concatenate(Samples, samples), concatenate(Branches, branches), **arrays)


def _confidence(components: Components, probability: Probability | None) -> _Floats:
    if probability is None:
        return np.full(len(components), np.nan)
    return np.array(
        [
            probability[components.pixels(index)].mean(dtype=np.float64)
            for index in range(len(components))
        ]
    )


def _nothing() -> Pieces:
    none, whole = np.empty(0), np.empty(0, dtype=np.int64)
    pairs, four, boxes = np.empty((0, 2)), np.empty((0, 4)), np.empty((0, 4), dtype=np.int64)
    flags = np.empty(0, dtype=np.bool_)
    samples = Samples(whole, whole, whole, none, none, flags, pairs, pairs, flags)
    branches = Branches(whole, none, none, none, four, four, four, boxes, none)
    return Pieces(samples, branches, whole, boxes, none, none)
