from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.report.wgs84 import to_wgs84

pytest.importorskip("rasterio")


def test_the_middle_meridian_of_a_zone():
    """EPSG:25832 has its origin at the equator and 9 degrees east, 500 km to the west of it."""
    found = to_wgs84(np.array([[500000.0, 0.0]]), "EPSG:25832")
    assert found.tolist() == [[pytest.approx(9, abs=1e-9), pytest.approx(0, abs=1e-9)]]


def test_no_point_needs_no_projection():
    assert to_wgs84(np.empty((0, 2)), "nonsense").shape == (0, 2)


@pytest.mark.parametrize("x", [1e9, 1e300, float("inf"), float("nan")])
def test_points_that_are_nowhere(x: float):
    points = np.array([[500000.0, 5400000.0], [x, x]])
    with pytest.raises(UsageError, match=r"\(500000, 5.4e\+06, \.\.\.\) lie where"):
        to_wgs84(points, "EPSG:25832")
