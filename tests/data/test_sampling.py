"""Patches are where they should be, and a function of seed and step alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackgauge.data.sampling import PatchSampler, allocate, crack_positions
from crackgauge.errors import DatasetError


def _masks() -> list[np.ndarray]:
    first, second = np.zeros((10, 12), bool), np.zeros((9, 9), bool)
    first[4, 5] = True
    second[0, :] = True
    return [first, second]


def _sampler(**changes: object) -> PatchSampler:
    values: dict[str, object] = {
        "patch_px": 4,
        "crack_share": 0.6,
        "counts": [10, 10],
        "batch": 5,
        "fresh": False,
        "seed": 3,
    }
    return PatchSampler(_masks(), **{**values, **changes})  # type: ignore[arg-type]


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(5, 9), st.integers(5, 9), st.integers(0, 2**32 - 1))
def test_crack_positions_equal_looking_at_each_patch(p: int, h: int, w: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((h, w)) < 0.1
    expected = [
        [bool(mask[r : r + p, c : c + p].any()) for c in range(w - p + 1)] for r in range(h - p + 1)
    ]
    assert crack_positions(mask, p).tolist() == expected


def test_an_epoch_has_the_asked_share_of_crack_patches_of_each_image() -> None:
    sampler = _sampler()
    assert sampler.steps_per_epoch == 4
    masks = _masks()
    with_crack = [0, 0]
    for step in range(4):
        for image, row, col in sampler.batch(step):
            with_crack[image] += bool(masks[image][row : row + 4, col : col + 4].any())
    assert with_crack == [6, 6]


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    forwards = [_sampler().batch(step) for step in range(8)]
    again = _sampler()
    backwards = [again.batch(step) for step in reversed(range(8))][::-1]
    assert forwards == backwards
    assert forwards != [_sampler(seed=4).batch(step) for step in range(8)]


def test_a_fixed_set_returns_in_a_new_order_and_a_fresh_one_does_not() -> None:
    def epochs(sampler: PatchSampler) -> tuple[list[object], list[object]]:
        first = [patch for step in range(4) for patch in sampler.batch(step)]
        second = [patch for step in range(4, 8) for patch in sampler.batch(step)]
        return first, second

    first, second = epochs(_sampler())
    assert sorted(first) == sorted(second)
    assert first != second
    first, second = epochs(_sampler(fresh=True))
    assert sorted(first) != sorted(second)


def test_an_image_without_crack_gives_what_it_has() -> None:
    sampler = PatchSampler(
        [np.zeros((6, 6), bool)],
        patch_px=6,
        crack_share=1.0,
        counts=[2],
        batch=2,
        fresh=True,
        seed=0,
    )
    assert sampler.batch(0) == [(0, 0, 0), (0, 0, 0)]


def test_equation_3_shares_patches_by_crack_pixels() -> None:
    assert allocate(84, [10, 30, 2], rule="by-crack-pixels") == [20, 60, 4]
    assert sum(allocate(1001, [7, 11, 13, 17], rule="by-crack-pixels")) == 1001
    assert allocate(5, [0, 9], rule="per-image") == [5, 5]
    with pytest.raises(DatasetError, match="no training mask has a crack pixel"):
        allocate(5, [0, 0], rule="by-crack-pixels")


def test_without_a_share_patches_lie_anywhere() -> None:
    sampler = _sampler(crack_share=None, counts=[400, 0], batch=400, fresh=True)
    places = [(row, col) for _, row, col in sampler.batch(0)]
    # 7 x 9 places, each expected 6.3 times in 400 draws; 4 x 4 of them show the crack pixel.
    assert len(set(places)) > 55
    crack = sum(bool(_masks()[0][r : r + 4, c : c + 4].any()) for r, c in places)
    assert 0.15 < crack / 400 < 0.37  # 16 / 63 = 0.25


def test_too_few_patches_for_a_batch_are_refused() -> None:
    with pytest.raises(DatasetError, match="got 20 patches an epoch from 2 images"):
        _sampler(batch=21)
