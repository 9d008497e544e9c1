from __future__ import annotations

import math

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure import Scale, measure
from crackgauge.measure.scale import oblique, one_scale

# A camera that looks at the plane from below: what is farther up the image is farther away.
TILTED = np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, -0.001, 1.0]])


def crack(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((400, 400), dtype=bool)
    mask[y0:y1, x0:x1] = True
    return mask


def mapped(x: float, y: float) -> np.ndarray:
    point = TILTED @ (x, y, 1.0)
    return point[:2] / point[2]


def test_the_derivative_is_that_of_small_steps():
    scale = oblique(TILTED, middle=(200, 200), relative_sd=math.nan, source="test")
    place, tangent = np.array([[150.0, 320.0]]), np.array([[0.6, 0.8]])
    step = 1e-4
    moved = mapped(150 + 0.6 * step, 320 + 0.8 * step) - mapped(150, 320)
    found = scale.at(place, tangent)
    assert found.along[0] == pytest.approx(np.hypot(*moved) / step, rel=1e-5)
    assert found.along[0] * found.across[0] == pytest.approx(found.area[0])


def test_lengths_of_an_oblique_view_are_those_on_the_plane():
    """Two bars of equal size in the image; the upper one is nearer the horizon and so is smaller or
    larger on the plane as the homography says, not as one scale would."""
    scale = oblique(TILTED, middle=(200, 200), relative_sd=0.0, source="test")
    for top in (60, 300):
        found = measure(crack(100, top, 300, top + 6), scale=scale).cracks.iloc[0]
        length = np.hypot(*(mapped(300, top + 3) - mapped(100, top + 3)))
        width = abs(mapped(200, top + 6)[1] - mapped(200, top)[1])
        assert found["length_mm"] == pytest.approx(length, rel=0.005)
        # A step across the bar also slides sideways on the plane; the width is across alone.
        assert found["width_mean_mm"] == pytest.approx(width, rel=0.005)
        assert found["area_mm2"] == pytest.approx(
            found["length_mm"] * found["width_mean_mm"], rel=0.02
        )


def test_an_oblique_plane_that_is_frontal_gives_what_the_number_gives():
    mask = crack(100, 200, 300, 206)
    plane = oblique(np.diag([0.25, 0.25, 1]), middle=(200, 200), relative_sd=0.01, source="test")
    assert plane.mm_per_px == pytest.approx(0.25)
    flat = measure(mask, scale=Scale(0.25, 0.0025))
    other = measure(mask, scale=plane)
    for name in flat.cracks.columns:
        if name.endswith(("_mm", "_mm2")):
            assert other.cracks[name][0] == pytest.approx(flat.cracks[name][0], rel=1e-9), name
    assert other.images["image_area_m2"][0] == pytest.approx(flat.images["image_area_m2"][0])
    assert (flat.images["view"][0], other.images["view"][0]) == ("frontal", "oblique")


def test_the_horizon_has_no_area():
    corners = np.array([[0, 0], [400, 0], [400, 1200], [0, 1200]], dtype=float)
    scale = oblique(TILTED, middle=(200, 200), relative_sd=0.0, source="test")
    assert math.isnan(scale.area_mm2(corners))
    square = np.array([[0, 0], [4, 0], [4, 3], [0, 3]], dtype=float)
    assert Scale(0.5).area_mm2(square) == pytest.approx(3.0)


SCALES = (Scale(0.5, 0.01), oblique(TILTED, middle=(9, 9), relative_sd=0.02, source=""))


@pytest.mark.parametrize("scale", SCALES, ids=["frontal", "oblique"])
def test_a_copy_of_the_image_has_the_scale_of_its_size(scale):
    twice = scale.times(0.5)  # an image enlarged twice
    place, tangent = np.array([[30.0, 50.0]]), np.array([[1.0, 0.0]])
    before, after = scale.at(place, tangent), twice.at(2 * place, tangent)
    assert after.along[0] == pytest.approx(before.along[0] / 2)
    assert twice.relative_sd == pytest.approx(scale.relative_sd)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mm_per_px": 0},
        {"mm_per_px": 1e-10},
        {"mm_per_px": 1e10},
        {"mm_per_px": 1, "sd_mm_per_px": -1},
        {"mm_per_px": 1, "plane": (1.0,)},
    ],
)
def test_what_is_no_scale_is_refused(wrong):
    with pytest.raises(UsageError, match="expected"):
        Scale(**wrong)


def test_a_number_or_a_scale_but_not_both():
    assert one_scale(None, None) is None
    assert one_scale(0.2, None) == Scale(0.2)
    with pytest.raises(UsageError, match="leave one out"):
        one_scale(0.2, Scale(0.2))
