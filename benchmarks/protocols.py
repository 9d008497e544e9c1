"""Score a model on images with a threshold chosen on other images, by named protocols."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from crackgauge.arrays import Image, Mask, Probability
from crackgauge.data.pairs import Pair
from crackgauge.images import read_image, read_mask, read_probability, write_probability
from crackgauge.inference.predictor import Predictor
from crackgauge.inference.protocols import (
    predict_shifts_mean,
    predict_stitched,
    predict_windows_mean,
)
from crackgauge.metrics.tolerance import MatchCounts, threshold_counts
from crackgauge.training.validation import score

TOLERANCES_PX = (0, 2, 5)

PROTOCOLS: dict[str, Callable[[Predictor, Image], Probability]] = {
    "whole": lambda model, image: model.predict(image),
    "flips": lambda model, image: model.predict(image, augmentation="flips"),
    "flips+scales": lambda model, image: model.predict(image, augmentation="flips+scales"),
    "64 shifts": predict_shifts_mean,
    "16 shifts (every 2 px)": lambda model, image: predict_shifts_mean(model, image, step=2),
    "windows 48, stride 8": lambda model, image: predict_windows_mean(model, image, step=8),
    "windows 48, stride 1": predict_windows_mean,
}
# Kompanets et al. 2024 stitch patches predicted alone; blended tiles see beyond their core.
for _side in (64, 128, 256, 512):
    PROTOCOLS[f"stitched {_side}"] = partial(predict_stitched, patch_px=_side)
    PROTOCOLS[f"blended tiles {_side}"] = partial(Predictor.predict, tile=_side)

Predicted = list[tuple[Probability, Mask]]


def predict_pairs(
    model: Predictor, pairs: Sequence[Pair], protocol: str, *, kept: Path | None = None
) -> Predicted:
    """Probability and truth of each pair; in the folder `kept`, so that a stopped run goes on."""
    predicted = []
    for pair in pairs:
        if pair.mask is None:
            continue
        file = kept / protocol.replace(" ", "-") / f"{pair.stem}.tif" if kept else None
        if file is not None and file.exists():
            probability = read_probability(file)
        else:
            probability = PROTOCOLS[protocol](model, read_image(pair.image))
            if file is not None:
                write_probability(file, probability)
        predicted.append((probability, read_mask(pair.mask).mask))
    return predicted


def choose_threshold(validation: Predicted, *, tolerance_px: float = 2.0) -> float:
    """Best pooled F1 on validation images, thresholds 0.01..0.99."""
    return score(validation, tolerance_px=tolerance_px).threshold


def pooled_f1(test: Predicted, threshold: float) -> dict[str, float]:
    """Pooled precision, recall and F1 in percent at 0, 2 and 5 px."""
    figures = {}
    for tolerance in TOLERANCES_PX:
        total = sum(
            (threshold_counts(p, truth, tolerance, [threshold])[0] for p, truth in test),
            start=MatchCounts(),
        )
        figures[f"F1 {tolerance} px"] = round(100 * total.f1, 2)
        if tolerance == 2:
            figures["Pr 2 px"] = round(100 * total.precision, 2)
            figures["Re 2 px"] = round(100 * total.recall, 2)
    return figures


def score_protocol(
    model: Predictor,
    protocol: str,
    *,
    test: Sequence[Pair],
    validation: Sequence[Pair] = (),
    threshold: float | None = None,
    kept: Path | None = None,
) -> dict[str, object]:
    """One row: figures on `test`, threshold chosen on `validation` unless it is given."""
    started = time.perf_counter()
    if threshold is None:
        threshold = choose_threshold(predict_pairs(model, validation, protocol, kept=kept))
    predicted = predict_pairs(model, test, protocol, kept=kept)
    megapixels = sum(truth.size for _, truth in predicted) / 1e6
    return {
        "protocol": protocol,
        "images": len(predicted),
        "megapixels": round(megapixels, 2),
        "threshold": threshold,
        **pooled_f1(predicted, threshold),
        "mean probability": round(float(np.mean([p.mean() for p, _ in predicted])), 5),
        "elapsed_s": round(time.perf_counter() - started, 1),
    }
