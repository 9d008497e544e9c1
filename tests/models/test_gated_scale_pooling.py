"""Stacked pooling by hand, and the gate that mixes it with max pooling."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from crackgauge.errors import RecipeError
from crackgauge.models.gated_scale_pooling import (
    STACKED_POOLING_REACH,
    GatedScalePooling,
    stacked_pooling,
)


def peaks() -> torch.Tensor:
    """8 x 8 zeros with a 3 at the top left, a 6 in the middle and a 9 at the bottom right."""
    x = torch.zeros(1, 1, 8, 8)
    x[0, 0, 0, 0], x[0, 0, 3, 5], x[0, 0, 7, 7] = 3.0, 6.0, 9.0
    return x


def test_stacked_pooling_by_hand() -> None:
    # m2, maxima of 2 x 2 of m1, looks below and to the right; m3, of 3 x 3 of m2, looks around:
    #   3 6 6 0      6 6 6 6
    #   0 6 6 0      6 9 9 9
    #   0 0 9 9      6 9 9 9
    #   0 0 9 9      0 9 9 9
    pooled = stacked_pooling(peaks())
    assert pooled.maximum[0, 0].tolist() == [[3, 0, 0, 0], [0, 0, 6, 0], [0, 0, 0, 0], [0, 0, 0, 9]]
    assert pooled.mean[0, 0].tolist() == [[4, 4, 4, 2], [2, 5, 7, 3], [2, 3, 6, 6], [0, 3, 6, 9]]


@pytest.mark.parametrize("size", [(2, 2), (2, 10), (8, 6), (16, 16)])
def test_stacked_pooling_against_loops(size: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(-5, 1, size)  # negative: a padding by zero would show
    rows, cols = size[0] // 2, size[1] // 2
    places = list(np.ndindex(rows, cols))
    m1, m2, m3 = (np.zeros((rows, cols)) for _ in range(3))
    for i, j in places:
        m1[i, j] = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    repeated = np.pad(m1, ((0, 1), (0, 1)), mode="edge")
    for i, j in places:
        m2[i, j] = repeated[i : i + 2, j : j + 2].max()
    for i, j in places:
        m3[i, j] = m2[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].max()
    pooled = stacked_pooling(torch.from_numpy(x)[None, None])
    np.testing.assert_allclose(pooled.maximum[0, 0], m1)
    np.testing.assert_allclose(pooled.mean[0, 0], (m1 + m2 + m3) / 3)


def test_its_reach_is_as_stated() -> None:
    reached = []
    for pixel in range(20):
        x = torch.zeros(1, 1, 2, 20)
        x[..., pixel] = 1.0
        if stacked_pooling(x).mean[0, 0, 0, 4] > 0:
            reached.append(pixel - 2 * 4)
    assert (reached[0], reached[-1]) == STACKED_POOLING_REACH


@pytest.mark.parametrize("kernel", [2, 3])
def test_a_gate_of_zero_gives_the_mean_of_both(kernel: int) -> None:
    pool = GatedScalePooling(1, kernel=kernel)
    expected = [[3.5, 2, 2, 1], [1, 2.5, 6.5, 1.5], [1, 1.5, 3, 3], [0, 1.5, 3, 9]]
    assert pool(peaks())[0, 0].tolist() == expected


def test_each_channel_has_its_own_gate_without_bias() -> None:
    pool = GatedScalePooling(3)
    with torch.no_grad():
        for channel, weight in enumerate((100.0, -100.0, 0.25)):
            pool.gate.weight[channel] = weight
    x = 4.0 + peaks().expand(1, 3, 8, 8)
    maximum, mean = stacked_pooling(x)
    got = pool(x)
    torch.testing.assert_close(got[:, 0], maximum[:, 0])  # sigmoid(g) = 1
    torch.testing.assert_close(got[:, 1], mean[:, 1])  # sigmoid(g) = 0
    share = torch.sigmoid(torch.tensor(4.0))  # g = 0.25 (4 + 4 + 4 + 4) where there is no peak
    expected = maximum[0, 2, 0, 1] * share + mean[0, 2, 0, 1] * (1 - share)
    torch.testing.assert_close(got[0, 2, 0, 1], expected)
    assert [name for name, _ in pool.named_parameters()] == ["gate.weight"]


def test_other_kernels_are_refused() -> None:
    with pytest.raises(RecipeError, match="gate_kernel: got 5, expected 2 or 3"):
        GatedScalePooling(1, kernel=5)
