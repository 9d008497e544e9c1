"""Steps find their epoch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.data.epochs import EpochPlan


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_steps_count_through_the_epochs(steps: list[int]) -> None:
    plan = EpochPlan(steps)
    expected = [(epoch, place) for epoch, count in enumerate(steps) for place in range(count)]
    assert [plan.at(step) for step in range(plan.total_steps)] == expected
    assert plan.at(plan.total_steps) == (len(steps), 0)
    assert [plan.first_step(epoch) for epoch in range(len(steps))] == [
        expected.index((epoch, 0)) for epoch in range(len(steps))
    ]


def test_epochs_equal_in_length_are_plain_division() -> None:
    plan = EpochPlan([7] * 4)
    assert [plan.at(step) for step in range(28)] == [divmod(step, 7) for step in range(28)]


@pytest.mark.parametrize("steps", [[3, 0]])
def test_an_epoch_without_a_step_is_refused(steps: list[int]) -> None:
    with pytest.raises(ValueError, match="expected 1 or more each"):
        EpochPlan(steps)


def test_no_epochs_are_no_steps() -> None:
    plan = EpochPlan([])
    assert (plan.total_steps, plan.at(0)) == (0, (0, 0))
