"""System 4, arrangements (c), (e), (g): segment the image, then enlarge the probability.

Kondo and Ukita: "Crack segmentation for low-resolution images using joint learning with
super-resolution", 2021.

Legend: N batch, C channels, H and W height and width of the low-resolution image, s the factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from crackgauge.models.blocks import SegmentationOutput, check_input
from crackgauge.models.enlargers import Enlarger, build_enlarger
from crackgauge.models.vgg_unet import VggUNet

# An enlarged probability is cut to [margin, 1 - margin] before it becomes a logit. Thresholds are
# 0.01 to 0.99, so the cut changes no mask.
_MARGIN = 1e-4


class SegmentThenEnlarge(nn.Module):
    """The low-resolution image through `VggUNet`; its probability, enlarged, is the result.

    What the enlarger puts out may leave [0, 1]: a learned one has no sigmoid, bicubic overshoots.
    It is given as it is (`enlarged_probability`, for an L1 loss), and cut to [1e-4, 1 - 1e-4] for
    the logits, log(p / (1 - p)).

    Args:
        scale: s.
        in_channels: C; 3 (RGB), which pretrained weights want, or 1.
        enlarger: name and options, see `build_enlarger`; it has one channel in and out.
        segmenter: options of `VggUNet`.

    Raises:
        TypeError: an option that the parts do not take.
    """

    tile_exact = True
    enlarges_image = False

    def __init__(
        self,
        *,
        scale: int = 4,
        in_channels: int = 3,
        enlarger: Mapping[str, Any] | None = None,
        segmenter: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.segmenter = VggUNet(in_channels=in_channels, **(segmenter or {}))
        self.enlarger = build_enlarger(enlarger, channels=1, scale=scale)
        self.in_channels, self.output_scale = in_channels, scale
        self.stride = self.segmenter.stride

    @property
    def receptive_field_px(self) -> int:
        """Side of the square of low-resolution pixels that an output pixel sees."""
        return self.segmenter.receptive_field_px + 2 * cast(Enlarger, self.enlarger).reach_px

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, C, H, W), H and W multiples of `stride`, to logits (N, 1, s H, s W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        low = self.segmenter(x).logits
        enlarged = self.enlarger(low.float().sigmoid()).float()
        return SegmentationOutput(
            logit(enlarged), low_resolution_logits=low, enlarged_probability=enlarged
        )

    def load_encoder(self, weights: str) -> None:
        """Fill in pretrained weights of the segmenter's encoder; see `VggUNet.load_encoder`."""
        self.segmenter.load_encoder(weights)


def logit(probability: Tensor) -> Tensor:
    """Logit of a map that may leave [0, 1].

    >>> logit(torch.tensor([0.5, 0.9, 1.3])).sigmoid().tolist()
    [0.5, 0.899..., 0.999...]
    """
    inside = probability.clamp(_MARGIN, 1 - _MARGIN)
    return torch.log(inside) - torch.log1p(-inside)
