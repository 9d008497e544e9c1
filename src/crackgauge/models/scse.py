"""Concurrent spatial and channel squeeze and excitation.

Roy, Navab, Wachinger: "Concurrent spatial and channel squeeze & excitation in fully convolutional
networks", MICCAI 2018.

Legend: N batch, C channels, H and W height and width of a map.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ScSE(nn.Module):
    """out = x sigmoid(c) + x sigmoid(s), x and out (N, C, H, W).

    c = W2 ReLU(W1 mean(x) + b1) + b2, (N, C, 1, 1), with the mean over all pixels and an inner
    width of max(C // reduction, 1); s = w x + b, (N, 1, H, W).

    The mean is over the whole map, so a tile of an image is gated otherwise than the image.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        inner = max(channels // reduction, 1)
        self.squeeze = nn.Conv2d(channels, inner, 1)  # W1, b1
        self.excite = nn.Conv2d(inner, channels, 1)  # W2, b2
        self.spatial = nn.Conv2d(channels, 1, 1)  # w, b

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3), keepdim=True)
        channel = torch.sigmoid(self.excite(functional.relu(self.squeeze(mean))))
        # x (sigmoid(c) + sigmoid(s)) needs one map less than the sum of two products.
        out: Tensor = x * (channel + torch.sigmoid(self.spatial(x)))
        return out
