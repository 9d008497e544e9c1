"""Drawn and jittered curves: thin, near what they should be near, a function of the seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from crackgauge.data.curves import centre_curve
from crackgauge.data.drawn_curves import draw_random_curve, jitter
from crackgauge.errors import UsageError


def parts(mask: np.ndarray) -> int:
    return int(ndimage.label(mask, structure=np.ones((3, 3)))[1])


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """How far the pixel of `first` that is furthest from `second` lies from it."""
    return float(ndimage.distance_transform_edt(~second)[first].max())


def crossing(side: int = 160) -> np.ndarray:
    curve = np.zeros((side, side), bool)
    curve[side // 2, 20:-20] = True
    curve[20:-20, side // 2] = True
    return curve


def test_a_jittered_curve_stays_within_its_reach_and_whole():
    curve = crossing()
    moved = jitter(curve, 3, np.random.default_rng(0))
    assert parts(moved) == 1
    assert np.array_equal(moved, centre_curve(moved))
    # Rounding to pixels and thinning add a pixel or so.
    assert 2 < apart(moved, curve) <= 4.5
    assert apart(curve, moved) <= 4.5


@given(seed=st.integers(0, 1000), reach=st.sampled_from([1.0, 3.0, 6.0]))
@settings(max_examples=10)
def test_jitter_is_a_function_of_its_generator(seed: int, reach: float):
    curve = crossing(80)
    first, second = (jitter(curve, reach, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, second)
    assert apart(first, curve) <= reach + 1.5


def test_jitter_is_smooth_along_the_curve():
    line = np.zeros((60, 300), bool)
    line[30, 10:-10] = True
    moved = jitter(line, 3, np.random.default_rng(1))
    rows = np.argmax(moved, axis=0)[20:-20]
    assert len(set(rows)) > 2
    assert np.abs(np.diff(rows)).max() <= 2


def test_no_reach_or_no_curve_changes_nothing():
    curve, empty = crossing(), np.zeros((9, 9), bool)
    assert np.array_equal(jitter(curve, 0, np.random.default_rng(0)), curve)
    assert not jitter(empty, 3, np.random.default_rng(0)).any()
    with pytest.raises(UsageError, match="reach of -1"):
        jitter(curve, -1, np.random.default_rng(0))


def test_what_is_moved_out_of_the_image_is_lost():
    edge = np.zeros((40, 40), bool)
    edge[0] = True
    assert jitter(edge, 3, np.random.default_rng(2)).shape == (40, 40)


def test_drawn_curves_are_thin_long_and_differ():
    curves = [draw_random_curve(128, np.random.default_rng(seed)) for seed in range(6)]
    assert all(curve.shape == (128, 128) and curve.sum() > 30 for curve in curves)
    # One pixel wide: hardly anything is left to thin away.
    assert all(centre_curve(curve).sum() > 0.8 * curve.sum() for curve in curves)
    assert len({curve.tobytes() for curve in curves}) == 6
    assert np.array_equal(curves[3], draw_random_curve(128, np.random.default_rng(3)))
