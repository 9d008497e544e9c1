from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from crackgauge.arrays import Image
from crackgauge.inference.export import export_onnx
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.models import build, parameter_count
from crackgauge.tiling import round_up

OPTIONS = {"in_channels": 3, "filters": [4, 6, 8], "batch_norm": True}


def describe(network: nn.Module, **changes: object) -> ModelMetadata:
    """The description of one of these tests' networks."""
    stride = int(network.stride)
    values = {
        "architecture": "attention-unet",
        "options": OPTIONS,
        "parameters": parameter_count(network),
        "mean": (0.4, 0.5, 0.6),
        "std": (0.2, 0.25, 0.3),
        "stride": stride,
        "halo": round_up(int(network.receptive_field_px) // 2, stride),
        "tile": 64,
        "threshold": 0.35,
    }
    return ModelMetadata(**{**values, **changes})


def random_image(height: int, width: int, seed: int = 0) -> Image:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def network() -> nn.Module:
    """A small network of system 1 whose batch norm has seen data; stride 4."""
    torch.manual_seed(1)
    network = build("attention-unet", **OPTIONS).train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(4, 3, 32, 32))
    return network.eval()


@pytest.fixture(scope="session")
def model_path(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small.onnx"
    export_onnx(network, describe(network), path)
    return path


@pytest.fixture(scope="session")
def predictor(model_path: Path) -> Predictor:
    return open_model(model_path, threads=1)
