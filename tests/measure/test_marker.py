"""Markers on a rendered wall, photographed by a camera whose pose is known."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.rendered_markers import Photo, photograph

from crackgauge.errors import UsageError
from crackgauge.measure.marker import Marker, find_markers, scale_of_markers

SIZE = (600, 800)


def photo(tilt_deg: float, **options) -> Photo:
    return photograph(
        tilt_deg, turn_deg=35, seed=1, size=SIZE, focal_px=720, **{"marker_mm": 70.0, **options}
    )


def image_of(taken: Photo, places_mm: np.ndarray) -> np.ndarray:
    ahead = places_mm @ taken.to_image[:, :2].T + taken.to_image[:, 2]
    return ahead[:, :2] / ahead[:, 2:]


@pytest.mark.parametrize("tilt_deg", [0, 30, 60])
def test_lengths_on_a_tilted_wall(tilt_deg):
    taken = photo(tilt_deg)
    scale = scale_of_markers(find_markers(taken.image), 70.0, height_px=600, width_px=800)
    starts = scale.to_surface(image_of(taken, taken.bars_mm[:, :2]))
    ends = scale.to_surface(image_of(taken, taken.bars_mm[:, 2:]))
    lengths = np.hypot(*(ends - starts).T)
    np.testing.assert_allclose(lengths, 60.0, rtol=0.015)


def test_the_corners_are_found_between_the_pixels():
    taken = photo(25)
    (marker,) = find_markers(taken.image)
    half = 35.0
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    assert np.hypot(*(marker.corners - image_of(taken, square)).T).max() <= 0.1


def test_several_markers_agree_on_one_plane():
    taken = photo(40, markers=3)
    markers = find_markers(taken.image)
    assert [marker.number for marker in markers] == [0, 1, 2]
    scale = scale_of_markers(markers, 70.0, height_px=600, width_px=800, size_sd_mm=0.7)
    lengths = np.hypot(
        *(
            scale.to_surface(image_of(taken, taken.bars_mm[:, 2:]))
            - scale.to_surface(image_of(taken, taken.bars_mm[:, :2]))
        ).T
    )
    np.testing.assert_allclose(lengths, 60.0, rtol=0.002)
    assert 0.01 <= scale.relative_sd < 0.011
    assert scale.source == "marker 0, 1, 2 of 70 mm"


def test_another_family_and_none():
    taken = photo(20, family="apriltag-36h11")
    assert len(find_markers(taken.image, family="apriltag-36h11")) == 1
    assert find_markers(taken.image, family="aruco-6x6-250") == []
    with pytest.raises(UsageError, match="got none"):
        scale_of_markers([], 70.0, height_px=600, width_px=800)
    with pytest.raises(UsageError, match=r"did you mean apriltag-36h11\?"):
        find_markers(taken.image, family="april-36h11")


def test_markers_that_do_not_lie_on_one_plane_are_refused():
    square = np.array([[0.0, 0], [100, 0], [100, 100], [0, 100]])
    same = [Marker(0, square + 50), Marker(1, square + np.array([300, 200]))]
    scale = scale_of_markers(same, 50.0, height_px=600, width_px=800)
    assert scale.mm_per_px == pytest.approx(0.5)
    larger = [Marker(0, square + 50), Marker(1, 1.3 * square + np.array([300, 200]))]
    with pytest.raises(UsageError, match="one flat surface"):
        scale_of_markers(larger, 50.0, height_px=600, width_px=800)
