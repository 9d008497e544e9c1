from __future__ import annotations

import math

import pytest

from crackgauge.errors import UsageError
from crackgauge.images import Georeference
from crackgauge.measure.scale_sources import (
    scale_of_camera,
    scale_of_georeference,
    scale_of_points,
)


def test_two_points_three_by_four():
    scale = scale_of_points((10, 20), (310, 420), 250.0, distance_sd_mm=1.0)
    assert scale.mm_per_px == 0.5
    assert scale.relative_sd == pytest.approx(math.hypot(1 / 250, math.sqrt(2) / 500))
    assert scale.source == "two points, 250 mm apart"


@pytest.mark.parametrize(
    ("second", "distance"), [((10, 20), 5.0), ((20, 20), 0.0), ((math.nan, 20), 5.0)]
)
def test_points_that_say_nothing_are_refused(second, distance):
    with pytest.raises(UsageError, match="expected"):
        scale_of_points((10, 20), second, distance)


def test_the_camera_by_hand():
    """10 m away, a 50 mm lens sees 7.2 m on a sensor of 36 mm: 1.2 mm in each of 6,000 px."""
    scale = scale_of_camera(
        distance_mm=10_000,
        focal_length_mm=50,
        sensor_width_mm=36,
        height_px=4000,
        width_px=6000,
        distance_sd_mm=100,
    )
    assert scale.mm_per_px == pytest.approx(1.2)
    assert scale.relative_sd == pytest.approx(0.01)
    upright = scale_of_camera(
        distance_mm=10_000, focal_length_mm=50, sensor_width_mm=36, height_px=6000, width_px=4000
    )
    assert upright.mm_per_px == pytest.approx(1.2)
    assert math.isnan(upright.sd_mm_per_px)


def test_the_equivalent_focal_length_needs_no_sensor():
    scale = scale_of_camera(
        distance_mm=10_000,
        focal_length_mm=8.8,
        focal_length_35mm=24,
        height_px=3648,
        width_px=5472,
    )
    assert scale.mm_per_px == pytest.approx(10_000 * 36 / 24 / 5472)


@pytest.mark.parametrize(("focal", "missing"), [(8.8, "sensor's width"), (None, "focal length")])
def test_a_camera_of_which_too_little_is_known(focal, missing):
    with pytest.raises(UsageError, match=missing):
        scale_of_camera(distance_mm=1000, focal_length_mm=focal, height_px=9, width_px=9)


def test_a_geotiff_of_centimetres():
    place = Georeference("EPSG:25832", (0.01, 0, 5e5, 0, -0.01, 5e6), False, 1.0)
    scale = scale_of_georeference(place, height_px=10, width_px=10)
    assert (scale.mm_per_px, scale.plane) == (pytest.approx(10.0), None)
    turned = Georeference("EPSG:25832", (0.006, 0.008, 5e5, 0.008, -0.006, 5e6), False, 1.0)
    assert scale_of_georeference(turned, height_px=10, width_px=10).mm_per_px == pytest.approx(10)


def test_a_geotiff_with_pixels_that_are_not_square():
    place = Georeference("EPSG:25832", (0.02, 0, 5e5, 0, -0.005, 5e6), False, 1.0)
    scale = scale_of_georeference(place, height_px=10, width_px=10)
    assert scale.plane is not None
    assert scale.mm_per_px == pytest.approx(10)


def test_a_geotiff_in_feet():
    place = Georeference("EPSG:2263", (0.1, 0, 0, 0, -0.1, 0), False, 0.3048)
    assert scale_of_georeference(place, height_px=9, width_px=9).mm_per_px == pytest.approx(30.48)


def test_degrees_are_refused_with_advice():
    place = Georeference("EPSG:4326", (1e-7, 0, 8, 0, -1e-7, 50), True, None)
    with pytest.raises(UsageError, match=r"degrees.*gdalwarp"):
        scale_of_georeference(place, height_px=9, width_px=9)
    with pytest.raises(UsageError, match="unit"):
        scale_of_georeference(
            Georeference("", (1, 0, 0, 0, -1, 0), False, None), height_px=9, width_px=9
        )


def test_a_mercator_projection_of_the_world_is_refused():
    place = Georeference("EPSG:3857", (0.01, 0, 8e5, 0, -0.01, 6e6), False, 1.0)
    with pytest.raises(UsageError, match="stretches lengths"):
        scale_of_georeference(place, height_px=10, width_px=10)
