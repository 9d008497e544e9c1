from __future__ import annotations

import re

import numpy as np
import pytest

from crackgauge.report.orientation_rose import orientation_rose
from crackgauge.report.segments import Segments


def rose(*pairs: tuple[float, float]) -> str:
    length, angle = np.array(pairs, dtype=np.float64).T
    return orientation_rose(Segments(length, length, length, angle))


def reaches(svg: str) -> list[float]:
    return [float(value) for value in re.findall(r"A([\d.]+) ", svg)]


def test_a_direction_is_drawn_to_both_sides():
    svg = rose((5, 90))
    assert reaches(svg) == [112, 112]
    # Upright: both sectors are narrow around x = 150.
    xs = [float(x) for x in re.findall(r"L([\d.]+) ", svg)]
    assert all(abs(x - 150) < 16 for x in xs)


def test_the_area_goes_with_the_length():
    found = sorted(reaches(rose((4, 0), (1, 45))))
    assert found[-1] / found[0] == pytest.approx(2, rel=0.01)


def test_179_and_1_degrees_are_one_direction():
    assert reaches(rose((1, 179), (1, 1))) == [112, 112]


def test_nothing_to_draw():
    empty = np.empty(0)
    assert orientation_rose(Segments(empty, empty, empty, empty)) == ""
