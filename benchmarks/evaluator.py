"""How fast the evaluator counts, beside the loop that takes a distance transform per threshold.

Part 1: 46 predictions of CFD's test images, 99 thresholds, tolerances 0, 2 and 5 px, all curves.
The loop transforms the prediction anew at every threshold and shares that transform among the
tolerances; it is run with SciPy's and with OpenCV's transform. All counts must be equal. Rounds
alternate, so that both see the same machine.

Part 2: one pair of 2048 x 4096 px, every metric, with the peak memory of a process of its own.

    python benchmarks/evaluator.py --data DATA/cfd [--model FILE]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import as_text, machine_facts
from scipy import ndimage
from tables import write_results

from crackgauge.data.pairs import find_pairs
from crackgauge.images import read_image, read_mask
from crackgauge.inference.predictor import open_model
from crackgauge.metrics.curves import THRESHOLDS
from crackgauge.metrics.evaluate import TOLERANCES, EvaluationItem, evaluate_pairs
from crackgauge.metrics.image_counts import sweep

SIZE = (2048, 4096)
Transform = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the CrackForest folder")
    parser.add_argument("--model", type=Path, help="whose predictions; default: the embedded one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="only part 2, in this process")
    arguments = parser.parse_args()
    if arguments.large:
        _large()
        return
    machine = machine_facts("numpy", "scipy", "opencv-python-headless")
    items = _predictions(arguments.data, arguments.model)
    rows = _race(items, arguments.rounds)
    command = [sys.executable, __file__, "--large"]
    large = [
        dict(zip(("seconds", "peak MiB", "MiB before"), map(float, line.split()), strict=True))
        for line in (
            subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for _ in range(3)
        )
    ]
    write_results(
        "evaluator",
        title="Speed of the evaluator",
        command="python benchmarks/evaluator.py --data DATA/cfd",
        text=f"{(__doc__ or '').strip()}\n\n{as_text(machine)}",
        tables={
            "46 predictions of 480 x 320 px, 99 thresholds, 3 tolerances": rows,
            f"One pair of {SIZE[0]} x {SIZE[1]} px, every metric (limits 4 s and 1,024 MiB)": large,
        },
        facts={"machine": machine},
    )


def _predictions(data: Path, model: Path | None) -> list[EvaluationItem]:
    predictor = open_model(model)
    return [
        EvaluationItem(
            pair.stem, predictor.predict(read_image(pair.image)), read_mask(pair.mask).mask
        )
        for pair in find_pairs(data, split="test")
        if pair.mask is not None
    ]


def _race(items: list[EvaluationItem], rounds: int) -> list[dict[str, Any]]:
    """Our pass in every round, each loop once; ratios are of medians."""
    ours: list[float] = []
    loops = {"loop, SciPy's transform": _scipy, "loop, OpenCV's transform": _opencv}
    took: dict[str, float] = {}
    for name, transform in loops.items():
        ours += [_timed(items, _one_pass)[0] for _ in range(rounds)]
        fast = _timed(items, _one_pass)[1]
        took[name], slow = _timed(items, lambda item, use=transform: _loop(item, use))
        if not all(np.array_equal(a, b) for a, b in zip(fast, slow, strict=True)):
            raise SystemExit(f"the counts differ from those of the {name}")
        print(name, took[name], statistics.median(ours), flush=True)
    ours += [_timed(items, _one_pass)[0] for _ in range(rounds)]
    median = statistics.median(ours)
    rows = [{"way": "one pass", "seconds": median, "times slower": 1.0, "counts": "reference"}]
    rows += [
        {"way": name, "seconds": seconds, "times slower": seconds / median, "counts": "equal"}
        for name, seconds in took.items()
    ]
    whole = [
        _timed([items], lambda some: evaluate_pairs(some, threshold=0.5).scores)[0]
        for _ in range(rounds)
    ]
    rows.append(
        {
            "way": "every metric of the evaluator (skeletons, distances, calibration too)",
            "seconds": statistics.median(whole),
            "times slower": statistics.median(whole) / median,
            "counts": "",
        }
    )
    return rows


def _timed(items: Any, count: Callable[[Any], Any]) -> tuple[float, list[Any]]:
    started = time.perf_counter()
    result = [count(item) for item in items]
    return time.perf_counter() - started, result


def _one_pass(item: EvaluationItem) -> np.ndarray:
    return sweep(item, TOLERANCES)


def _loop(item: EvaluationItem, transform: Transform) -> np.ndarray:
    truth, counts = item.truth, np.zeros((len(TOLERANCES), len(THRESHOLDS), 4), np.int64)
    to_truth = transform(truth)
    for column, threshold in enumerate(THRESHOLDS):
        prediction = item.prediction >= np.float32(threshold)
        to_prediction = transform(prediction)
        for row, tolerance in enumerate(TOLERANCES):
            counts[row, column] = (
                prediction.sum(),
                (prediction & (to_truth <= tolerance.value)).sum(),
                truth.sum(),
                (truth & (to_prediction <= tolerance.value)).sum(),
            )
    return counts


def _scipy(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return ndimage.distance_transform_edt(~mask)


def _opencv(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _large() -> None:
    """Print the seconds, the peak and the memory before, in MiB."""
    generator = np.random.default_rng(0)
    blurred = cv2.GaussianBlur(generator.random(SIZE, np.float32), (0, 0), 8)
    probability = (blurred - blurred.min()) / (blurred.max() - blurred.min())
    truth = np.roll(probability > 0.62, 3, axis=1)
    small = EvaluationItem("small", probability[:64, :64].copy(), truth[:64, :64])
    evaluate_pairs([small], threshold=0.6).to_json()  # loads the libraries
    before = _peak_mib()
    started = time.perf_counter()
    evaluation = evaluate_pairs([EvaluationItem("large", probability, truth)], threshold=0.6)
    evaluation.to_json()
    evaluation.per_image()
    print(time.perf_counter() - started, _peak_mib(), before)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
