"""Augmentation: image and mask move together, light never moves anything."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

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


RESCALED = Augmentation(rescale_share=1.0, rescale=(0.75, 1.25), zoom=(0.75, 1.0))


def _draw(settings: Augmentation, seed: int) -> tuple[np.ndarray, np.ndarray]:
    image, mask = _drawn()
    generator = np.random.default_rng(seed)
    return cut(image, mask, corner=(10, 16), patch_px=64, settings=settings, generator=generator)


def test_rescaling_keeps_the_size_and_the_mask_on_its_crack() -> None:
    widths = set()
    for seed in range(40):
        patch, truth = _draw(RESCALED, seed)
        assert (patch.shape, truth.shape, truth.dtype) == ((64, 64, 3), (64, 64), bool)
        sure = np.abs(patch[:, :, 0].astype(int) - 115) > 1
        np.testing.assert_array_equal((patch[:, :, 0] < 115)[sure], truth[sure])
        assert sure.mean() > 0.95
        if truth.any():
            widths.add(int(truth.sum(axis=1).max()))
    # The bar is 12 px wide: 9 at 75 %, 15 at 125 %, 16 when 75 % of the patch is enlarged to it;
    # where it meets its mirror image it is wider.
    assert min(widths) == 9
    assert {15, 16} & widths


def test_a_smaller_patch_is_mirrored_out_to_the_size() -> None:
    image = np.arange(8, dtype=np.uint8).repeat(8).reshape(8, 8).T[:, :, None] * 10
    small = Augmentation(rescale_share=1.0, rescale=(0.5, 0.5), zoom=(1.0, 1.0))
    seen = set()
    for seed in range(30):
        patch, _ = cut(
            image,
            np.zeros((8, 8), bool),
            corner=(0, 0),
            patch_px=8,
            settings=small,
            generator=np.random.default_rng(seed),
        )
        row = tuple(int(v) for v in patch[0, :, 0])
        seen.add(row)
        # Half the columns are the means of pairs, 5 25 45 65; what is missing mirrors them.
        assert row == tuple(range(0, 80, 10)) or set(row) <= {5, 25, 45, 65}
    assert (5, 25, 45, 65, 65, 45, 25, 5) in seen
    assert tuple(range(0, 80, 10)) in seen  # the zoom into 100 %


def test_a_share_of_forty_percent_is_rescaled() -> None:
    plain = _draw(Augmentation(), 0)[0]
    some = Augmentation(rescale_share=0.4, rescale=(0.75, 0.75), zoom=(0.75, 0.75))
    changed = sum(not np.array_equal(_draw(some, seed)[0], plain) for seed in range(200))
    assert 60 <= changed <= 100  # 80 expected


def test_each_pixel_gets_a_factor_of_its_own_and_keeps_its_colour() -> None:
    patch = np.full((64, 64, 3), (100, 150, 200), np.uint8)
    settings = Augmentation(pixel_factor_share=1.0, pixel_factor=0.1)
    got = change_light(patch, settings=settings, generator=np.random.default_rng(0)).astype(float)
    factors = got / (100, 150, 200)
    assert 0.9 - 0.01 <= factors.min() < 0.91
    assert 1.09 < factors.max() <= 1.1 + 0.01
    assert np.unique(got[:, :, 2]).size > 35  # of 41 values between 180 and 220
    assert np.abs(factors - factors.mean(axis=2, keepdims=True)).max() < 0.01  # rounding
    half = settings.model_copy(update={"pixel_factor_share": 0.5})
    changed = sum(
        not np.array_equal(
            change_light(patch, settings=half, generator=np.random.default_rng(seed)), patch
        )
        for seed in range(100)
    )
    assert 35 <= changed <= 65


def test_new_changes_that_are_off_draw_nothing() -> None:
    # Two generators in step afterwards: a recipe without these changes keeps its patches.
    image, mask = _drawn()
    first, second = np.random.default_rng(3), np.random.default_rng(3)
    for generator, more in ((first, {}), (second, {"rescale": (0.75, 1.25), "pixel_factor": 0.1})):
        patch, _ = cut(
            image,
            mask,
            corner=(0, 0),
            patch_px=48,
            settings=ALL.model_copy(update=more),
            generator=generator,
        )
        change_light(patch, settings=ALL.model_copy(update=more), generator=generator)
    assert first.random() == second.random()


def test_the_preset_of_system_3_has_the_papers_list() -> None:
    settings = load_recipe("convnext-scse").augmentation
    assert settings == Augmentation(
        flips=True,
        quarter_turns=True,
        rescale_share=0.4,
        rescale=(0.75, 1.25),
        zoom=(0.75, 1.0),
        brightness=0.25,
        contrast=0.25,
        saturation=0.25,
        hue=0.1,
        pixel_factor_share=0.5,
        pixel_factor=0.1,
    )


def _ratios(
    settings: Augmentation, patch: np.ndarray, measure: Callable[..., float]
) -> list[float]:
    """What `measure` says of 300 changed patches."""
    return [
        measure(change_light(patch, settings=settings, generator=np.random.default_rng(seed)) / 1.0)
        for seed in range(300)
    ]


def test_brightness_contrast_and_saturation_are_factors_of_75_to_125_percent() -> None:
    steps = np.full((4, 4, 3), 80, np.uint8)
    steps[:2] = 160
    colour = np.full((4, 4, 3), (160, 120, 80), np.uint8)
    cases = [
        (Augmentation(brightness=0.25), steps, lambda x: x[0, 0, 0] / 160),
        (Augmentation(contrast=0.25), steps, lambda x: (x[0, 0, 0] - x[3, 0, 0]) / 80),
        (Augmentation(saturation=0.25), colour, lambda x: (x[0, 0, 0] - x[0, 0, 2]) / 80),
    ]
    for settings, patch, measure in cases:
        factors = _ratios(settings, patch, measure)
        assert 0.735 < min(factors) < 0.77
        assert 1.23 < max(factors) < 1.265
    # Contrast keeps the mean, saturation the grey value.
    assert _ratios(cases[1][0], steps, np.mean) == pytest.approx([120] * 300, abs=0.6)
    assert _ratios(cases[2][0], colour, np.mean) == pytest.approx([120] * 300, abs=0.6)


def test_hue_turns_by_ten_percent_of_the_circle_at_most() -> None:
    colour = np.full((2, 2, 3), (160, 120, 80), np.uint8)
    before = colorsys.rgb_to_hsv(160, 120, 80)[0]

    def turned(x: np.ndarray) -> float:
        return (colorsys.rgb_to_hsv(*x[0, 0])[0] - before + 0.5) % 1 - 0.5

    turns = _ratios(Augmentation(hue=0.1), colour, turned)
    assert -0.11 < min(turns) < -0.09
    assert 0.09 < max(turns) < 0.11
