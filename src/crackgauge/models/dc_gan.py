"""The DC-GAN of CrackGAN, whose discriminator learns what a crack map looks like.

Zhang, Zhang, Cheng 2020, with the layers of Radford, Metz, Chintala: "Unsupervised representation
learning with deep convolutional generative adversarial networks", 2016.

Legend: N batch; a map is (N, 1, S, S) in [-1, 1], crack above 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

_FILTERS = (64, 128, 256, 512, 1024)
_SPREAD = 0.02  # standard deviation of fresh weights
_COARSEST_PX = 4


def map_side_px(filters: Sequence[int]) -> int:
    """S: side of the maps that networks of these channels make and judge.

    >>> map_side_px([64, 128, 256, 512, 1024])
    128
    """
    return int(_COARSEST_PX * 2 ** len(filters))


class DcGanGenerator(nn.Module):
    """Noise to maps: 4 x 4 x 1024, then transposed convolutions (k4, stride 2, pad 1) to 512, 256,
    128, 64 and 1; batch norm + ReLU between them, tanh at the end.

    Args:
        filters: channels, finest first.
        noise: length of z.
    """

    def __init__(self, *, filters: Sequence[int] = _FILTERS, noise: int = 128) -> None:
        super().__init__()
        self.noise = noise
        self.side_px = map_side_px(filters)
        coarse_to_fine = list(reversed(filters))
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(noise, coarse_to_fine[0], _COARSEST_PX, bias=False),
            nn.BatchNorm2d(coarse_to_fine[0]),
            nn.ReLU(inplace=True),
        ]
        for before, after in pairwise(coarse_to_fine):
            layers += [
                nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(filters[0], 1, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, z: Tensor) -> Tensor:
        """Map z (N, noise) to maps (N, 1, S, S) in [-1, 1]."""
        out: Tensor = self.layers(z[:, :, None, None])
        return out


class DcGanDiscriminator(nn.Module):
    """Maps to one logit each, above 0 for real: the generator mirrored, with LeakyReLU 0.2.

    Its batch norm takes the mean and deviation of the batch that it judges, in evaluation too: it
    learns from batches that are all real or all generated, and means over both would make it judge
    otherwise once it is frozen.

    Args:
        filters: channels, finest first.
    """

    def __init__(self, *, filters: Sequence[int] = _FILTERS) -> None:
        super().__init__()
        self.side_px = map_side_px(filters)
        layers: list[nn.Module] = [
            nn.Conv2d(1, filters[0], 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for before, after in pairwise(filters):
            layers += [
                nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after, track_running_stats=False),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers.append(nn.Conv2d(filters[-1], 1, _COARSEST_PX))
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, maps: Tensor) -> Tensor:
        """Map maps (N, 1, S, S) to logits (N, 1, 1, 1).

        Raises:
            ValueError: maps of another side.
        """
        if maps.shape[1:] != (1, self.side_px, self.side_px):
            raise ValueError(
                f"{type(self).__name__}: got maps {tuple(maps.shape)}, expected "
                f"(N, 1, {self.side_px}, {self.side_px})"
            )
        out: Tensor = self.layers(maps)
        return out


def normal_weights(network: nn.Module) -> None:
    """Draw convolutions from N(0, 0.02) and scales of batch norm from N(1, 0.02); biases 0."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, _SPREAD)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, _SPREAD)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
