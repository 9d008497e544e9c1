from __future__ import annotations

import re

import pandas as pd
import pytest

from crackgauge.report.site_map import site_map


def images(*rows: tuple[float, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["latitude_deg", "longitude_deg", "crack_count"])


def test_dots_lie_as_on_the_ground():
    svg = site_map(images((47.0, 8.0, 0), (47.001, 8.0, 2), (47.0, 8.001, 1)))
    dots = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="5" fill="([^"]+)"', svg)
    assert [fill for *_, fill in dots] == ["#fff", "#c8143a", "#c8143a"]
    (x0, y0), (x1, y1), (x2, y2) = ((float(x), float(y)) for x, y, _ in dots)
    assert x0 == x1
    assert y1 < y0 == y2
    # A degree of longitude is shorter by cos(47 degrees).
    assert (x2 - x0) / (y0 - y1) == pytest.approx(0.682, abs=0.002)


def test_one_place_is_no_map():
    assert site_map(images((47.0, 8.0, 0), (float("nan"), 8.0, 2))) == ""


def test_photos_at_one_place_are_drawn():
    assert "circle" in site_map(images((47.0, 8.0, 0), (47.0, 8.0, 2)))
