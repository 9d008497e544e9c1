"""System 4, super-resolution: dense deep back-projection network.

Haris, Shakhnarovich, Ukita: "Deep back-projection networks for super-resolution", 2018, as used by
Kondo and Ukita: "Crack segmentation for low-resolution images using joint learning with
super-resolution", 2021.

Legend: N batch, C channels in and out, H and W height and width of the small map, s the factor,
f the width of the projections; L a small map (N, f, H, W), B a large map (N, f, s H, s W).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crackgauge.models.bicubic import Bicubic
from crackgauge.models.blocks import check_scale, he_normal

# Kernel and padding of the projections, whose stride is the factor.
_PROJECTION = {2: (6, 2), 4: (8, 2), 8: (12, 2)}


class UpUnit(nn.Module):
    """B0 = deconv(L), L0 = conv(B0), B1 = deconv(L0 - L); out B0 + B1.

    Args:
        width: f.
        scale: s.
        maps: how many earlier small maps come concatenated; more than one are joined to f channels
            by conv1x1 first.
    """

    def __init__(self, width: int, scale: int, *, maps: int = 1) -> None:
        super().__init__()
        self.join = _convolution(maps * width, width, 1) if maps > 1 else nn.Identity()
        self.up = _projection(nn.ConvTranspose2d, width, scale)
        self.back = _projection(nn.Conv2d, width, scale)
        self.correct = _projection(nn.ConvTranspose2d, width, scale)

    def forward(self, x: Tensor) -> Tensor:
        small: Tensor = self.join(x)
        large: Tensor = self.up(small)
        correction: Tensor = self.correct(self.back(large) - small)
        return large + correction


class DownUnit(nn.Module):
    """L0 = conv(B), B0 = deconv(L0), L1 = conv(B0 - B); out L0 + L1.

    Args:
        width: f.
        scale: s.
        maps: how many earlier large maps come concatenated; as for `UpUnit`.
    """

    def __init__(self, width: int, scale: int, *, maps: int = 1) -> None:
        super().__init__()
        self.join = _convolution(maps * width, width, 1) if maps > 1 else nn.Identity()
        self.down = _projection(nn.Conv2d, width, scale)
        self.back = _projection(nn.ConvTranspose2d, width, scale)
        self.correct = _projection(nn.Conv2d, width, scale)

    def forward(self, x: Tensor) -> Tensor:
        large: Tensor = self.join(x)
        small: Tensor = self.down(large)
        correction: Tensor = self.correct(self.back(small) - large)
        return small + correction


class Dbpn(nn.Module):
    """Map x (N, C, H, W) to (N, C, s H, s W): what comes in normalised goes out normalised.

    Up and down units take turns, up first and last; each takes all maps of the other kind before
    it. Every step is a convolution or pointwise, so tiles are exact with `reach_px` around them.

    Args:
        in_channels: C; 3 or 1 for an image, 1 for a probability map.
        scale: s; 2, 4 or 8.
        features: channels of the first convolution, and f.
        stages: up units; down units are one fewer.
        residual: add the bicubic enlargement, from which the network then starts; departure.

    Raises:
        TypeError: another factor, not two widths, or no stage.
    """

    stride = 1

    def __init__(
        self,
        *,
        in_channels: int = 3,
        scale: int = 4,
        features: Sequence[int] = (256, 64),
        stages: int = 6,
        residual: bool = False,
    ) -> None:
        super().__init__()
        check_scale(scale)
        if len(features) != 2 or min(features) < 1 or stages < 1:
            raise TypeError(
                f"dbpn: got features {list(features)} and {stages} stages, expected two widths "
                "such as [256, 64], and a stage or more"
            )
        first, width = features
        self.channels, self.output_scale, self.stages = in_channels, scale, stages
        self.features = nn.Sequential(
            _convolution(in_channels, first, 3, padding=1), _convolution(first, width, 1)
        )
        self.up = nn.ModuleList(UpUnit(width, scale, maps=max(k, 1)) for k in range(stages))
        self.down = nn.ModuleList(DownUnit(width, scale, maps=k + 1) for k in range(stages - 1))
        self.output = nn.Conv2d(stages * width, in_channels, 3, padding=1)
        self.bicubic = Bicubic(channels=in_channels, scale=scale) if residual else None
        he_normal(self)
        if residual:
            nn.init.zeros_(self.output.weight)

    @property
    def reach_px(self) -> int:
        """Pixels of x on either side of the one that an enlarged pixel lies in, at most."""
        reach = 0
        for phase in range(self.output_scale):
            first, last = phase - 1, phase + 1  # the output convolution
            for _ in range(self.stages - 1):
                for enlarges in (True, False, True, False, True, False):  # an up and a down unit
                    first, last = self._project(first, last, enlarges=enlarges)
            for enlarges in (True, False, True):  # the first up unit
                first, last = self._project(first, last, enlarges=enlarges)
            reach = max(reach, 1 - first, last + 1)  # the first convolution
        return reach

    def _project(self, first: int, last: int, *, enlarges: bool) -> tuple[int, int]:
        """What the pixels first..last of a projection's output depend on."""
        scale = self.output_scale
        kernel, padding = _PROJECTION[scale]
        if enlarges:
            return -((kernel - 1 - padding - first) // scale), (last + padding) // scale
        return scale * first - padding, scale * last - padding + kernel - 1

    def forward(self, x: Tensor) -> Tensor:
        small: list[Tensor] = [self.features(x)]
        large: list[Tensor] = []
        for k, up in enumerate(self.up):
            # The features before the first unit are not among the maps that the others take.
            large.append(up(torch.cat(small if k == 0 else small[1:], dim=1)))
            if k < len(self.down):
                small.append(self.down[k](torch.cat(large, dim=1)))
        out: Tensor = self.output(torch.cat(large, dim=1))
        return out if self.bicubic is None else out + self.bicubic(x)


def _convolution(
    in_channels: int, out_channels: int, kernel: int, *, padding: int = 0
) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel, padding=padding), nn.PReLU())


def _projection(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], width: int, scale: int
) -> nn.Sequential:
    kernel, padding = _PROJECTION[scale]
    return nn.Sequential(kind(width, width, kernel, stride=scale, padding=padding), nn.PReLU())
