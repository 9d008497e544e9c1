from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from crackgauge.report.segments import Segments
from crackgauge.report.width_histogram import width_histogram


def segments(*pairs: tuple[float, float], px_per_mm: float = 10) -> Segments:
    length, width = np.array(pairs, dtype=np.float64).T
    return Segments(length, width, width * px_per_mm, np.zeros(len(length)))


def bars_of(svg: str) -> list[tuple[float, float, float, str]]:
    """(x, y, height, colour) of each bar."""
    root = ElementTree.fromstring(svg)
    return [
        (float(bar.get("x")), float(bar.get("y")), float(bar.get("height")), bar.get("fill"))
        for bar in root.iter("rect")
    ]


def test_bars_are_as_high_as_the_length_in_their_class():
    svg = width_histogram(segments((10, 1.0), (20, 1.02), (60, 3.0)), in_mm=True)
    (_, _, low, _), (_, _, high, _) = bars_of(svg)
    assert high / low == pytest.approx(2, rel=0.01)
    assert "width in mm" in svg


def test_what_is_below_two_pixels_is_pale_and_stands_below():
    svg = width_histogram(segments((10, 1.0), (30, 1.01), px_per_mm=1.99), in_mm=True)
    pale, full = bars_of(svg)
    assert pale[3] != full[3]
    assert full[2] / pale[2] == pytest.approx(3, rel=0.01)
    assert full[1] + full[2] == pytest.approx(pale[1], abs=0.11)


def test_the_few_widest_are_in_the_last_bar():
    svg = width_histogram(segments((802, 0.5), (400, 0.95), (1, 90.0)), in_mm=True)
    assert "what is wider is in the last bar" in svg
    low, last = bars_of(svg)
    assert low[2] / last[2] == pytest.approx(2, rel=0.01)
    assert last[0] < 520
    assert "last bar" not in width_histogram(segments((10, 1.0), (5, 1.1)), in_mm=True)


def test_nothing_to_draw():
    empty = np.empty(0)
    assert width_histogram(Segments(empty, empty, empty, empty), in_mm=True) == ""


@pytest.mark.parametrize("width", [1e-3, 0.07, 1, 13, 480])
def test_any_width_has_some_bins_and_not_too_many(width):
    svg = width_histogram(segments((1, width), (1, width / 3)), in_mm=False)
    labels = re.findall(r'anchor="middle"[^>]*>([\d.e-]+)<', svg)
    assert 3 <= len(labels) <= 12
    assert float(labels[-1]) >= width * 0.7
