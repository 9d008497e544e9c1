"""Low-resolution images and truths, made from the high-resolution ones on the device.

Training and validation use the same functions.

Legend: N batch, C channels, H and W height and width, s the factor.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from crackgauge.losses import Target
from crackgauge.recipes.schema import Input

Method = Literal["bicubic", "bilinear"]


class ImageSpace:
    """Between the network's normalised images and shares of white, x std + mean in [0, 1].

    Args:
        settings: with the mean and the deviation.
        device: of the images.
    """

    def __init__(self, settings: Input, device: torch.device) -> None:
        self._mean = torch.tensor(settings.mean, device=device).view(1, -1, 1, 1)
        self._std = torch.tensor(settings.std, device=device).view(1, -1, 1, 1)

    def white(self, x: Tensor) -> Tensor:
        """Shares of white of a normalised image (N, C, H, W)."""
        return x.float() * self._std + self._mean

    def normalised(self, white: Tensor) -> Tensor:
        """The reverse of `white`."""
        return (white - self._mean) / self._std

    def reduce(self, x: Tensor, scale: int, method: Method) -> Tensor:
        """The image as a camera of lower resolution would store it, in 8 bits.

        Args:
            x: normalised (N, C, H, W), H and W multiples of s.
            scale: s.
            method: see `reduce_image`.

        Returns:
            Normalised (N, C, H / s, W / s).
        """
        small = reduce_image(self.white(x), scale, method)
        stored = torch.round(255 * small.clamp(0, 1)) / 255
        return self.normalised(stored).contiguous(memory_format=torch.channels_last)


def reduce_image(image: Tensor, scale: int, method: Method) -> Tensor:
    """Make an image (N, C, H, W) s times smaller.

    Args:
        image: H and W are multiples of s.
        scale: s.
        method: "bicubic", whose kernel is s times as wide (antialiased), or "bilinear", which is
            not, and reads the four pixels around each new centre.

    >>> ramp = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 1, 8, 8)
    >>> reduce_image(ramp, 4, "bilinear")[0, 0, 0].tolist()
    [1.5, 5.5]
    """
    size = [image.shape[-2] // scale, image.shape[-1] // scale]
    return functional.interpolate(
        image.float(), size=size, mode=method, antialias=method == "bicubic", align_corners=False
    )


def reduce_target(target: Target, scale: int, *, normalised_distance: bool) -> Target:
    """Make a truth s times smaller by area.

    The mask becomes the share of each s x s block that is crack; the signed distance its mean over
    the block, in pixels of the small truth.

    Args:
        target: of H and W multiples of s.
        scale: s.
        normalised_distance: the distance has no unit, and is not divided by s.

    >>> mask = torch.tensor([[[[1.0, 0.0], [1.0, 1.0]]]])
    >>> reduce_target(Target(mask), 2, normalised_distance=False).mask.tolist()
    [[[[0.75]]]]
    """
    mask = functional.avg_pool2d(target.mask, scale)
    if target.signed_distance is None:
        return Target(mask)
    distance = functional.avg_pool2d(target.signed_distance, scale)
    if not normalised_distance:
        distance = distance / scale
    return Target(mask, distance, target.boundary_weight)


def psnr_db(enlarged: Tensor, original: Tensor) -> float:
    """Peak signal-to-noise ratio of shares of white in dB, over the batch; at most 100.

    >>> round(psnr_db(torch.full((1, 3, 2, 2), 0.1), torch.zeros(1, 3, 2, 2)), 3)
    20.0
    """
    error = float((enlarged.clamp(0, 1) - original).square().mean())
    return -10 * float(torch.log10(torch.tensor(max(error, 1e-10))))
