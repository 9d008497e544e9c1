from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from crackgauge.errors import UsageError
from crackgauge.images import (
    read_image,
    read_mask,
    read_probability,
    write_image,
    write_mask,
    write_probability,
)


def test_masks_are_0_and_255_for_every_reader(tmp_path):
    mask = np.random.default_rng(1).random((37, 41)) > 0.7
    path = tmp_path / "deep" / "mask.png"
    write_mask(path, mask)
    with Image.open(path) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), mask * np.uint8(255))
    assert read_mask(path).rule == "0/255"


def test_a_probability_of_16_bits_is_off_by_half_a_step_at_most(tmp_path):
    probability = np.random.default_rng(2).random((37, 41), dtype=np.float32)
    probability[0, :2] = 0, 1
    write_probability(tmp_path / "p.png", probability)
    with Image.open(tmp_path / "p.png") as image:
        steps = np.asarray(image).astype(int)
    # Half a step, and the rounding of float32.
    assert np.abs(steps - probability.astype(float) * 65535).max() <= 0.51
    assert np.abs(read_probability(tmp_path / "p.png") - probability).max() <= 0.51 / 65535


def test_a_float_tiff_keeps_every_bit(tmp_path):
    probability = np.random.default_rng(3).random((37, 41), dtype=np.float32)
    write_probability(tmp_path / "p.tif", probability)
    assert np.array_equal(read_probability(tmp_path / "p.tif"), probability)


def test_images(rgb, tmp_path):
    write_image(tmp_path / "i.png", rgb)
    assert np.array_equal(read_image(tmp_path / "i.png"), rgb)
    write_image(tmp_path / "i.jpg", rgb)
    assert np.abs(read_image(tmp_path / "i.jpg").astype(int) - rgb).mean() < 3


def test_what_does_not_fit_is_wrong_use_and_leaves_no_file(rgb, tmp_path):
    mask, probability = np.zeros((2, 2), bool), np.zeros((2, 2), np.float32)
    for call in (
        lambda: write_mask(tmp_path / "m.jpg", mask),
        lambda: write_mask(tmp_path / "m.png", mask.astype(np.uint8)),
        lambda: write_probability(tmp_path / "p.jpg", probability),
        lambda: write_probability(tmp_path / "p.png", probability + 2),
        lambda: write_image(tmp_path / "i.gif", rgb),
        lambda: write_image(tmp_path / "i.jpg", np.zeros((1, 70_000, 3), np.uint8)),
    ):
        with pytest.raises(UsageError):
            call()
    assert list(tmp_path.iterdir()) == []


def test_the_same_pixels_give_the_same_bytes(tmp_path):
    probability = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30)
    for name in ("a", "b"):
        write_probability(tmp_path / f"{name}.png", probability)
        write_probability(tmp_path / f"{name}.tif", probability)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
