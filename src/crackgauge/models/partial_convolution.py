"""Convolution whose padding counts as missing instead of as zero.

Liu et al., "Partial convolution based padding", arXiv:1811.11718.

Legend: N batch, C channels, H and W height and width; K the kernel's side.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class PartialConv2d(nn.Conv2d):
    """out = (sum over the window of W x) K^2 / (positions inside the image) + b.

    The factor of a 3x3 window is 1 inside, 9/6 on an edge and 9/4 in a corner; the bias is not
    scaled. The weights are named as those of `nn.Conv2d`.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, groups, bias: as of `nn.Conv2d`,
            sizes the same for both sides.

    >>> conv = PartialConv2d(1, 1, 3, padding=1, bias=False)
    >>> _ = nn.init.ones_(conv.weight)
    >>> conv(torch.ones(1, 1, 3, 4)).unique().tolist()  # as if the image went on
    [9.0]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=bias
        )
        self._window = (kernel_size, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(
            x, self.weight, None, self.stride, self.padding, self.dilation, self.groups
        )
        rows, cols = (_inside(size, *self._window, like=y) for size in x.shape[-2:])
        factor = self._window[0] ** 2 / torch.outer(rows, cols)
        if self.bias is None:
            return y * factor
        return torch.addcmul(self.bias.to(y.dtype).view(1, -1, 1, 1), y, factor)


def _inside(size: int, kernel: int, stride: int, padding: int, *, like: Tensor) -> Tensor:
    """How many positions of each window lie inside, along one side of `size` pixels.

    Counts this small, and the factors made of them, are exact in bf16 too.
    """
    ones, window = like.new_ones(1, 1, size), like.new_ones(1, 1, kernel)
    return functional.conv1d(ones, window, None, stride, padding)[0, 0]
