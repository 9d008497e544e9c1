"""The pictures that tracing is measured on show what they say."""

from __future__ import annotations

import numpy as np
from benchmarks.traced_scenes import crossed_scene, parallel_scene

BESIDE = np.array([0.0, 14.0])


def darkness(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The grey below the ground at points (x, y)."""
    col, row = np.floor(points).astype(int).T
    return 170.0 - image[row, col, 0]


def test_a_crack_is_dark_from_end_to_end_and_bars_are_darker() -> None:
    scene = crossed_scene(0, side_px=200, bars=2)
    along = darkness(scene.image, scene.crack.points)
    assert np.median(along) > 40
    assert (along > 20).mean() > 0.98
    bars = darkness(scene.image, np.array([scene.at(0.25), scene.at(0.75)]))
    assert bars.min() > 55
    assert scene.ends[0][0] == 30.0


def test_a_gap_is_as_light_as_the_ground_and_the_line_beside_it_goes_on() -> None:
    scene = parallel_scene(0, gaps=(0.5,), gap_px=20, along=(0.2, 0.8), side_px=300)
    points = scene.crack.points
    gap = np.abs(points[:, 0] - 150) < 7
    assert abs(np.median(darkness(scene.image, points[gap]))) < 10
    assert np.median(darkness(scene.image, points[gap] + BESIDE)) > 50
    assert abs(np.median(darkness(scene.image, points[:30] + BESIDE))) < 10
    assert scene.mask[np.floor(points[gap, 1]).astype(int), 150].any()
