from __future__ import annotations

import numpy as np
import pytest

from crackgauge.measure import measure
from crackgauge.measure.crack_type import crack_types


@pytest.mark.parametrize(
    ("angle_deg", "lane_deg", "kind"),
    [
        (10, 10, "longitudinal"),
        (29, 10, "longitudinal"),
        (31, 10, "diagonal"),
        (79, 10, "diagonal"),
        (81, 10, "transverse"),
        (118, 10, "transverse"),
        (175, 10, "longitudinal"),
        (0, 170, "longitudinal"),
        (np.nan, 10, ""),
        (10, np.nan, ""),
    ],
)
def test_the_angle_to_the_lane_makes_the_type(angle_deg, lane_deg, kind):
    found = crack_types(np.array([angle_deg]), np.array([lane_deg]), np.array([False]))
    assert found == [kind]


def grid(spacing_px: int, count: int) -> np.ndarray:
    """Bars of 3 x 100 px beside each other, that many px apart."""
    mask = np.zeros((140, 30 + spacing_px * count), dtype=bool)
    for number in range(count):
        left = 15 + spacing_px * number
        mask[20:120, left : left + 3] = True
    return mask


@pytest.mark.parametrize(
    ("spacing_px", "count", "kind"),
    [(15, 3, "pattern"), (15, 2, "longitudinal"), (60, 4, "longitudinal")],
)
def test_three_adjacent_cracks_are_a_pattern(spacing_px, count, kind):
    survey = measure(grid(spacing_px, count), direction_deg=90)
    assert set(survey.cracks["crack_type"]) == {kind}


def test_a_crack_that_closes_two_loops_is_a_pattern():
    mask = np.zeros((90, 150), dtype=bool)
    mask[10:13, 10:140] = mask[70:73, 10:140] = True
    for left in (10, 74, 137):
        mask[10:73, left : left + 3] = True
    crack = measure(mask, direction_deg=0).cracks.iloc[0]
    assert crack["loop_count"] == 2
    assert crack["crack_type"] == "pattern"


def test_without_a_direction_there_is_no_type():
    assert measure(grid(15, 3)).cracks["crack_type"].tolist() == [""] * 3
