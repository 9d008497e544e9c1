"""Networks: one a file, built by name from the dict `MODELS`."""

from __future__ import annotations

import difflib
from typing import Any

from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.models.attention_unet import AttentionUNet
from crackgauge.models.blocks import SegmentationOutput
from crackgauge.models.convnext_scse import ConvNextScse
from crackgauge.models.crackgan import CrackGan, CrackGanClassifier
from crackgauge.models.dbpn import Dbpn
from crackgauge.models.dc_gan import DcGanDiscriminator, DcGanGenerator
from crackgauge.models.enlarge_then_segment import EnlargeThenSegment
from crackgauge.models.gated_scale_unet import GatedScaleUNet
from crackgauge.models.pix2pix import PatchDiscriminator, Pix2Pix
from crackgauge.models.segment_then_enlarge import SegmentThenEnlarge
from crackgauge.models.vgg_unet import VggUNet

MODELS: dict[str, type[nn.Module]] = {
    "attention-unet": AttentionUNet,
    "convnext-scse": ConvNextScse,
    "crackgan": CrackGan,
    "crackgan-classifier": CrackGanClassifier,
    "dbpn": Dbpn,
    "dc-gan-discriminator": DcGanDiscriminator,
    "dc-gan-generator": DcGanGenerator,
    "enlarge-then-segment": EnlargeThenSegment,
    "gated-scale-unet": GatedScaleUNet,
    "patch-discriminator": PatchDiscriminator,
    "pix2pix": Pix2Pix,
    "segment-then-enlarge": SegmentThenEnlarge,
    "vgg-unet": VggUNet,
}

__all__ = ["MODELS", "SegmentationOutput", "build", "parameter_count"]


def build(name: str, **options: Any) -> nn.Module:
    """Build the network `name` with its options; weights are drawn from torch's generator.

    Raises:
        RecipeError: the name is not in `MODELS`, or an option is not one of the network's.

    >>> parameter_count(build("attention-unet"))
    1049031
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecipeError(f"unknown network {name!r}; known: {', '.join(sorted(MODELS))}{hint}")
    try:
        return MODELS[name](**options)
    except TypeError as error:
        raise RecipeError(f"network {name!r} does not take these options: {error}") from error


def parameter_count(network: nn.Module) -> int:
    """Number of trained parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
