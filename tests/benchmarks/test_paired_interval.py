"""The interval of paired differences, by hand from a table of Student's t."""

from __future__ import annotations

import pytest
from benchmarks.paired_interval import paired_difference


def test_the_interval_is_that_of_a_table() -> None:
    # Mean 2, deviation 1 of three: 2 +- 4.303 / sqrt(3).
    found = paired_difference([1.0, 2.0, 3.0])
    assert (found.pairs, found.mean) == (3, 2.0)
    assert (found.low, found.high) == pytest.approx((2 - 2.4843, 2 + 2.4843), abs=1e-3)
    assert not found.excludes_zero


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_is_claimed_only_beyond_zero(sign: int) -> None:
    assert paired_difference([sign * 2.0, sign * 2.1, sign * 1.9]).excludes_zero
    assert not paired_difference([2.0, -1.9, 0.1]).excludes_zero
    assert not paired_difference([sign * 5.0]).excludes_zero  # one pair says nothing
