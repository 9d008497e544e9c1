"""What an evaluation leaves in its folder: figures, a table, curves and the worst images."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.arrays import Image
from crackgauge.errors import InputRefused
from crackgauge.files import storing, write_text_atomic
from crackgauge.images import read_image
from crackgauge.metrics.curves import THRESHOLDS
from crackgauge.metrics.evaluate import Evaluation
from crackgauge.metrics.tolerance import Tolerance
from crackgauge.pipeline.evaluation.comparison import COMPARISON_FILE
from crackgauge.pipeline.evaluation.sides import Side, predicted_mask
from crackgauge.pipeline.evaluation.threshold import METRICS_FILE
from crackgauge.pipeline.evaluation.truths import Case, TruthReader, TruthSet
from crackgauge.pipeline.tables import printable
from crackgauge.report.curves import (
    IouCurve,
    PrecisionRecallCurve,
    ReliabilityBins,
    write_iou_curves,
    write_precision_recall,
    write_reliability,
)
from crackgauge.report.error_sheet import ErrorCase, write_error_sheet

PER_IMAGE_FILE = "per_image.csv"
PRECISION_RECALL_FILE = "precision_recall.png"
IOU_FILE = "iou_threshold.png"
RELIABILITY_FILE = "reliability.png"
WORST_FILE = "worst.png"
CURVE_FILES = (PRECISION_RECALL_FILE, IOU_FILE, RELIABILITY_FILE)
_OWNED = (METRICS_FILE, PER_IMAGE_FILE, COMPARISON_FILE, WORST_FILE, *CURVE_FILES)

_WORST_BY = Tolerance(2)


def remove_earlier(out: Path) -> None:
    """Remove what an earlier evaluation left, so that no file of it stands among the new ones.

    Raises:
        StorageError: a file cannot be removed.
    """
    for name in _OWNED:
        with storing(out / name):
            (out / name).unlink(missing_ok=True)


def write_metrics(out: Path, metrics: dict[str, Any]) -> None:
    """Write `metrics.json`.

    Raises:
        StorageError: the file cannot be written.
    """
    write_text_atomic(out / METRICS_FILE, json.dumps(metrics, indent=1) + "\n")


def write_per_image(out: Path, evaluation: Evaluation) -> None:
    """Write `per_image.csv`, sorted by name; what there is nothing to take of is left empty.

    Raises:
        StorageError: the file cannot be written.
    """
    rows = sorted(evaluation.per_image(), key=lambda row: str(row["image"]))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(key, value) for key, value in row.items()} for row in rows)
    write_text_atomic(out / PER_IMAGE_FILE, printable(stream.getvalue()))


def _cell(key: str, value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if "threshold" in key else f"{value:.6f}"
    return value


def write_curves(out: Path, evaluation: Evaluation, *, name: str) -> None:
    """Draw the curves over the threshold; masks have none.

    Args:
        out: the folder.
        evaluation: the scores.
        name: what is scored, for the titles.

    Raises:
        StorageError: a file cannot be written.
    """
    if not evaluation.has_probabilities:
        return
    note = note_of(evaluation)
    write_precision_recall(
        out / PRECISION_RECALL_FILE,
        [_precision_recall(evaluation, tolerance) for tolerance in evaluation.tolerances],
        thresholds=THRESHOLDS,
        title=f"Precision and recall, {name}",
        note=f"ODS: the best threshold for these very images. {note}".strip(),
    )
    write_iou_curves(
        out / IOU_FILE,
        [IouCurve("pooled IoU", evaluation.iou_curve())],
        thresholds=THRESHOLDS,
        threshold=evaluation.threshold,
        title=f"IoU over the threshold, {name}",
        note=f"Best: at the best threshold for these very images. {note}".strip(),
    )
    found = evaluation.reliability()
    error = evaluation.scores["ece"].value
    write_reliability(
        out / RELIABILITY_FILE,
        [
            ReliabilityBins(
                f"calibration error (ECE) {error:.4f}",
                np.linspace(0, 1, len(found.pixels) + 1),
                found.probability,
                found.crack_share,
                found.pixels.astype(np.int64),
            )
        ],
        title=f"Reliability, {name}",
        note=note,
    )


def _precision_recall(evaluation: Evaluation, tolerance: Tolerance) -> PrecisionRecallCurve:
    precision, recall = evaluation.precision_recall(tolerance)
    best = evaluation.scores[f"ods@{tolerance.label}"].threshold
    index = THRESHOLDS.index(best) if best is not None else 0
    return PrecisionRecallCurve(words_of(tolerance), precision, recall, index)


def write_worst(
    out: Path, evaluation: Evaluation, side: Side, truths: TruthSet, reader: TruthReader, most: int
) -> None:
    """Draw the `most` images with the lowest F1, worst first; none where that is 0.

    The F1 is that at 2 px, or at the first tolerance where 2 px is not among them.

    Raises:
        StorageError: the file cannot be written.
    """
    if most == 0:
        return
    tolerance = _WORST_BY if _WORST_BY in evaluation.tolerances else evaluation.tolerances[0]
    key = f"f1@{tolerance.label}"
    rows = sorted(evaluation.per_image(), key=lambda row: (row[key], str(row["image"])))[:most]
    threshold = "" if evaluation.threshold is None else f", threshold {evaluation.threshold:g}"
    write_error_sheet(
        out / WORST_FILE,
        _worst_cases(rows, evaluation, side, truths, reader, tolerance),
        tolerance_px=tolerance.value if tolerance.unit == "px" else _WORST_BY.value,
        title=f"{truths.words}: the {_count(len(rows))} with the lowest F1 at "
        f"{words_of(tolerance)}{threshold}",
        note=note_of(evaluation),
        most=most,
    )


def _worst_cases(
    rows: Sequence[dict[str, Any]],
    evaluation: Evaluation,
    side: Side,
    truths: TruthSet,
    reader: TruthReader,
    tolerance: Tolerance,
) -> Iterator[ErrorCase]:
    by_name = {case.name: case for case in truths.cases}
    for row in rows:
        case = by_name[row["image"]]
        truth = reader.read(case)
        shape = (truth.shape[0], truth.shape[1])
        prediction = predicted_mask(side, case, shape, evaluation.threshold)
        figures = (
            f"{name} {row[f'{key}@{tolerance.label}']:.3f}"
            for key, name in (("f1", "F1"), ("precision", "precision"), ("recall", "recall"))
        )
        yield ErrorCase(case.name, _photo(case, shape), prediction, truth, ", ".join(figures))


def _photo(case: Case, shape: tuple[int, int]) -> Image | None:
    """The photo to draw on; a dark ground serves where it is not known or does not fit."""
    if case.image is None:
        return None
    try:
        image = read_image(case.image)
    except InputRefused:
        return None
    return image if image.shape[:2] == shape else None


def note_of(evaluation: Evaluation) -> str:
    """What every picture must say: that the threshold was chosen on the images it shows.

    Without probabilities, or with a threshold from elsewhere, nothing.
    """
    source = evaluation.threshold_source
    if not source.evaluated_set or evaluation.threshold is None:
        return ""
    return f"The threshold {evaluation.threshold:g} was {source.words}: it flatters."


def words_of(tolerance: Tolerance) -> str:
    """A tolerance in words.

    >>> words_of(Tolerance(2)), words_of(Tolerance(0.0075, "diagonal"))
    ('2 px', '0.0075 of the diagonal')
    """
    unit = "px" if tolerance.unit == "px" else "of the diagonal"
    return f"{tolerance.value:g} {unit}"


def _count(images: int) -> str:
    return f"{images} images" if images != 1 else "image"
