from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from skan.csr import Skeleton
from skimage.morphology import skeletonize

from crackgauge.measure.graph import walk_paths

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=14))


def drawn(text: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in line] for line in text.split()])


def pixels_of(skeleton: np.ndarray) -> list[list[tuple[int, int]]]:
    paths = walk_paths(skeleton)
    places = list(zip(paths.row.tolist(), paths.col.tolist(), strict=True))
    bounds = paths.first.tolist()
    return [places[a:b] for a, b in itertools.pairwise(bounds)]


def test_a_line_is_one_path_from_end_to_end():
    assert pixels_of(drawn(".... ###. ...#")) == [[(1, 0), (1, 1), (1, 2), (2, 3)]]


def test_a_fork_is_three_paths_that_share_the_junction():
    paths = pixels_of(drawn("#...# .#.#. ..#.. ..#.."))
    assert paths == [
        [(0, 0), (1, 1), (2, 2)],
        [(0, 4), (1, 3), (2, 2)],
        [(2, 2), (3, 2)],
    ]


def test_a_ring_ends_where_it_begins():
    (ring,) = pixels_of(drawn(".#. #.# .#."))
    assert ring == [(0, 1), (1, 0), (2, 1), (1, 2), (0, 1)]
    assert walk_paths(drawn(".#. #.# .#.")).start_degree.tolist() == [2]


def test_single_pixels_come_last():
    paths = walk_paths(drawn("#.... ..... ...##"))
    assert np.diff(paths.first).tolist() == [2, 1]
    assert paths.start_degree.tolist() == [1, 0]


def test_the_corner_of_a_junction_is_no_ring():
    # The pixels around the crossing touch each other; four links join all five.
    paths = walk_paths(drawn("..#.. ..#.. ##### ..#.. ..#.."))
    assert np.diff(paths.first).tolist() == [3, 3, 3, 3]


def test_an_empty_skeleton_has_no_path():
    assert walk_paths(np.zeros((3, 3), bool)).first.tolist() == [0]


@settings(deadline=None)  # skan compiles itself at its first use
@given(mask=MASKS)
def test_paths_equal_those_of_skan(mask: np.ndarray):
    skeleton = skeletonize(mask, method="lee").astype(bool)
    ours = [path for path in pixels_of(skeleton) if len(path) > 1]
    if not ours:
        return  # skan fails where there are single pixels alone
    graph = Skeleton(skeleton, keep_images=False)
    theirs = [
        [tuple(place) for place in graph.path_coordinates(index).astype(int).tolist()]
        for index in range(graph.n_paths)
    ]
    assert sorted(min(p, p[::-1]) for p in ours) == sorted(min(p, p[::-1]) for p in theirs)
