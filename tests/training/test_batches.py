"""Batches hold the patches that the recipe asks for."""

from __future__ import annotations

import numpy as np
import pytest

from crackgauge.data.dataset import Sample
from crackgauge.data.signed_distance import signed_distance
from crackgauge.errors import DatasetError
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.batches import Batches

# A recipe whose input is the image itself: (x / 255 - 0) / 1, and no augmentation.
PLAIN = (
    "input.channels=1",
    "input.mean=[0]",
    "input.std=[1]",
    "augmentation={}",
    "sampling.patch_px=4",
    "batch=2",
    "epochs=4",
)


def recipe(*overrides: str) -> Recipe:
    return load_recipe("attention-unet-fast", [*PLAIN, *overrides])


def samples() -> list[Sample]:
    """Two images of 8 x 8 px: four patches each, every pixel with its patch's number times 10.

    Patches 0 and 5 hold a crack.
    """
    found = []
    for first in (0, 4):
        numbers = np.arange(first, first + 4, dtype=np.uint8).reshape(2, 2)
        image = 10 * numbers.repeat(4, 0).repeat(4, 1)[:, :, None]
        found.append(Sample(str(first), image, image[:, :, 0] == (50 if first else 0)))
    return found


def _numbers(batches: Batches, steps: range) -> list[int]:
    numbers = []
    for step in steps:
        x, y, _ = batches.make(step)
        for patch, truth in zip(x, y, strict=True):
            (value,) = np.unique(np.rint(patch * 255))
            assert np.unique(truth).tolist() == [float(value in (0, 50))]
            numbers.append(int(value) // 10)
    return numbers


def test_a_patch_set_gives_every_patch_once_an_epoch() -> None:
    batches = Batches(samples(), recipe("sampling.patches=patch-set"))
    assert batches.epochs.total_steps == 16
    epochs = [_numbers(batches, range(first, first + 4)) for first in (0, 4)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(8))] * 2
    assert epochs[0] != epochs[1]


def test_a_composition_is_kept_and_its_seed_is_not_the_trainings() -> None:
    def chosen(*overrides: str) -> list[int]:
        settings = ("sampling.patches=patch-set", "sampling.patch_set.composition=50/50")
        return _numbers(Batches(samples(), recipe(*settings, *overrides)), range(2))

    first, other_order = chosen(), chosen("seed=2")
    assert sorted(first) == sorted(other_order)
    assert {0, 5} < set(first)
    assert first != other_order
    assert any(
        sorted(chosen(f"sampling.patch_set.seed={seed}")) != sorted(first) for seed in range(1, 5)
    )


def test_all_plus_knows_the_first_dataset() -> None:
    settings = ("sampling.patches=patch-set", "sampling.patch_set.composition=all+")
    wanted = recipe(*settings, "sampling.patch_set.crack_share=0.17", "batch=1")
    batches = Batches(samples(), wanted, first_dataset=1)
    # One crack patch of six: four patches of the first image, two background ones of the second.
    numbers = _numbers(batches, range(6))
    assert {0, 1, 2, 3} < set(numbers)
    assert 5 not in numbers
    assert batches.epochs.at(6) == (1, 0)
    with pytest.raises(DatasetError, match="got 0 background patches of further datasets"):
        Batches(samples(), wanted)


def test_a_parent_larger_than_an_image_is_mirrored_out() -> None:
    settings = ("sampling.patches=patch-set", "sampling.patch_set.parent_px=16", "batch=2")
    batches = Batches(samples(), recipe(*settings))
    assert batches.epochs.total_steps == 4
    x, y, _ = batches.make(0)
    assert x.shape == y.shape == (2, 1, 4, 4)
    assert y.any(axis=(1, 2, 3)).all()


def test_nothing_is_made_ahead_before_the_set_has_grown() -> None:
    settings = (
        "sampling.patches=patch-set",
        "sampling.patch_set.composition=50/50",
        "sampling.patch_set.mining.after_epochs=[1]",
        "sampling.patch_set.mining.patches=3",
        "batch=1",
        "epochs=2",
    )
    batches = Batches(samples(), recipe(*settings))
    patch_set = batches.patch_set
    assert patch_set is not None
    assert batches.epochs.total_steps == 4 + 7
    steps = []
    for step, (x, _, _) in batches.run(0, 11):
        if step == 3:
            patch_set.add(patch_set.pool[:3].tolist())
        steps.append(step)
        assert x.shape == (1, 1, 4, 4)
    assert steps == list(range(11))


def test_distances_are_those_of_the_truths_as_augmented_and_only_where_the_loss_needs_them() -> (
    None
):
    images = [
        Sample("bar", np.zeros((8, 8, 1), np.uint8), np.eye(8, dtype=bool)),
    ]
    settings = ("augmentation.flips=true", "sampling.count=8", "sampling.crack_share=null")
    plain = Batches(images, recipe(*settings))
    assert plain.make(0).signed_distance is None
    for normalised in (False, True):
        wanted = recipe(*settings, "loss=bc2", f"boundary.normalised_distance={normalised}")
        batches = Batches(images, wanted)
        for step in range(4):
            batch = batches.make(step)
            np.testing.assert_array_equal(batch.mask, plain.make(step).mask)
            assert batch.signed_distance is not None
            assert batch.signed_distance.dtype == np.float32
            for truth, distance in zip(batch.mask, batch.signed_distance, strict=True):
                expected = signed_distance(truth[0] > 0, normalised=normalised)
                np.testing.assert_array_equal(distance[0], expected)


def test_plain_is_the_image_itself() -> None:
    batches = Batches(samples(), recipe("sampling.patches=patch-set"))
    x = batches.plain([(1, 0, 0), (0, 4, 4)])
    assert x.shape == (2, 1, 4, 4)
    np.testing.assert_allclose(x[:, 0, 0, 0] * 255, [40, 30], rtol=1e-6)
    assert batches.stem(1) == "4"


def test_of_crack_patches_alone_an_image_without_a_crack_gives_none() -> None:
    wanted = recipe("sampling.crack_share=1", "sampling.count=4")
    blank = samples()[0]
    blank = Sample("blank", blank.image, np.zeros_like(blank.mask))
    batches = Batches([blank, *samples()], wanted)
    assert batches.epochs.total_steps == 4 * 2 * 4 // 2
    for step in range(batches.epochs.total_steps):
        assert batches.make(step).mask.any(axis=(1, 2, 3)).all()
    with pytest.raises(DatasetError, match="got 1 training images without a crack"):
        Batches([blank], wanted)
