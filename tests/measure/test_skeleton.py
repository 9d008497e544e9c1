from __future__ import annotations

import cv2
import numpy as np
import pytest

from crackgauge.measure.skeleton import CentreLines, running_mean, trace


def lines_of(mask: np.ndarray) -> CentreLines:
    distance = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return trace(mask, distance)


def test_running_mean_keeps_the_ends_and_does_not_cross_paths():
    values = np.array([0.0, 3.0, 6.0, 100.0, 200.0])
    first = np.array([0, 3, 5])
    assert running_mean(values, first, half=5).tolist() == [0.0, 3.0, 6.0, 100.0, 200.0]
    bent = np.array([[0.0, 0.0], [1.0, 3.0], [2.0, 0.0]])
    assert running_mean(bent, np.array([0, 3]), half=1).tolist() == [[0, 0], [1, 1], [2, 0]]


@pytest.mark.parametrize("angle_deg", [0, 22.5, 45, 67.5, 90, 112.5, 135, 157.5])
@pytest.mark.parametrize("width_px", [1, 2, 3, 4, 6, 9])
def test_a_bar_has_one_centre_line_at_every_angle(draw_bar, width_px, angle_deg):
    lines = lines_of(draw_bar(width_px, angle_deg, x_px=100.3, y_px=99.8))
    assert len(lines.paths.first) == 2
    # It stops about half a width short at each end, and no more than a width.
    assert 150 - 2 * width_px - 2 <= lines.step_px.sum() <= 150


def test_steps_add_up_to_the_length_of_a_diagonal():
    lines = lines_of(np.pad(np.eye(30, dtype=bool), 1))
    assert lines.step_px.sum() == pytest.approx(29 * np.sqrt(2))
    np.testing.assert_allclose(np.abs(lines.tangent), np.sqrt(0.5))


def test_a_bump_of_the_outline_is_no_branch(draw_bar):
    bumpy = draw_bar(8, 0)
    bumpy[93:96, 98:102] = True  # 3 px high on the bar's side, 4 px wide
    assert len(lines_of(bumpy).paths.first) == 2


def test_a_side_crack_longer_than_the_width_is_a_branch(draw_bar):
    forked = draw_bar(8, 0)
    forked[60:96, 98:102] = True
    lines = lines_of(forked)
    degrees = zip(lines.paths.start_degree.tolist(), lines.paths.end_degree.tolist(), strict=True)
    assert [sorted(ends) for ends in degrees] == [[1, 3]] * 3
