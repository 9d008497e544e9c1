"""Bicubic enlargement against Pillow and OpenCV's definition, and against itself in a window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from crackgauge.models.bicubic import Bicubic


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_inside_it_is_pillows_bicubic(scale: int) -> None:
    values = np.random.default_rng(0).random((12, 15), np.float32)
    size = (15 * scale, 12 * scale)
    expected = np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))
    got = Bicubic(channels=1, scale=scale)(torch.from_numpy(values)[None, None])[0, 0].numpy()
    # Pillow leaves out what lies beyond the image, where this repeats the edge.
    inside = np.s_[2 * scale : -2 * scale, 2 * scale : -2 * scale]
    np.testing.assert_allclose(got[inside], expected[inside], atol=1e-6)


def test_each_channel_is_enlarged_by_itself() -> None:
    x = torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    together = Bicubic(channels=3, scale=4)(x)
    one = Bicubic(channels=1, scale=4)
    for channel in range(3):
        torch.testing.assert_close(together[:, channel : channel + 1], one(x[:, channel, None]))


def test_a_plane_stays_a_plane_and_a_constant_a_constant_up_to_the_edge() -> None:
    enlarge = Bicubic(channels=1, scale=4)
    assert torch.allclose(enlarge(torch.full((1, 1, 3, 3), 7.0)), torch.tensor(7.0))
    ramp = torch.arange(9.0).view(1, 1, 1, 9).expand(1, 1, 9, 9)
    expected = (torch.arange(36) + 0.5) / 4 - 0.5
    torch.testing.assert_close(enlarge(ramp)[0, 0, 18, 8:-8], expected[8:-8])


def test_a_window_gives_what_the_whole_gives() -> None:
    x = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    enlarge = Bicubic(channels=1, scale=4)
    whole, window = enlarge(x), enlarge(x[:, :, 4:16, 4:16])
    edge = 4 * enlarge.reach_px
    assert torch.equal(
        whole[:, :, 16 + edge : 64 - edge, 16 + edge : 64 - edge],
        window[:, :, edge:-edge, edge:-edge],
    )


def test_another_factor_is_refused() -> None:
    with pytest.raises(TypeError, match="got 3, expected one of 2, 4, 8"):
        Bicubic(channels=1, scale=3)
