from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torchmetrics.functional.image import structural_similarity_index_measure

from crackgauge.errors import UsageError
from crackgauge.metrics.superresolution import psnr, ssim

GENERATOR = np.random.default_rng(0)
ORIGINAL = GENERATOR.integers(0, 256, (40, 50, 3)).astype(np.uint8)
NOISY = np.clip(ORIGINAL + GENERATOR.normal(0, 20, ORIGINAL.shape), 0, 255).astype(np.uint8)


def test_psnr_by_hand():
    # One of two values is off by 10: MSE 50.
    black = np.zeros((2, 1, 3), np.uint8)
    grey = black.copy()
    grey[0] = 10
    assert psnr(grey, black) == pytest.approx(10 * math.log10(255**2 / 50))
    assert psnr(black, black) == math.inf


def test_psnr_equals_scikit_image():
    expected = peak_signal_noise_ratio(ORIGINAL, NOISY, data_range=255)
    assert psnr(NOISY, ORIGINAL) == pytest.approx(expected)


def test_ssim_of_equals_is_one_and_falls_with_noise():
    assert ssim(ORIGINAL, ORIGINAL) == 1.0
    assert 0.0 < ssim(NOISY, ORIGINAL) < 0.99


def test_ssim_is_near_that_of_torchmetrics():
    tensors = [
        torch.from_numpy(image).permute(2, 0, 1)[None].float() for image in (NOISY, ORIGINAL)
    ]
    expected = float(structural_similarity_index_measure(*tensors, data_range=255.0))
    # Its border is padded otherwise and then cut, as in scikit-image.
    assert ssim(NOISY, ORIGINAL) == pytest.approx(expected, abs=2e-3)


def test_an_image_below_the_window_is_refused():
    small = ORIGINAL[:10]
    with pytest.raises(UsageError, match="at least 11 px"):
        ssim(small, small)


def test_sizes_that_differ_are_refused():
    with pytest.raises(UsageError, match="same size"):
        psnr(ORIGINAL[:20], ORIGINAL)
