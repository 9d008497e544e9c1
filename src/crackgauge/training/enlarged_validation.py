"""Validation of networks that enlarge: held-back images made small, enlarged and compared.

Legend: H, W height and width of a held-back image; C channels; s the network's factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from crackgauge.arrays import Mask, Probability
from crackgauge.data.dataset import Sample
from crackgauge.data.preprocess import normalise
from crackgauge.models import SegmentationOutput
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import SuperResolution
from crackgauge.training.low_resolution import ImageSpace, psnr_db

Autocast = Callable[[], AbstractContextManager[None]]


def enlarged_probabilities(
    network: nn.Module,
    samples: Sequence[Sample],
    recipe: Recipe,
    *,
    device: torch.device,
    autocast: Autocast,
) -> Iterator[tuple[Probability, Mask]]:
    """Probability float32 (H, W) of each image made s times smaller, with its truth."""
    for sample, _, output in _outputs(network, samples, recipe, device, autocast):
        found: SegmentationOutput = output
        height, width = sample.mask.shape
        probability = found.logits[0, 0, :height, :width].float().sigmoid().cpu().numpy()
        yield np.ascontiguousarray(probability), sample.mask


def enlarged_psnr_db(
    network: nn.Module,
    samples: Sequence[Sample],
    recipe: Recipe,
    *,
    device: torch.device,
    autocast: Autocast,
) -> Iterator[float]:
    """PSNR of each image made s times smaller and enlarged by `network`, which gives images."""
    space = ImageSpace(recipe.input, device)
    for sample, x, output in _outputs(network, samples, recipe, device, autocast):
        height, width = sample.mask.shape
        enlarged, original = space.white(output), space.white(x)
        yield psnr_db(enlarged[..., :height, :width], original[..., :height, :width])


@torch.no_grad()
def _outputs(
    network: nn.Module,
    samples: Sequence[Sample],
    recipe: Recipe,
    device: torch.device,
    autocast: Autocast,
) -> Iterator[tuple[Sample, Tensor, Any]]:
    """Each sample, its normalised image, and what the network gives for the small one.

    Right and bottom are padded with the edge's pixels to s times the network's stride.
    """
    settings = recipe.super_resolution or SuperResolution()
    scale, stride = int(network.output_scale), int(network.stride)  # type: ignore[arg-type]
    space = ImageSpace(recipe.input, device)
    for sample in samples:
        height, width = sample.mask.shape
        padding = [(0, -height % (scale * stride)), (0, -width % (scale * stride)), (0, 0)]
        padded = np.pad(sample.image, padding, mode="edge")
        array = normalise(padded, mean=recipe.input.mean, std=recipe.input.std)
        x = torch.from_numpy(array)[None].to(device)
        with autocast():
            yield sample, x, network(space.reduce(x, scale, settings.low_resolution))
