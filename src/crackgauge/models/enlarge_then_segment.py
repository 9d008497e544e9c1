"""System 4, arrangements (b), (d), (f): enlarge the image, then segment it.

Kondo and Ukita: "Crack segmentation for low-resolution images using joint learning with
super-resolution", 2021.

Legend: N batch, C channels, H and W height and width of the low-resolution image, s the factor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

from torch import Tensor, nn

from crackgauge.models.blocks import SegmentationOutput, check_input
from crackgauge.models.enlargers import Enlarger, build_enlarger
from crackgauge.models.vgg_unet import VggUNet


class EnlargeThenSegment(nn.Module):
    """The low-resolution image, enlarged, optionally normalised, through `VggUNet`.

    The enlarger works in the space of the normalised image, so an enlarged image is brought back as
    its input was made: x * std + mean.

    Args:
        scale: s.
        in_channels: C; 3 (RGB), which pretrained weights want, or 1.
        enlarger: name and options, see `build_enlarger`.
        segmenter: options of `VggUNet`.
        between: what stands between the two: "none", or "instance-norm" without weights, as in
            the authors' code. Its mean and deviation are those of the tile, so tiles are then
            approximate.

    Raises:
        TypeError: an option that the parts do not take.
    """

    enlarges_image = True

    def __init__(
        self,
        *,
        scale: int = 4,
        in_channels: int = 3,
        enlarger: Mapping[str, Any] | None = None,
        segmenter: Mapping[str, Any] | None = None,
        between: Literal["none", "instance-norm"] = "none",
    ) -> None:
        super().__init__()
        if between not in ("none", "instance-norm"):
            raise TypeError(f"between: got {between!r}, expected 'none' or 'instance-norm'")
        self.enlarger = build_enlarger(enlarger, channels=in_channels, scale=scale)
        self.segmenter = VggUNet(in_channels=in_channels, **(segmenter or {}))
        self.between = nn.InstanceNorm2d(in_channels) if between != "none" else nn.Identity()
        self.in_channels, self.output_scale = in_channels, scale
        self.tile_exact = between == "none"
        # The segmenter's stride is one of enlarged pixels.
        self.stride = self.segmenter.stride // math.gcd(self.segmenter.stride, scale)

    @property
    def halo_px(self) -> int:
        """Low-resolution pixels around a tile that its result depends on."""
        enlarged = self.segmenter.receptive_field_px // 2
        return -(-enlarged // self.output_scale) + cast(Enlarger, self.enlarger).reach_px

    @property
    def receptive_field_px(self) -> int:
        """Side of the square of low-resolution pixels that an output pixel sees."""
        return 2 * self.halo_px + 1

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, C, H, W), H and W multiples of `stride`, to logits (N, 1, s H, s W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        enlarged = self.enlarger(x)
        logits = self.segmenter(self.between(enlarged)).logits
        return SegmentationOutput(logits, enlarged_image=enlarged)

    def load_encoder(self, weights: str) -> None:
        """Fill in pretrained weights of the segmenter's encoder; see `VggUNet.load_encoder`."""
        self.segmenter.load_encoder(weights)
