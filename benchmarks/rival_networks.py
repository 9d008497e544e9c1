"""The networks that a user would take instead, as model files that crackgauge's backends run."""

from __future__ import annotations

from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from crackgauge.inference.export import export_onnx
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.models import SegmentationOutput, parameter_count

# Name -> what it is. Their weights are random: speed does not depend on them.
RIVALS = {
    "resnet34": "U-Net with ResNet-34",
    "mobilenet_v2": "U-Net with MobileNetV2",
}


class Rival(nn.Module):
    """A U-Net of segmentation_models_pytorch with the output that export expects."""

    def __init__(self, encoder: str) -> None:
        super().__init__()
        self.network = smp.Unet(encoder, encoder_weights=None, in_channels=3, classes=1)

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, 3, H, W), H and W multiples of 32, to logits (N, 1, H, W)."""
        return SegmentationOutput(self.network(x))


def export_rival(name: str, path: Path) -> Path:
    """Write the network `name` as a model file.

    Raises:
        ModelFileError: torch cannot export it.
    """
    torch.manual_seed(0)
    network = Rival(name).eval()
    metadata = ModelMetadata(
        architecture=f"smp-unet-{name}",
        parameters=parameter_count(network),
        stride=32,
        halo=0,
        licence="MIT",
        training_data="none: random weights",
    )
    export_onnx(network, metadata, path)
    return path
