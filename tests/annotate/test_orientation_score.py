from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import fft
from tests.annotate.conftest import straight_line

from crackgauge.annotate.orientation_score import MARGIN_PX, orientation_score


def filtered(grey: np.ndarray) -> np.ndarray:
    """The image times the radial window and the DC factor, from their definitions in float64."""
    rows, cols = (fft.next_fast_len(size + 2 * MARGIN_PX, real=True) for size in grey.shape)
    below = rows - grey.shape[0] - MARGIN_PX, cols - grey.shape[1] - MARGIN_PX
    padded = np.pad(
        grey.astype(float), ((MARGIN_PX, below[0]), (MARGIN_PX, below[1])), mode="symmetric"
    )
    down = 2 * np.pi * np.fft.fftfreq(rows)[:, None]
    right = 2 * np.pi * np.fft.fftfreq(cols)[None]
    square = down**2 + right**2
    s = (square / np.pi**2) / (2 * 0.5**2 / 17)
    radial = np.exp(-s) * sum(s**k / math.factorial(k) for k in range(9))
    ground = 1 - np.exp(-square * 8**2 / 2)
    whole = np.fft.ifft2(np.fft.fft2(padded) * radial * ground).real
    inside = slice(MARGIN_PX, MARGIN_PX + grey.shape[0])
    return whole[inside, MARGIN_PX : MARGIN_PX + grey.shape[1]]


@pytest.mark.parametrize("orientations", [8, 16, 32])
@pytest.mark.parametrize("shape", [(50, 61), (64, 40), (7, 9)])
def test_the_score_sums_back_to_the_filtered_image(orientations: int, shape: tuple[int, int]):
    grey = np.random.default_rng(0).random(shape).astype(np.float32)
    score = orientation_score(grey, orientations=orientations)
    assert score.shape == (orientations // 2, *shape)
    assert np.abs(2 * score.sum(axis=0) - filtered(grey)).max() < 1e-5


@pytest.mark.parametrize("index", range(8))
def test_a_line_is_darkest_in_the_score_of_its_own_angle(index: int):
    score = orientation_score(straight_line(22.5 * index), orientations=16)
    assert score[:, 32, 32].argmin() == index


def test_the_slices_are_cubic_splines():
    """A wave's share in each score: 4/6 in its own orientation, 1/6 in both beside it."""
    x = np.arange(128)
    wave = np.cos(2 * np.pi * x / 8)[None].repeat(128, axis=0).astype(np.float32)
    score = orientation_score(wave, orientations=16)[:, 32:96, 32:96]
    share = np.abs(score).max(axis=(1, 2)) / np.abs(score.sum(axis=0)).max()
    assert share == pytest.approx([0, 0, 0, 1 / 6, 4 / 6, 1 / 6, 0, 0], abs=0.01)


def test_one_colour_gives_nothing():
    score = orientation_score(np.full((40, 40), 128, np.float32), orientations=16)
    assert np.abs(score).max() < 1e-3
