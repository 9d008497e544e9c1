"""Bicubic enlargement by a whole factor, as one convolution.

Keys: "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2, the value
that the usual tools take. Written as a convolution and a shuffle, it is bit for bit the same in a
tile as in the whole image, and every runtime has it.

Legend: N batch, C channels, H and W height and width, s the factor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.models.blocks import check_scale

_A = -0.5
# An enlarged pixel lies less than half a pixel from the nearest one and reads two on either side.
_REACH = 2


class Bicubic(nn.Module):
    """Map (N, C, H, W) to (N, C, s H, s W); pixel centres at half-integers, edges repeated.

    Args:
        channels: C.
        scale: s; 2, 4 or 8.

    Raises:
        TypeError: another factor.

    >>> import torch
    >>> ramp = torch.arange(6.0).view(1, 1, 1, 6)
    >>> Bicubic(channels=1, scale=2)(ramp)[0, 0, 0, 4:8].tolist()  # at 1.75, 2.25, 2.75, 3.25
    [1.75, 2.25, 2.75, 3.25]
    """

    reach_px = _REACH
    weights: Tensor

    def __init__(self, *, channels: int, scale: int) -> None:
        super().__init__()
        check_scale(scale)
        self.channels, self.scale = channels, scale
        line = torch.tensor([_taps(phase, scale) for phase in range(scale)])  # (s, 5)
        square = torch.einsum("ri,cj->rcij", line, line).flatten(0, 1)[:, None]  # (s * s, 1, 5, 5)
        self.register_buffer("weights", square.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, [_REACH] * 4, mode="replicate")
        phases = functional.conv2d(padded, self.weights.to(x.dtype), groups=self.channels)
        return functional.pixel_shuffle(phases, self.scale)


def _taps(phase: int, scale: int) -> list[float]:
    """Weights of the pixels -2..2 around a pixel for the enlarged pixel `phase` within it."""
    position = (phase + 0.5) / scale - 0.5
    return [_cubic(abs(position - pixel)) for pixel in range(-_REACH, _REACH + 1)]


def _cubic(distance: float) -> float:
    """Keys's kernel.

    >>> _cubic(0.0), _cubic(0.5), _cubic(1.5), _cubic(2.5)
    (1.0, 0.5625, -0.0625, 0.0)
    """
    d = distance
    if d <= 1:
        return (_A + 2) * d**3 - (_A + 3) * d**2 + 1
    if d < 2:
        return _A * (d**3 - 5 * d**2 + 8 * d - 4)
    return 0.0
