from __future__ import annotations

import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.measure import assemble, measure, measure_part


def length_of(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line[:, :2], axis=0).T).sum())


def test_a_short_straight_bar_is_two_points_from_end_to_end():
    mask = np.zeros((30, 60), dtype=bool)
    mask[10:13, 5:18] = True
    (line,) = measure(mask).branches["line_px"]
    assert line.tolist() == [[5, 11.5, 3], [18, 11.5, 3]]


def test_the_width_along_a_wedge_is_kept():
    mask = np.zeros((60, 200), dtype=bool)
    for col in range(10, 190):
        half = 2 + col // 30
        mask[30 - half : 30 + half + 1, col] = True
    (line,) = measure(mask).branches["line_px"]
    drawn = 2 * (2 + line[:, 0] // 30) + 1
    inside = (line[:, 0] > 20) & (line[:, 0] < 180)
    assert inside.sum() > 8
    assert np.abs(line - drawn[:, None])[inside, 2].max() < 1.5


@pytest.mark.parametrize("angle_deg", [0, 20, 45, 70, 110, 163])
def test_a_line_is_as_long_as_its_branch(draw_bar, angle_deg):
    branch = measure(draw_bar(5, angle_deg)).branches.iloc[0]
    assert length_of(branch["line_px"]) == pytest.approx(branch["length_px"], rel=0.005)
    assert len(branch["line_px"]) < 20  # of 150 samples


def test_a_ring_is_closed_and_round():
    rows, cols = np.mgrid[:120, :120] + 0.5
    radius = np.hypot(rows - 60, cols - 60)
    branch = measure((radius > 38) & (radius < 42)).branches.iloc[0]
    line = branch["line_px"]
    assert line[0, :2].tolist() == line[-1, :2].tolist()
    assert np.abs(np.hypot(*(line[:, :2] - 60).T) - 40).max() < 1
    assert length_of(line) == pytest.approx(2 * np.pi * 40, rel=0.01)


def test_branches_of_a_cross_meet_at_its_middle():
    mask = np.zeros((101, 101), dtype=bool)
    mask[49:52, 10:91] = True
    mask[10:91, 49:52] = True
    lines = measure(mask).branches["line_px"]
    assert len(lines) == 4
    nearest = [min(np.hypot(*(end[:2] - 50.5)) for end in (line[0], line[-1])) for line in lines]
    assert max(nearest) < 1.5


def test_one_pixel_has_a_line_of_two_points_at_its_place():
    mask = np.zeros((9, 9), dtype=bool)
    mask[3, 5] = True
    (line,) = measure(mask, min_area_px2=1).branches["line_px"]
    assert line.tolist() == [[5.5, 3.5, 1], [5.5, 3.5, 1]]


def test_lines_of_a_part_move_with_it():
    mask = np.zeros((40, 200), dtype=bool)
    mask[20:23, 120:133] = True
    window = Window(10, 100, 30, 100)
    whole = measure(mask).branches["line_px"][0]
    parted = assemble([measure_part(mask[window.slices], window=window)], height=40, width=200)
    assert (
        parted.branches["line_px"][0].tolist()
        == whole.tolist()
        == [
            [120, 21.5, 3],
            [133, 21.5, 3],
        ]
    )


def test_a_junction_is_as_wide_as_the_branches_that_meet():
    mask = np.zeros((101, 101), dtype=bool)
    mask[48:53, 10:91] = True
    mask[10:91, 48:53] = True
    for line in measure(mask).branches["line_px"]:
        assert line[:, 2].tolist() == pytest.approx([5] * len(line), abs=0.6)
