"""Batches of a patch set are a function of seed and step, also where the set grows."""

from __future__ import annotations

import numpy as np
import pytest

from crackgauge.data.patch_sampler import PatchSetSampler
from crackgauge.data.patch_set import PatchIndex
from crackgauge.errors import DatasetError

# Twelve patches of one image; 0, 4 and 8 hold a crack. The row is the patch's number.
INDEX = PatchIndex(4, *np.array([[0] * 12, range(12), [7] * 12, [5, 0, 0, 0] * 3]))
SET = np.array([0, 1, 2, 4, 8])


def _sampler(**changes: object) -> PatchSetSampler:
    values: dict[str, object] = {"batch": 2, "epochs": 4, "seed": 3}
    return PatchSetSampler(INDEX, SET, **{**values, **changes})  # type: ignore[arg-type]


def _epoch(sampler: PatchSetSampler, epoch: int) -> list[int]:
    plan = sampler.epochs
    steps = [step for step in range(plan.total_steps) if plan.at(step)[0] == epoch]
    return [row for step in steps for _, row, _ in sampler.batch(step)]


def test_an_epoch_is_one_pass_over_the_set_in_a_new_order() -> None:
    sampler = _sampler(batch=1)
    assert sampler.epochs.total_steps == 20
    orders = [_epoch(sampler, epoch) for epoch in range(4)]
    assert all(sorted(order) == SET.tolist() for order in orders)
    assert len({tuple(order) for order in orders}) > 1
    assert sampler.batch(0) == [(0, orders[0][0], 7)]


def test_an_incomplete_batch_is_left_out() -> None:
    sampler = _sampler()
    assert sampler.epochs.total_steps == 4 * 2
    assert len(set(_epoch(sampler, 0))) == 4


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    forwards = [_sampler().batch(step) for step in range(8)]
    again = _sampler()
    assert [again.batch(step) for step in reversed(range(8))][::-1] == forwards
    assert [_sampler(seed=4).batch(step) for step in range(8)] != forwards
    draws = [_sampler().augmentation_generator(step, 1).random() for step in (5, 5, 6)]
    assert draws[0] == draws[1] != draws[2]


def test_a_set_grows_by_what_is_added_and_its_epochs_are_known_beforehand() -> None:
    sampler = _sampler(batch=1, mining_after=(1, 2), mining_patches=4)
    # 5 patches; 9 after the first epoch; 12 after the second, for only 7 are left out.
    assert [len(_epoch_steps(sampler, epoch)) for epoch in range(4)] == [5, 9, 12, 12]
    assert [sampler.growth_after(epoch) for epoch in range(1, 4)] == [4, 3, 0]
    assert sampler.pool.tolist() == [3, 5, 6, 7, 9, 10, 11]
    first = _epoch(sampler, 0)
    assert sampler.known_steps == 5
    sampler.add([11, 3, 9, 5])
    assert sampler.known_steps == 5 + 9
    assert sampler.pool.tolist() == [6, 7, 10]
    assert sorted(_epoch(sampler, 1)) == [0, 1, 2, 3, 4, 5, 8, 9, 11]
    sampler.add([6, 7, 10])
    assert sampler.known_steps == sampler.epochs.total_steps == 5 + 9 + 12 + 12
    assert sorted(_epoch(sampler, 3)) == list(range(12))
    assert _epoch(sampler, 0) == first  # what is past stays as it was


def _epoch_steps(sampler: PatchSetSampler, epoch: int) -> list[int]:
    plan = sampler.epochs
    return [step for step in range(plan.total_steps) if plan.at(step)[0] == epoch]


def test_a_set_that_never_grows_is_known_to_its_end() -> None:
    sampler = _sampler()
    assert sampler.known_steps == sampler.epochs.total_steps
    assert sampler.growth_after(1) == 0


def test_patches_of_no_round_are_not_added() -> None:
    sampler = _sampler(mining_after=(1,), mining_patches=2)
    for wrong in ([3], [3, 0], [3, 12]):
        with pytest.raises(ValueError, match="not those of the next round"):
            sampler.add(wrong)


def test_sets_that_cannot_be_trained_on_are_refused() -> None:
    with pytest.raises(DatasetError, match="a patch set of 5 patches, expected at least one batch"):
        _sampler(batch=6)
    everything = np.arange(12)
    with pytest.raises(DatasetError, match="holds all 9 background patches"):
        PatchSetSampler(
            INDEX, everything, batch=2, epochs=2, mining_after=(1,), mining_patches=1, seed=0
        )
