from __future__ import annotations

from crackgauge.web.review import SIDES, carry_over


def box(left: float, top: float, right: float, bottom: float) -> dict[str, float]:
    return dict(zip(SIDES, (left, top, right, bottom), strict=True))


def test_half_of_the_union_is_the_same_crack():
    """10 x 10 against 10 x 20: 100 of 200; against 10 x 21: 100 of 210."""
    assert carry_over([box(0, 0, 10, 10)], [box(0, 0, 10, 20)]) == [0]
    assert carry_over([box(0, 0, 10, 10)], [box(0, 0, 10, 21)]) == [-1]


def test_each_is_given_once_and_the_best_first():
    """Both lie on the one that was found; the second covers it wholly."""
    before = [box(0, 0, 10, 8), box(0, 0, 10, 10)]
    assert carry_over(before, [box(0, 0, 10, 10)]) == [-1, 0]


def test_the_next_best_takes_what_is_left():
    before = [box(0, 0, 10, 10), box(0, 0, 10, 9)]
    now = [box(0, 0, 10, 10), box(0, 0, 10, 7)]
    assert carry_over(before, now) == [0, 1]


def test_nothing_to_carry():
    assert carry_over([], [box(0, 0, 1, 1)]) == []
    assert carry_over([box(0, 0, 1, 1)], []) == [-1]
