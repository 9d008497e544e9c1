"""Outlines of masks: countable ones, and that filling them gives the mask again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crackgauge.labels import draw_shapes
from crackgauge.labels.outlines import outline

EIGHT = np.ones((3, 3))


def mask_of(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_an_l_has_six_corners():
    (found,) = outline(mask_of("#.", "##"), row=10, col=20, label="crack")
    assert found.points == (
        (20.0, 10.0),
        (21.0, 10.0),
        (21.0, 11.0),
        (22.0, 11.0),
        (22.0, 12.0),
        (20.0, 12.0),
    )
    assert (found.label, found.holes) == ("crack", ())


def test_a_hole_goes_with_the_area_around_it():
    found = outline(mask_of("###..", "#.#.#", "###.."))
    assert [len(polygon.holes) for polygon in found] == [1, 0]
    assert sorted(found[0].holes[0]) == [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0)]


def test_an_area_in_a_hole_keeps_its_own_holes():
    ring = np.ones((9, 9), np.bool_)
    ring[1:8, 1:8] = False
    ring[3:6, 3:6] = True
    ring[4, 4] = False
    assert [len(polygon.holes) for polygon in outline(ring)] == [1, 1]


def test_an_oblique_crack_is_one_polygon():
    (found,) = outline(np.eye(4, dtype=bool))
    assert len(found.points) == 16
    assert np.array_equal(draw_shapes([found], 4, 4), np.eye(4, dtype=bool))


def test_nothing_has_no_outline():
    assert outline(np.zeros((3, 3), np.bool_)) == []


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_filling_gives_the_mask_again(height: int, width: int, data: st.DataObject):
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits).reshape(height, width)
    polygons = outline(mask)
    assert np.array_equal(draw_shapes(polygons, height, width), mask)
    assert len(polygons) == ndimage.label(mask, EIGHT)[1]
    grounds = ndimage.label(np.pad(~mask, 1, constant_values=True))[1]
    assert sum(len(polygon.holes) for polygon in polygons) == grounds - 1


@pytest.mark.parametrize("seed", [0, 1])
def test_a_larger_one(seed: int):
    noise = np.random.default_rng(seed).random((200, 300))
    mask = ndimage.gaussian_filter(noise, 2) > 0.5
    assert np.array_equal(draw_shapes(outline(mask), 200, 300), mask)
