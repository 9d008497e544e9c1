from __future__ import annotations

import cv2
import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure.registration import local_zoom, move, register_images, same_frame


def textured(seed: int, height: int = 400, width: int = 500) -> np.ndarray:
    """A wall with stains of many sizes."""
    rng = np.random.default_rng(seed)
    wall = np.zeros((height, width))
    for sigma in (1.5, 3, 6, 12):
        noise = cv2.GaussianBlur(rng.normal(size=(height, width)), None, sigma)
        wall += noise / noise.std()
    grey = np.clip(128 + 25 * wall, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def seen_from(image: np.ndarray, matrix: np.ndarray, height: int, width: int) -> np.ndarray:
    """Warp with a homography of places whose pixel corners are at integers."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centres = np.linalg.inv(half) @ matrix @ half
    return cv2.warpPerspective(image, centres, (width, height), flags=cv2.INTER_LINEAR)


TURNED = np.array([[0.96, -0.2, 60.0], [0.2, 0.96, -30.0], [1e-4, -5e-5, 1.0]])


@pytest.mark.parametrize(
    "matrix", [np.eye(3), np.diag([1.4, 1.4, 1.0]), TURNED], ids=["same", "nearer", "turned"]
)
def test_a_known_homography_is_found(matrix):
    before = textured(1)
    after = seen_from(before, matrix, 420, 520)
    after = np.clip(after * 0.7 + 25, 0, 255).astype(np.uint8)  # another light
    found = register_images(before, after)
    corners = np.array([[50, 50], [450, 50], [450, 350], [50, 350]], dtype=np.float64)
    apart = np.hypot(*(move(found.matrix, corners) - move(matrix, corners)).T)
    assert apart.max() < 1
    assert found.method == "features"
    assert found.inliers >= 100
    assert found.error_px < 1.5


def test_large_images_are_registered_in_their_own_pixels():
    small = textured(2, 300, 400)
    before = cv2.resize(small, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    found = register_images(before, small)
    assert np.abs(found.matrix - np.diag([1 / 6, 1 / 6, 1])).max() < 1


def test_two_places_are_refused_with_the_count():
    with pytest.raises(UsageError, match=r"only \d+ points .* expected 20 or more"):
        register_images(textured(1), textured(7))


def test_nothing_to_see_is_refused():
    with pytest.raises(UsageError, match="only 0 points"):
        register_images(np.full((200, 200, 3), 90, np.uint8), textured(1))


def test_a_mirrored_view_is_refused():
    before = textured(1)
    with pytest.raises(UsageError, match=r"only|no camera has"):
        register_images(before, before[:, ::-1].copy())


def test_the_zoom_of_a_view_is_the_root_of_the_area():
    matrix = TURNED
    at = np.array([[100.0, 200.0]])
    square = at + np.array([[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01]])
    corners = move(matrix, square)
    x, y = corners.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert local_zoom(matrix, at)[0] == pytest.approx(np.sqrt(area) / 0.01, rel=1e-3)
    assert np.isnan(local_zoom(np.diag([-1.0, 1, 1]), at))


def test_the_same_frame_moves_nothing():
    places = np.array([[3.0, 4.0]])
    assert move(same_frame().matrix, places).tolist() == places.tolist()
