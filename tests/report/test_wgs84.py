from __future__ import annotations

import numpy as np
import pytest

from crackgauge.report.wgs84 import to_wgs84

pytest.importorskip("rasterio")


def test_the_middle_meridian_of_a_zone():
    """EPSG:25832 has its origin at the equator and 9 degrees east, 500 km to the west of it."""
    found = to_wgs84(np.array([[500000.0, 0.0]]), "EPSG:25832")
    assert found.tolist() == [[pytest.approx(9, abs=1e-9), pytest.approx(0, abs=1e-9)]]


def test_no_point_needs_no_projection():
    assert to_wgs84(np.empty((0, 2)), "nonsense").shape == (0, 2)
