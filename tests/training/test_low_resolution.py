"""Low-resolution images against Pillow, truths by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from crackgauge.losses import Target
from crackgauge.recipes.schema import Input
from crackgauge.training.low_resolution import ImageSpace, psnr_db, reduce_image, reduce_target


def test_bicubic_is_pillows_antialiased_one() -> None:
    values = np.random.default_rng(0).random((32, 48), np.float32)
    expected = np.asarray(Image.fromarray(values).resize((12, 8), Image.Resampling.BICUBIC))
    got = reduce_image(torch.from_numpy(values)[None, None], 4, "bicubic")[0, 0].numpy()
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_bilinear_reads_four_pixels_and_forgets_the_others() -> None:
    image = torch.zeros(1, 1, 4, 4)
    image[0, 0, 1:3, 1:3] = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert reduce_image(image, 4, "bilinear").item() == 3.0
    image[0, 0, 0] = 100.0
    assert reduce_image(image, 4, "bilinear").item() == 3.0


def test_a_small_image_holds_what_eight_bits_can() -> None:
    space = ImageSpace(Input(), torch.device("cpu"))
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    stored = 255 * space.white(space.reduce(x, 4, "bicubic"))
    torch.testing.assert_close(stored, stored.round(), atol=1e-3, rtol=0)
    assert stored.min() >= -1e-3
    assert stored.max() <= 255 + 1e-3
    torch.testing.assert_close(space.normalised(space.white(x)), x, atol=1e-5, rtol=1e-5)


def test_a_truth_becomes_shares_and_its_distance_the_mean_in_small_pixels() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]).view(1, 1, 2, 4)
    distance = torch.tensor([[-0.5, -0.5, 0.5, 1.5], [0.5, 0.5, 1.0, 2.0]]).view(1, 1, 2, 4)
    small = reduce_target(Target(mask, distance, 0.3), 2, normalised_distance=False)
    assert small.mask.tolist() == [[[[0.5, 0.0]]]]
    assert small.signed_distance.tolist() == [[[[0.0, 0.625]]]]  # 0 and 1.25, over 2
    assert small.boundary_weight == 0.3
    plain = reduce_target(Target(mask, distance, 0.3), 2, normalised_distance=True)
    assert plain.signed_distance.tolist() == [[[[0.0, 1.25]]]]


def test_psnr_is_ten_logarithms_of_the_squared_error() -> None:
    original = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    assert psnr_db(original + 0.01, original) == pytest.approx(43.01, abs=0.01)  # 1.01 is cut to 1
    assert psnr_db(original, original) == 100.0
