from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from crackgauge.arrays import Window
from crackgauge.measure import components as components_module
from crackgauge.measure.components import find_components

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))


def drawn(text: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in line] for line in text.split()])


def test_diagonal_neighbours_are_one_component():
    found = find_components(drawn("#.. .#. ..#"), min_area_px2=1)
    assert len(found) == 1
    assert found.area_px2.tolist() == [3]
    assert found.box(0) == Window(0, 0, 3, 3)


def test_a_gap_of_one_pixel_separates():
    found = find_components(drawn("##.## ##.##"), min_area_px2=1)
    assert found.boxes.tolist() == [[0, 0, 2, 2], [0, 3, 2, 5]]


def test_a_row_does_not_touch_the_next_one_around_the_border():
    assert len(find_components(drawn("..# ... #.."), min_area_px2=1)) == 2
    assert len(find_components(drawn("..## #..."), min_area_px2=1)) == 2


def test_components_come_by_the_top_and_then_the_left_of_their_boxes():
    found = find_components(drawn("...## ##... ..... ..#.."), min_area_px2=1)
    assert found.boxes[:, :2].tolist() == [[0, 3], [1, 0], [3, 2]]


def test_small_components_are_left_out_and_the_others_keep_their_pixels():
    found = find_components(drawn("#.... ...## ..##. #...."), min_area_px2=2)
    assert found.area_px2.tolist() == [4]
    rows, cols = found.pixels(0)
    assert list(zip(rows.tolist(), cols.tolist(), strict=True)) == [(1, 3), (1, 4), (2, 2), (2, 3)]


def test_an_empty_mask_has_none():
    assert len(find_components(np.zeros((3, 4), dtype=bool), min_area_px2=1)) == 0


def test_bands_of_rows_do_not_cut_a_component(monkeypatch):
    monkeypatch.setattr(components_module, "_BAND_PX", 1)
    assert find_components(np.ones((5, 3), dtype=bool), min_area_px2=1).area_px2.tolist() == [15]


@settings(max_examples=200, deadline=None)
@given(MASKS)
def test_pixels_agree_with_an_independent_labelling(mask):
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    expected = {frozenset(zip(*np.nonzero(labels == k + 1), strict=True)) for k in range(count)}
    found = find_components(mask, min_area_px2=1)
    got = {frozenset(zip(*found.pixels(k), strict=True)) for k in range(len(found))}
    assert got == expected
