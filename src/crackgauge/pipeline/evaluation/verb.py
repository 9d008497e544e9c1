"""The verb `evaluate`: score predictions against truths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.images.mask_rules import check_rule
from crackgauge.inference.predictor import Predictor
from crackgauge.metrics.comparison import check_groups
from crackgauge.metrics.evaluate import TOLERANCES
from crackgauge.metrics.tolerance import Tolerance
from crackgauge.pipeline.evaluation.comparison import compare_sides
from crackgauge.pipeline.evaluation.opening import (
    Opener,
    check_choice_of_b,
    check_masks,
    check_out,
    find_inputs,
)
from crackgauge.pipeline.evaluation.report import (
    EvaluationReport,
    describe_side,
    make_report,
    write_report,
)
from crackgauge.pipeline.evaluation.sides import NetworkSettings, Steps, find_enlarged, score_side
from crackgauge.pipeline.evaluation.thinning import thin_side
from crackgauge.pipeline.evaluation.truths import TruthReader
from crackgauge.pipeline.network import Augmentation
from crackgauge.pipeline.summary import Progress, silent

TOLERANCES_PX: tuple[float, ...] = tuple(each.value for each in TOLERANCES)
WORST = 12
MOST_WORST = 100


def evaluate(
    predictions: str | Path | None = None,
    truths: str | Path | None = None,
    out: str | Path | None = None,
    *,
    model: Predictor | str | Path | None = None,
    data: str | Path | None = None,
    split: str | None = None,
    against: Predictor | str | Path | None = None,
    predictions_are: str = "auto",
    against_are: str | None = None,
    resize_predictions: str | None = None,
    truth_rule: str = "auto",
    crack_labels: Sequence[int] | None = None,
    threshold: float | None = None,
    threshold_from: str | Path | None = None,
    against_threshold: float | None = None,
    against_threshold_from: str | Path | None = None,
    tolerances_px: Sequence[float] = TOLERANCES_PX,
    tolerances_diagonal: Sequence[float] = (),
    thin: bool = False,
    images: str | Path | None = None,
    originals: str | Path | None = None,
    group_pattern: str | None = None,
    worst: int = WORST,
    augmentation: Augmentation = "none",
    tile: int | None = None,
    backend: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    precision: str = "f32",
    progress: Progress = silent,
) -> EvaluationReport:
    """Score predictions, or a model, against the truths of the same names.

    Args:
        predictions: a folder, a list file, one file, or what `predict` wrote, whose
            `probabilities/` are taken where a threshold is known or recorded there, and else its
            `masks/`; a list of two columns, predictions and truths, needs no `truths`.
        truths: a folder of masks, a list file, one file, or a dataset in one of the usual layouts.
        out: folder for `metrics.json`, `per_image.csv` and the pictures; None writes nothing.
        model: predicts now, in place of `predictions`: an open model, a model file, the folder of
            a training, or `default`; `data` is then the dataset.
        data: the dataset of images and masks that `model` predicts.
        split: the split of the dataset to score.
        against: B: other predictions, or another model where `model` is given.
        predictions_are: a key of `images.predictions.PREDICTION_KINDS`; `auto` refuses what could
            mean several things.
        against_are: the same for B; None takes that of A.
        resize_predictions: `nearest` or `bilinear` brings predictions to the size of their truth;
            None refuses other sizes.
        truth_rule: as the rule of `read_mask`; so is `crack_labels`.
        threshold: crack is what is at least this.
        threshold_from: choose it (best pooled F1 at 2 px) on this split of the dataset, or take
            the one that this earlier `metrics.json` found.
        against_threshold: for B; without it and `against_threshold_from` as for A.
        against_threshold_from: for B.
        tolerances_px: each at least 0.
        tolerances_diagonal: fractions of the image's diagonal.
        thin: score the curves that the masks of A and B stand for, see `data.curves.thin`.
        images: super-resolved images, scored with PSNR and SSIM; with `originals`.
        originals: what they should look like.
        group_pattern: what of a name is the source photo; as in `data.pairs.group_of`.
        worst: pictures of the images with the lowest F1, at most 100.
        augmentation: as in `predict`; so are `tile`, `backend`, `device`, `threads`, `precision`.
        progress: called once a prediction that is read or made.

    Raises:
        UsageError: what is not there; sizes that differ; numbers that could mean several things;
            options that contradict each other.
        DatasetError: a truth without a prediction, or a file that cannot be read.
        ModelFileError: the model is none.
        StorageError: `out` cannot be written.
    """
    tolerances = _tolerances(tolerances_px, tolerances_diagonal)
    check_rule(truth_rule, crack_labels)
    if not 0 <= worst <= MOST_WORST:
        raise UsageError(f"worst: got {worst}, expected 0 to {MOST_WORST} pictures")
    if model is None and (augmentation != "none" or tile is not None):
        raise UsageError(
            "--tta and --tile change what a model predicts, and predictions are made already: "
            "leave them out, or give --model"
        )
    of_b = (against_are, against_threshold, against_threshold_from)
    if against is None and any(option is not None for option in of_b):
        raise UsageError(
            "--against-are, --against-threshold and --against-threshold-from are for B: give "
            "--against too"
        )
    folder = None if out is None else Path(out)
    truth_set, place = find_inputs(predictions, truths, model, data, split, group_pattern)
    roots = [root for root in (predictions, against) if isinstance(root, str | Path)]
    check_out(folder, roots, truth_set)
    reader = TruthReader(truth_rule, crack_labels)
    opener = Opener(
        truth_set,
        reader,
        NetworkSettings(augmentation, tile, backend, device, threads, precision),
        resize_predictions,
        group_pattern,
        folder,
    )
    wish = opener.wish(threshold, threshold_from, against=False)
    first = place or (model if model is not None else predictions)
    a = opener.open(first, predictions_are, wish, is_model=model is not None)
    b = None
    if against is not None:
        wish_b = opener.wish(against_threshold, against_threshold_from, against=True)
        wish_b = wish_b if wish_b.is_known else wish
        kind = against_are or predictions_are
        b = opener.open(against, kind, wish_b, is_model=model is not None)
        check_choice_of_b(b, wish, wish_b)
        check_groups(case.group for case in truth_set.cases)
    check_masks(wish, a, b)
    enlarged = find_enlarged(images, originals, truth_set)
    sides = [a] if b is None else [a, b]
    steps = Steps(sum(side.readings(truth_set) for side in sides), progress)
    if thin:
        a, *rest = (thin_side(side, reader, steps) for side in sides)
        b = rest[0] if rest else None
    scored = score_side(a, truth_set, reader, tolerances=tolerances, enlarged=enlarged, steps=steps)
    comparison = None
    if b is not None:
        other = score_side(b, truth_set, reader, tolerances=tolerances, enlarged=None, steps=steps)
        names = (a.predictions.words, b.predictions.words)
        inputs = describe_side(b, other)
        comparison = compare_sides(scored, other, names=names, inputs=inputs)
    report = make_report(a, scored, truth_set, reader, comparison, group_pattern)
    if folder is not None:
        write_report(folder, report, a, truth_set, reader, worst)
    return report


def _tolerances(px: Sequence[float], diagonal: Sequence[float]) -> list[Tolerance]:
    return [*map(Tolerance, px), *(Tolerance(value, "diagonal") for value in diagonal)]
