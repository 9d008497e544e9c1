"""Signed distance by hand, against scipy, and where there is no boundary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import distance_transform_edt

from crackgauge.data.signed_distance import PatchDistances, signed_distance

SQUARE = np.zeros((7, 7), bool)
SQUARE[2:5, 2:5] = True


def test_a_square_of_three_in_seven_by_hand() -> None:
    two, five, eight = np.sqrt([2, 5, 8]) - 0.5
    expected = [
        [eight, five, 1.5, 1.5, 1.5, five, eight],
        [five, two, 0.5, 0.5, 0.5, two, five],
        [1.5, 0.5, -0.5, -0.5, -0.5, 0.5, 1.5],
        [1.5, 0.5, -0.5, -1.5, -0.5, 0.5, 1.5],
    ]
    expected += expected[2::-1]
    np.testing.assert_allclose(signed_distance(SQUARE), expected, rtol=1e-6)


def test_a_normalised_one_reaches_one_on_both_sides() -> None:
    phi = signed_distance(SQUARE, normalised=True)
    assert (phi.min(), phi.max()) == (-1.0, 1.0)
    assert phi[2, 2] == pytest.approx(-0.5 / 1.5)
    assert phi[0, 3] == pytest.approx(1.5 / (np.sqrt(8) - 0.5))


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("value", [False, True], ids=["empty", "full"])
def test_without_a_boundary_it_is_zero(value: bool, normalised: bool) -> None:
    phi = signed_distance(np.full((5, 4), value), normalised=normalised)
    assert phi.dtype == np.float32
    assert phi.shape == (5, 4)
    assert not phi.any()


@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_is_what_scipy_measures(mask: np.ndarray) -> None:
    if mask.all() or not mask.any():
        return
    expected = distance_transform_edt(~mask) - distance_transform_edt(mask)
    expected -= 0.5 * np.sign(expected)
    phi = signed_distance(mask)
    np.testing.assert_allclose(phi, expected, atol=1e-4)
    assert ((phi < 0) == mask).all()


@given(arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20))), st.booleans())
def test_a_turned_truth_takes_the_distance_that_it_has_by_itself(
    truth: np.ndarray, normalised: bool
) -> None:
    distances = PatchDistances([truth], normalised=normalised)
    for quarters in range(4):
        for flipped in (truth, truth[::-1], truth[:, ::-1]):
            patch = np.rot90(flipped, quarters)
            expected = signed_distance(np.ascontiguousarray(patch), normalised=normalised)
            assert np.array_equal(distances.of(0, patch), expected)
    assert distances.kept == 1


def test_each_truth_is_measured_once() -> None:
    truths = [SQUARE, SQUARE.T[:5], ~SQUARE]
    distances = PatchDistances(truths)
    first = [distances.of(index, truth) for index, truth in enumerate(truths)]
    again = [distances.of(index, truth) for index, truth in enumerate(truths)]
    assert distances.kept == 3
    assert all(np.shares_memory(a, b) for a, b in zip(first, again, strict=True))


def test_a_part_of_a_truth_is_measured_by_itself() -> None:
    truth = np.zeros((8, 8), bool)
    truth[1:3], truth[6] = True, True
    distances = PatchDistances([~truth, truth])
    crop, zoomed = truth[:6, :6], truth[:4, :4].repeat(2, axis=0).repeat(2, axis=1)
    for patch in (crop, zoomed):
        assert np.array_equal(distances.of(1, patch), signed_distance(patch))
    # In the crop the line in row 6 is not seen: row 5 lies 2.5 px from the boundary, not 0.5.
    assert distances.of(1, crop)[5, 0] == 2.5
    assert signed_distance(truth)[5, 0] == 0.5
    assert distances.kept == 0
