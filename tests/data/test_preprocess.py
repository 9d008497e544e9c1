"""Preprocessing: by window as by the whole, and equal to OpenCV's CLAHE."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.data.preprocess import PREPROCESSING, normalise, prepare, preprocess, to_channels
from crackgauge.errors import UsageError

STEP = "standardise-clahe-gamma"


def _photo(height: int, width: int) -> np.ndarray:
    generator = np.random.default_rng(height * 1000 + width)
    noise = generator.normal(120, 25, (height, width)).astype(np.float32)
    grey = np.clip(cv2.GaussianBlur(noise, (0, 0), 1.5).reshape(height, width), 40, 200)
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (120, 77), (45, 203), (320, 480)])
def test_equals_min_max_then_opencv_clahe_then_gamma(height: int, width: int) -> None:
    image = _photo(height, width)
    grey = image[:, :, 0].astype(np.float64)
    stretched = np.rint((grey - grey.min()) * 255 / (grey.max() - grey.min())).astype(np.uint8)
    equalised = cv2.createCLAHE(2.0, (8, 8)).apply(stretched)
    expected = np.rint(255 * (equalised / 255) ** (1 / 1.2))
    got = preprocess(image, channels=1, preprocessing=[STEP])[:, :, 0]
    # Sums in float32 round differently in a handful of pixels, by one grey level before gamma.
    assert np.abs(got - expected).max() <= 2
    assert (got != expected).mean() < 0.002


def test_two_passes_by_window_see_what_the_whole_image_sees() -> None:
    image = _photo(120, 77)
    whole = preprocess(image, channels=1, preprocessing=[STEP])[:, :, 0]
    step = PREPROCESSING[STEP]
    windows = [
        Window(row, col, min(50, 120 - row), min(33, 77 - col))
        for row in range(0, 120, 50)
        for col in range(0, 77, 33)
    ]
    table = step.collect([(w, image[w.slices]) for w in windows], 120, 77)
    parts = np.zeros((120, 77), np.uint8)
    for w in windows:
        parts[w.slices] = step.apply(to_channels(image[w.slices], 1)[:, :, 0], w, table)
    assert np.array_equal(parts, whole)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 200)])
def test_tiny_and_flat_images_are_prepared_too(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 77, np.uint8)
    assert preprocess(image, channels=1, preprocessing=[STEP]).shape == (*size, 1)


def test_normalise_by_hand() -> None:
    image = np.array([[[0, 255, 51]]], np.uint8)
    got = normalise(image, mean=(0.5, 0.5, 0.2), std=(0.5, 0.25, 1.0))
    np.testing.assert_allclose(got[:, 0, 0], [-1.0, 2.0, 0.0], atol=1e-6)
    assert got.dtype == np.float32


def test_prepare_gives_the_networks_layout() -> None:
    got = prepare(_photo(5, 7), channels=1, mean=[0.0], std=[1.0])
    assert got.shape == (1, 5, 7)


def test_unknown_steps_and_colour_are_refused() -> None:
    with pytest.raises(UsageError, match="known: standardise-clahe-gamma"):
        preprocess(_photo(8, 8), channels=1, preprocessing=["clahe"])
    with pytest.raises(UsageError, match=r"input\.channels=1"):
        preprocess(_photo(8, 8), channels=3, preprocessing=[STEP])
