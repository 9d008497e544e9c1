from __future__ import annotations

import pandas as pd

from crackgauge.measure.columns import ZONE_COLUMNS, as_frame
from crackgauge.report.zone_views import zone_views


def zones() -> pd.DataFrame:
    left = {
        "image": "b.jpg",
        "zone": "left lane",
        "crack_count": 2,
        "crack_length_px": 1000,
        "crack_length_mm": 500,
        "crack_density_m_per_m2": 0.25,
        "width_mean_px": 4,
        "width_mean_mm": 2,
        "width_max_px": 1.5,
        "width_max_mm": 0.75,
        "crack_area_ratio": 0.01,
    }
    empty = {
        "image": "a.jpg",
        "zone": "kerb",
        "crack_count": 0,
        "crack_length_px": 0,
        "crack_area_ratio": 0,
    }
    return as_frame([left, empty], ZONE_COLUMNS)


def test_zones_are_worded_and_sorted():
    kerb, lane = zone_views(zones())
    assert lane == (
        "b.jpg",
        "left lane",
        "2",
        "500 mm",
        "0.250 m/m²",
        "2.00 mm",
        "< 1.00 mm",
        "1.00 %",
    )
    assert kerb[:5] == ("a.jpg", "kerb", "0", "0 px", "–")
