from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure import measure
from crackgauge.measure.bridging import Bridging, FreeEnds, bridge


def ends(*rows: tuple[int, float, float, float, float]) -> FreeEnds:
    """Ends from (component, x, y, direction x, direction y)."""
    table = np.array(rows)
    return FreeEnds(table[:, 0].astype(np.int64), table[:, 1:3], table[:, 3:5])


def test_ends_that_face_each_other_are_joined():
    facing = ends((0, 10, 5, 1, 0), (1, 18, 5, -1, 0))
    found = bridge(facing, 2, Bridging(10, 30))
    assert found.crack.tolist() == [0, 0]
    assert found.gap_px.tolist() == [8, 0]


@pytest.mark.parametrize(
    ("angle_deg", "joined"), [(20, True), (40, False)], ids=["within the angle", "beyond it"]
)
def test_an_end_may_point_past_the_other_by_the_angle(angle_deg, joined):
    turn = np.deg2rad(angle_deg)
    facing = ends((0, 10, 5, np.cos(turn), np.sin(turn)), (1, 18, 5, -1, 0))
    assert (len(set(bridge(facing, 2, Bridging(10, 30)).crack.tolist())) == 1) == joined


def test_side_by_side_is_no_gap():
    """Two lanes of ends, 6 px apart, that both point to the right."""
    same_way = ends((0, 10, 5, 1, 0), (1, 10, 11, 1, 0))
    assert bridge(same_way, 2, Bridging(10, 30)).crack.tolist() == [0, 1]


def test_the_nearest_end_comes_first_and_each_end_once():
    three = ends((0, 10, 5, 1, 0), (1, 15, 5, -1, 0), (2, 17, 5.5, -1, 0))
    assert bridge(three, 3, Bridging(10, 30)).crack.tolist() == [0, 0, 1]


def test_no_gap_is_bridged_at_zero():
    facing = ends((0, 10, 5, 1, 0), (1, 10.5, 5, -1, 0))
    assert bridge(facing, 2, Bridging(0, 30)).crack.tolist() == [0, 1]


def dashes(gap_px: int) -> np.ndarray:
    """Two dashes of 40 x 4 px in one row."""
    mask = np.zeros((30, 120), dtype=bool)
    mask[12:16, 10:50] = True
    mask[12:16, 50 + gap_px : 90 + gap_px] = True
    return mask


def test_a_bridged_crack_is_as_long_as_its_pieces():
    crack = measure(dashes(8)).cracks
    assert len(crack) == 1
    assert crack["branch_count"][0] == 2
    assert crack["length_px"][0] == pytest.approx(80)
    assert crack["bridged_gap_px"][0] == pytest.approx(8, abs=0.01)
    assert crack["area_px2"][0] == 320
    assert crack["loop_count"][0] == 0
    assert crack[["bbox_left_px", "bbox_right_px"]].iloc[0].tolist() == [10, 98]


def test_a_gap_above_the_limit_is_none():
    assert len(measure(dashes(12)).cracks) == 2
    assert len(measure(dashes(12), bridge_px=13).cracks) == 1
    assert measure(dashes(12)).cracks["bridged_gap_px"].tolist() == [0, 0]


@pytest.mark.parametrize(("gap", "angle"), [(-1, 30), (float("inf"), 30), (5, 0), (5, 91)])
def test_limits_that_are_none_are_refused(gap, angle):
    with pytest.raises(UsageError, match="expected"):
        Bridging(gap, angle)
