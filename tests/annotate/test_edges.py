from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.annotate.conftest import wavy_crack

from crackgauge.annotate.centre_line import refine
from crackgauge.annotate.edges import find_edges
from crackgauge.annotate.strip import normals, resample, smooth


def band(top: float, bottom: float, shape: tuple[int, int] = (40, 80)) -> np.ndarray:
    """Dark between two heights."""
    rows = np.arange(shape[0])[:, None]
    dark = np.clip(bottom - rows, 0, 1) - np.clip(top - rows, 0, 1)
    grey = (180 - 100 * dark * np.ones((1, shape[1]))).astype(np.float32)
    return cv2.GaussianBlur(grey, (0, 0), 0.6)  # as sharp as a lens draws it


def along(y: float, length: int = 80) -> np.ndarray:
    return np.stack([np.arange(5.5, length - 5), np.full(length - 10, y)], axis=1)


@pytest.mark.parametrize(("top", "bottom"), [(17.0, 21.0), (15.3, 22.6), (18.2, 21.4)])
def test_a_bands_edges_are_where_they_were_drawn(top: float, bottom: float):
    found = find_edges(along((top + bottom) / 2), band(top, bottom), reach_px=10)
    assert found.left[:, 1] == pytest.approx(np.full(70, top), abs=0.15)
    assert found.right[:, 1] == pytest.approx(np.full(70, bottom), abs=0.15)
    assert found.width_px == pytest.approx(np.full(70, bottom - top), abs=0.25)
    assert found.centre[:, 1] == pytest.approx(np.full(70, (top + bottom) / 2), abs=0.12)


def test_backwards_left_and_right_change_places():
    forward = find_edges(along(19.0), band(17.0, 21.0), reach_px=10)
    backward = find_edges(along(19.0)[::-1], band(17.0, 21.0), reach_px=10)
    assert backward.left[::-1] == pytest.approx(forward.right)
    assert backward.right[::-1] == pytest.approx(forward.left)


def test_something_dark_across_is_crossed_straight():
    grey = band(17.0, 21.0)
    grey[:, 38:46] = 80
    found = find_edges(along(19.0), grey, reach_px=10)
    assert found.width_px == pytest.approx(np.full(70, 4.0), abs=0.6)


def test_the_polygon_goes_along_the_left_and_back_along_the_right():
    found = find_edges(along(19.0), band(17.0, 21.0), reach_px=10)
    assert found.polygon.shape == (140, 2)
    assert found.polygon[0] == pytest.approx(found.left[0])
    assert found.polygon[-1] == pytest.approx(found.right[0])


@pytest.mark.parametrize("width_px", [2.5, 4.0, 7.0])
def test_widths_of_a_drawn_crack(width_px: float):
    image, y = wavy_crack(width_px=width_px)
    grey = image[..., 0].astype(np.float32)
    line = resample(np.stack([np.arange(240) + 0.5, y], axis=1)[10:230])
    found = find_edges(line, grey, reach_px=10)
    assert float(found.width_px.mean()) == pytest.approx(width_px, abs=0.2)


def test_a_path_of_pixels_moves_to_the_middle_of_the_crack():
    image, y = wavy_crack()
    x = np.arange(240) + 0.5
    path = np.stack([x, np.floor(y + 1.2) + 0.5], axis=1)[10:230]
    line = refine(path, image[..., 0].astype(np.float32))
    away = np.abs(line[:, 1] - np.interp(line[:, 0], x, y))
    assert away.mean() < 0.3
    assert away.max() < 1.0
    # It begins and ends across from where the path did.
    assert line[[0, -1], 0] == pytest.approx(path[[0, -1], 0], abs=3)


def test_normals_point_to_the_right():
    east = resample(np.array([[0.0, 0.0], [9.0, 0.0]]))
    assert normals(east) == pytest.approx(np.tile([0.0, 1.0], (10, 1)))
    assert smooth(east, 2) == pytest.approx(east)


def test_a_darker_neighbour_is_not_taken_in():
    """Another line 4 px beside, twice as dark: its far edge is the strongest rise of all."""
    crack = 180 - 0.5 * (180 - band(17.0, 21.0))
    crack[:, 40:56] = 180  # a gap, in which there is the neighbour alone
    found = find_edges(along(19.0), np.minimum(crack, band(25.0, 29.0)), reach_px=12)
    assert found.width_px == pytest.approx(np.full(70, 4.0), abs=0.3)
