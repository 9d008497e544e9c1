"""The graph of a skeleton's pixels, walked from end to end.

Legend: N skeleton pixels, P paths with S pixels in all. Pixels are linked to their eight
neighbours. Where pixels with three or more neighbours touch, the links between them are thinned to
a minimum spanning tree, so that the corner of a junction is not taken for a ring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from crackgauge.arrays import Mask

_Integers = npt.NDArray[np.int64]

# Half of the eight neighbours: the other half sees the same links from the other side.
_FORWARD = ((0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Paths:
    """The paths of a skeleton: between ends and junctions, then closed rings, then single pixels.

    Args:
        row: int64 (S,), the pixels in the order of the walk; paths that meet share the pixel at
            the junction, and a ring ends with the pixel it begins with.
        col: int64 (S,).
        first: int64 (P + 1,), the samples of path k are `first[k]:first[k + 1]`.
        start_degree: int64 (P,), how many neighbours the first pixel has in the skeleton: 0 for a
            skeleton of one pixel, 1 at a free end, 2 in a closed ring, 3 and more at a junction.
        end_degree: int64 (P,).
    """

    row: _Integers
    col: _Integers
    first: _Integers
    start_degree: _Integers
    end_degree: _Integers

    @property
    def of_sample(self) -> _Integers:
        """The path of each sample, int64 (S,)."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    @property
    def last(self) -> _Integers:
        """The last sample of each path, int64 (P,)."""
        return self.first[1:] - 1


def walk_paths(skeleton: Mask) -> Paths:
    """Cut a skeleton into paths at its ends and junctions.

    Args:
        skeleton: bool (H, W), one pixel wide.

    >>> cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    >>> paths = walk_paths(cross)
    >>> np.diff(paths.first).tolist(), paths.start_degree.tolist(), paths.end_degree.tolist()
    ([2, 2, 2, 2], [1, 1, 4, 4], [4, 4, 1, 1])
    """
    row, col = np.nonzero(skeleton)
    links = _thin_junctions(_link_neighbours(skeleton, row, col))
    degree = np.diff(links.indptr).astype(np.int64)
    walked = _walk(links.indptr.tolist(), links.indices.tolist(), degree.tolist())
    pixels = np.array([pixel for path in walked for pixel in path], dtype=np.int64)
    first = np.cumsum([0, *map(len, walked)], dtype=np.int64)
    return Paths(
        row[pixels],
        col[pixels],
        first,
        degree[pixels[first[:-1]]],
        degree[pixels[first[1:] - 1]],
    )


def _link_neighbours(skeleton: Mask, row: _Integers, col: _Integers) -> sparse.csr_array:
    """Link each pixel to its neighbours, symmetric (N, N), with their distances."""
    count = len(row)
    number = np.full(tuple(size + 2 for size in skeleton.shape), -1, dtype=np.int32)
    number[row + 1, col + 1] = np.arange(count)
    froms, tos, lengths = [], [], []
    for down, right in _FORWARD:
        neighbour = number[row + 1 + down, col + 1 + right]
        there = np.flatnonzero(neighbour >= 0)
        froms.append(there)
        tos.append(neighbour[there])
        lengths.append(np.full(len(there), np.hypot(down, right)))
    ends = np.concatenate(froms), np.concatenate(tos)
    links = sparse.coo_array((np.concatenate(lengths), ends), shape=(count, count)).tocsr()
    return sparse.csr_array(links + links.T)


def _thin_junctions(links: sparse.csr_array) -> sparse.csr_array:
    every = links.tocoo()
    junction = np.diff(links.indptr) >= 3
    between = junction[every.row] & junction[every.col]

    def part(chosen: npt.NDArray[np.bool_]) -> sparse.csr_array:
        ends = every.row[chosen], every.col[chosen]
        return sparse.coo_array((every.data[chosen], ends), shape=every.shape).tocsr()

    tree = csgraph.minimum_spanning_tree(part(between))
    thinned = sparse.csr_array(part(~between) + tree + tree.T)
    thinned.sort_indices()
    return thinned


def _walk(pointers: list[int], neighbours: list[int], degree: list[int]) -> list[list[int]]:
    """Follow the links; plain lists, because single items of arrays are slow to take."""
    walked: list[list[int]] = []
    visited = [False] * len(degree)

    def follow(start: int, onward: int) -> None:
        path = [start, onward]
        before = start
        while degree[onward] == 2 and onward != start:
            visited[onward] = True
            one, other = neighbours[pointers[onward] : pointers[onward + 1]]
            before, onward = onward, other if one == before else one
            path.append(onward)
        walked.append(path)

    for start, links in enumerate(degree):
        if links in (0, 2):
            continue
        for onward in neighbours[pointers[start] : pointers[start + 1]]:
            # A path is met from both of its ends: its inner pixels tell, or the order of the two.
            if not visited[onward] and (degree[onward] == 2 or start < onward):
                follow(start, onward)
    for start, links in enumerate(degree):
        if links == 2 and not visited[start]:
            visited[start] = True
            follow(start, neighbours[pointers[start]])
    walked.extend([start] for start, links in enumerate(degree) if links == 0)
    return walked
