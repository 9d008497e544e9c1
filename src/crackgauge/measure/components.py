"""The cracks of a mask as 8-connected components, found without an array of labels.

Legend: a RUN is a stretch of crack pixels in one row: R runs, C components. Memory goes with R and
not with the pixels, so a mask of 400 megapixels takes its own 400 MB and little more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from crackgauge.arrays import Mask, Window

_Integers = npt.NDArray[np.int64]
_BAND_PX = 4_000_000


@dataclass(frozen=True)
class Components:
    """Components in reading order: by top, left, bottom and right of the bounding box.

    Args:
        row: int64 (R,), the row of each run; runs of one component lie together, from top to
            bottom.
        start: int64 (R,), first column.
        stop: int64 (R,), column after the last.
        first: int64 (C + 1,), the runs of component k are `first[k]:first[k + 1]`.
        area_px2: int64 (C,).
        boxes: int64 (C, 4): top, left, bottom, right, the last two exclusive.
    """

    row: _Integers
    start: _Integers
    stop: _Integers
    first: _Integers
    area_px2: _Integers
    boxes: _Integers

    def __len__(self) -> int:
        return len(self.area_px2)

    def box(self, index: int) -> Window:
        """Return the bounding box of one component."""
        top, left, bottom, right = (int(value) for value in self.boxes[index])
        return Window(top, left, bottom - top, right - left)

    def runs(self, index: int) -> slice:
        """Return where one component's runs are."""
        return slice(int(self.first[index]), int(self.first[index + 1]))

    def pixels(self, index: int) -> tuple[_Integers, _Integers]:
        """Return the rows and columns of one component's pixels, in reading order."""
        runs = self.runs(index)
        lengths = self.stop[runs] - self.start[runs]
        return np.repeat(self.row[runs], lengths), _expand(self.start[runs], lengths)


def find_components(mask: Mask, *, min_area_px2: int) -> Components:
    """Find the 8-connected components of at least `min_area_px2` pixels.

    >>> found = find_components(np.eye(3, dtype=bool), min_area_px2=1)
    >>> len(found), int(found.area_px2[0]), found.box(0)
    (1, 3, Window(row=0, col=0, height=3, width=3))
    """
    row, start, stop = _find_runs(mask)
    labels = _join_runs(row, start, stop, mask.shape[1])
    count = int(labels.max()) + 1 if labels.size else 0
    area = np.bincount(labels, weights=stop - start, minlength=count).astype(np.int64)
    boxes = _boxes(labels, count, row, start, stop)
    kept = np.flatnonzero(area >= min_area_px2)
    kept = kept[np.lexsort((area[kept], *boxes[kept].T[::-1]))]
    rank = np.full(count, -1, dtype=np.int64)
    rank[kept] = np.arange(len(kept))
    of_run = rank[labels]
    order = np.argsort(of_run, kind="stable")
    order = order[np.searchsorted(of_run[order], 0) :]
    return Components(
        row=row[order],
        start=start[order],
        stop=stop[order],
        first=np.searchsorted(of_run[order], np.arange(len(kept) + 1)),
        area_px2=area[kept],
        boxes=boxes[kept],
    )


def _boxes(
    labels: _Integers, count: int, row: _Integers, start: _Integers, stop: _Integers
) -> _Integers:
    top, left = np.full((2, count), np.iinfo(np.int64).max)
    bottom, right = np.zeros((2, count), dtype=np.int64)
    np.minimum.at(top, labels, row)
    np.minimum.at(left, labels, start)
    np.maximum.at(bottom, labels, row + 1)
    np.maximum.at(right, labels, stop)
    return np.stack([top, left, bottom, right], axis=1)


def _find_runs(mask: Mask) -> tuple[_Integers, _Integers, _Integers]:
    height, width = mask.shape
    stride = width + 1
    rows_at_once = max(1, _BAND_PX // stride)
    starts, stops = [], []
    for top in range(0, height, rows_at_once):
        band = mask[top : top + rows_at_once]
        # One False column at the end, so that no run goes on into the next row.
        flat = np.zeros((len(band), stride), dtype=np.int8)
        flat[:, :width] = band
        steps = np.diff(flat.reshape(-1), prepend=np.int8(0))
        starts.append(np.flatnonzero(steps == 1) + top * stride)
        stops.append(np.flatnonzero(steps == -1) + top * stride)
    start, stop = np.concatenate(starts), np.concatenate(stops)
    row = start // stride
    return row, start - row * stride, stop - row * stride


def _join_runs(row: _Integers, start: _Integers, stop: _Integers, width: int) -> _Integers:
    """Number the components: runs of neighbouring rows that touch, diagonally too, are one."""
    stride = width + 2
    start_key, stop_key = row * stride + start, row * stride + stop
    # Runs of the row below that touch run i are low[i]..high[i]: they end at its first column or
    # later and begin at the column after its last or before.
    low = np.searchsorted(stop_key, start_key + stride, side="left")
    high = np.searchsorted(start_key, stop_key + stride, side="right")
    touching = np.maximum(high - low, 0)
    above = np.repeat(np.arange(len(row)), touching)
    below = _expand(low, touching)
    graph = sparse.coo_array(
        (np.ones(len(above), dtype=np.int8), (above, below)), shape=(len(row), len(row))
    )
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def _expand(first: _Integers, lengths: _Integers) -> _Integers:
    """Concatenate `range(first[i], first[i] + lengths[i])`.

    >>> _expand(np.array([5, 9]), np.array([3, 1])).tolist()
    [5, 6, 7, 9]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + lengths, lengths)
