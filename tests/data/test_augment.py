"""Augmentation: image and mask move together, light never moves anything."""

from __future__ import annotations

import numpy as np
import pytest

from crackgauge.data.augment import change_light, cut
from crackgauge.recipes import load_recipe
from crackgauge.recipes.schema import Augmentation

ALL = load_recipe("attention-unet-fast").augmentation


def _drawn() -> tuple[np.ndarray, np.ndarray]:
    """A dark bar, exactly where the mask says."""
    mask = np.zeros((96, 96), bool)
    mask[20:70, 40:52] = True
    image = np.where(mask, 30, 200).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2), mask


@pytest.mark.parametrize("seed", range(12))
def test_mask_stays_on_its_crack(seed: int) -> None:
    image, mask = _drawn()
    settings = ALL.model_copy(update={"warp_share": 1.0, "rotation_deg": 40.0})
    patch, truth = cut(
        image,
        mask,
        corner=(10, 20),
        patch_px=64,
        settings=settings,
        generator=np.random.default_rng(seed),
    )
    assert patch.shape == (64, 64, 3)
    assert truth.shape == (64, 64)
    assert truth.any()
    # Coverage one half is grey 115; a pixel that rounds to it may fall on either side.
    sure = np.abs(patch[:, :, 0].astype(int) - 115) > 1
    np.testing.assert_array_equal((patch[:, :, 0] < 115)[sure], truth[sure])
    assert sure.mean() > 0.99


def test_nothing_asked_for_changes_nothing() -> None:
    image, mask = _drawn()
    off, generator = Augmentation(), np.random.default_rng(0)
    patch, truth = cut(image, mask, corner=(5, 7), patch_px=32, settings=off, generator=generator)
    np.testing.assert_array_equal(patch, image[5:37, 7:39])
    np.testing.assert_array_equal(truth, mask[5:37, 7:39])
    np.testing.assert_array_equal(change_light(patch, settings=off, generator=generator), patch)


@pytest.mark.parametrize("channels", [1, 3])
def test_light_changes_and_keeps_shape_and_type(channels: int) -> None:
    patch = np.random.default_rng(1).integers(0, 256, (32, 32, channels), dtype=np.uint8)
    all_on = ALL.model_copy(
        update={"blur_share": 1.0, "noise_share": 1.0, "low_resolution_share": 1.0}
    )
    got = change_light(patch, settings=all_on, generator=np.random.default_rng(2))
    assert got.shape == patch.shape
    assert got.dtype == np.uint8
    assert not np.array_equal(got, patch)


def test_the_same_generator_gives_the_same_patch() -> None:
    image, mask = _drawn()

    def draw(seed: int) -> bytes:
        generator = np.random.default_rng(seed)
        patch, _ = cut(image, mask, corner=(0, 0), patch_px=48, settings=ALL, generator=generator)
        return change_light(patch, settings=ALL, generator=generator).tobytes()

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)


def test_hue_and_saturation_leave_grey_alone() -> None:
    grey = np.full((8, 8, 3), 90, np.uint8)
    settings = Augmentation(saturation=0.5, hue=0.3)
    np.testing.assert_array_equal(
        change_light(grey, settings=settings, generator=np.random.default_rng(0)), grey
    )
