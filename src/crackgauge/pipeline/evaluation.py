"""The verb `evaluate`: score predictions against truths."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackgauge.arrays import Mask, Probability
from crackgauge.data.pairs import find_pairs
from crackgauge.errors import DatasetError, InputRefused, UsageError
from crackgauge.files import write_text_atomic
from crackgauge.images import read_mask, read_probability
from crackgauge.images.listing import LISTED_SUFFIXES
from crackgauge.metrics.evaluate import TOLERANCES_PX, Evaluation, evaluate_pairs
from crackgauge.pipeline.summary import Progress, ProgressEvent, silent

METRICS_FILE = "metrics.json"
PER_IMAGE_FILE = "per_image.csv"
_SUFFIXES = LISTED_SUFFIXES | {".mat"}


@dataclass(frozen=True)
class EvaluationReport:
    """Scores, and which files they are of.

    Args:
        scores: the evaluation itself.
        predictions: the folder that the predictions were read from.
        without_truth: predictions left out because there is no truth of their name; sorted.
        truth_rules: how the truths' encodings were read, each with its number of files.
    """

    scores: Evaluation
    predictions: Path
    without_truth: list[str]
    truth_rules: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Everything but the per-image scores, ready for `json.dumps`."""
        return {
            "images": len(self.scores.images),
            "predictions_without_truth": len(self.without_truth),
            "truth_rules": dict(sorted(self.truth_rules.items())),
            "metrics": self.scores.to_json(),
        }


def evaluate(
    predictions: str | Path,
    truths: str | Path,
    out: str | Path | None = None,
    *,
    threshold: float | None = None,
    split: str | None = None,
    tolerances_px: Sequence[float] = TOLERANCES_PX,
    progress: Progress = silent,
) -> EvaluationReport:
    """Score the predictions in one folder against the truths of the same names.

    Args:
        predictions: a folder of masks, or what `predict` wrote: its `masks/` is taken, or, with a
            threshold, its `probabilities/`.
        truths: a folder of masks (`.mat` truths of CrackForest too), or a dataset in one of the
            usual layouts.
        out: folder for `metrics.json` and `per_image.csv`; None writes nothing.
        threshold: read the predictions as probabilities; crack is what is at least this.
        split: the split of the dataset `truths` to score.
        tolerances_px: each at least 0.
        progress: called once an image.

    Raises:
        UsageError: a folder is not there or empty; sizes differ; a threshold or a tolerance that
            cannot be.
        DatasetError: a truth without a prediction, or a file that cannot be read.
        StorageError: `out` cannot be written.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"threshold: got {threshold:g}, expected a probability in [0, 1]")
    wanted = _find_truths(Path(truths), split)
    folder = _prediction_folder(Path(predictions), probabilities=threshold is not None)
    found = _by_stem(folder)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise DatasetError(
            f"{folder}: {len(missing)} of {len(wanted)} truths have no prediction, the first is "
            f"{missing[0]}; expected a file of the same name (without suffix) for every truth"
        )
    rules: Counter[str] = Counter()
    items = _read_pairs(found, wanted, threshold, rules, progress)
    scores = evaluate_pairs(items, threshold=threshold, tolerances_px=tolerances_px)
    extra = sorted(found.keys() - wanted.keys())
    report = EvaluationReport(scores, folder, extra, dict(rules))
    if out is not None:
        write_text_atomic(Path(out) / METRICS_FILE, json.dumps(report.to_json(), indent=1) + "\n")
        write_text_atomic(Path(out) / PER_IMAGE_FILE, _per_image_csv(scores))
    return report


def _read_pairs(
    predictions: Mapping[str, Path],
    truths: Mapping[str, Path],
    threshold: float | None,
    rules: Counter[str],
    progress: Progress,
) -> Iterator[tuple[str, Mask | Probability, Mask]]:
    progress(ProgressEvent(0, len(truths), "", "begun"))
    for number, stem in enumerate(sorted(truths), start=1):
        try:
            reading = read_mask(truths[stem])
            prediction: Mask | Probability
            if threshold is None:
                prediction = read_mask(predictions[stem]).mask
            else:
                prediction = read_probability(predictions[stem])
        except InputRefused as refused:
            # Scores of what is left would look better or worse than they are.
            raise DatasetError(f"{refused}; mend or remove it, nothing was scored") from refused
        rules[reading.rule] += 1
        yield stem, prediction, reading.mask
        progress(ProgressEvent(number, len(truths), stem, "done"))


def _find_truths(root: Path, split: str | None) -> dict[str, Path]:
    """Find the truths by stem, in a plain folder of masks or in a dataset."""
    if not root.exists():
        raise UsageError(f"{root}: no such folder; check the path of the truths")
    if root.is_dir() and split is None:
        plain = _by_stem(root, recursive=False)
        if plain:
            return plain
    pairs = find_pairs(root, split=split)
    return {pair.stem: pair.mask for pair in pairs if pair.mask is not None}


def _prediction_folder(root: Path, *, probabilities: bool) -> Path:
    if not root.is_dir():
        raise UsageError(f"{root}: is no folder; expected the folder of the predictions")
    inside = root / ("probabilities" if probabilities else "masks")
    folder = inside if inside.is_dir() else root
    if not _by_stem(folder):
        raise UsageError(f"{folder}: holds no prediction; expected files such as .png or .tif")
    return folder


def _by_stem(folder: Path, *, recursive: bool = True) -> dict[str, Path]:
    """Find masks by their path below `folder` without suffix.

    Raises:
        DatasetError: two files have the same stem.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*") if recursive else folder.iterdir()):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        stem = inside.with_suffix("").as_posix()
        if stem in found:
            raise DatasetError(
                f"{found[stem]} and {path} have the same name but for the suffix; "
                "expected one file a name: move one of them away"
            )
        found[stem] = path
    return found


def _per_image_csv(scores: Evaluation) -> str:
    stream = io.StringIO()
    rows = sorted(scores.per_image(), key=lambda row: str(row["image"]))
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                key: f"{value:.6f}" if isinstance(value, float) else value
                for key, value in row.items()
            }
        )
    return stream.getvalue()
