"""Score a network on held-back images and choose its threshold there.

Legend: H, W height and width of an image; K thresholds 0.01..0.99.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from crackgauge.arrays import Mask, Probability
from crackgauge.data.preprocess import normalise
from crackgauge.inference.augmentation import resample
from crackgauge.metrics import ratios
from crackgauge.metrics.curves import THRESHOLDS, best_index
from crackgauge.metrics.tolerance import levels_of, sweep_counts
from crackgauge.recipes.schema import Recipe


@dataclass(frozen=True)
class Score:
    """Pooled scores on the validation images.

    Attributes:
        threshold: fixed by the recipe, or the best of 0.01..0.99 here.
        f1, precision, recall: at the recipe's tolerance.
        f1_0px: at no tolerance, same threshold.
    """

    threshold: float
    f1: float
    precision: float
    recall: float
    f1_0px: float


@torch.no_grad()
def probability_of(
    network: nn.Module,
    image: npt.NDArray[np.uint8],
    recipe: Recipe,
    *,
    device: torch.device,
    autocast: AbstractContextManager[None],
) -> Probability:
    """Probability float32 (H, W) of a preprocessed image uint8 (H, W, C), in one pass.

    Right and bottom are padded to a multiple of the network's stride, and a map of half the size is
    enlarged, as the predictor does.
    """
    height, width = image.shape[:2]
    stride = int(network.stride)  # type: ignore[arg-type]
    padding = [(0, -height % stride), (0, -width % stride), (0, 0)]
    padded = np.pad(image, padding, mode=str(getattr(network, "padding", "edge")))  # type: ignore[call-overload]
    array = normalise(padded, mean=recipe.input.mean, std=recipe.input.std)
    x = torch.from_numpy(array)[None].to(device).contiguous(memory_format=torch.channels_last)
    with autocast:
        logits = network(x).logits
    probability = logits.float().sigmoid()[0, 0].cpu().numpy()
    if probability.shape != padded.shape[:2]:
        probability = resample(probability, Fraction(padded.shape[0], probability.shape[0]))
    return np.ascontiguousarray(probability[:height, :width])


def score(
    predictions: Iterable[tuple[Probability, Mask]],
    *,
    tolerance_px: float,
    threshold: float | None = None,
) -> Score:
    """Pool counts over pairs of probability and truth; choose the threshold if none is given.

    Of equally good thresholds the middle one is taken. Where a network gives no numbers any more,
    neither does the score: every figure is NaN.
    """
    candidates = THRESHOLDS if threshold is None else (threshold,)
    order = np.asarray(candidates, np.float32)
    total = np.zeros((2, len(order), 4), np.int64)
    for probability, truth in predictions:
        if not np.isfinite(probability).all():
            return Score(*[math.nan] * 5)
        levels = levels_of(probability, order)
        for row, radius in enumerate((tolerance_px, 0.0)):
            total[row] += sweep_counts(levels, truth, len(order), radius)
    chosen = int(best_index(ratios.f1(total[0])))
    near, exact = total[:, chosen]
    return Score(
        candidates[chosen],
        float(ratios.f1(near)),
        float(ratios.precision(near)),
        float(ratios.recall(near)),
        float(ratios.f1(exact)),
    )
