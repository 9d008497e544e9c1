from __future__ import annotations

import numpy as np
import pytest

from crackgauge.report.crack_gauge import LINES_MM, draw_gauge, gauge_lines, nearest_line


def bars_of(card: np.ndarray) -> list[float]:
    """Thickness of the bars from the top down, read in a column through them."""
    column = card[6:-6, 60].astype(np.float64).mean(axis=1)
    ink = np.clip((column.max() - column) / (column.max() - 20), 0, 1)
    inside = np.flatnonzero(ink > 0.02)
    runs = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
    return [float(ink[run].sum()) for run in runs]


@pytest.mark.parametrize(("width", "px_per_unit"), [(0.43, 30.0), (3.3, 6.0), (9.6, 6.0)])
def test_lines_are_drawn_true_to_scale(width, px_per_unit):
    lines = gauge_lines(width, in_mm=True, px_per_unit=px_per_unit, room_px=480)
    card = draw_gauge(480, 216, width=width, in_mm=True, px_per_unit=px_per_unit)
    assert card.shape == (480, 216, 3)
    assert bars_of(card) == pytest.approx([line * px_per_unit for line in lines], abs=0.15)


def test_the_nearest_line_is_marked():
    card = draw_gauge(480, 216, width=0.42, in_mm=True, px_per_unit=30)
    marked = np.flatnonzero((card[10:-10, 10] < 60).all(axis=1)) + 10
    lines = gauge_lines(0.42, in_mm=True, px_per_unit=30, room_px=480)
    middles = np.flatnonzero((card[6:-6, 60] < 200).all(axis=1)) + 6
    runs = np.split(middles, np.flatnonzero(np.diff(middles) > 1) + 1)
    at = lines.index(0.4)
    assert marked.mean() == pytest.approx(runs[at].mean(), abs=1)


def test_a_wide_crack_has_fewer_lines_and_a_huge_one_at_least_one():
    assert len(gauge_lines(40, in_mm=True, px_per_unit=3, room_px=480)) in range(1, 5)
    assert gauge_lines(900, in_mm=True, px_per_unit=1, room_px=480) == [150, 200]


def test_nearest_is_by_ratio():
    assert LINES_MM[nearest_line(0.072, LINES_MM)] == 0.1
    assert LINES_MM[nearest_line(0.07, LINES_MM)] == 0.05
