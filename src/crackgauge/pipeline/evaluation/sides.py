"""One side of an evaluation, A or B: its predictions, its threshold, its scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crackgauge.arrays import Image, Mask, Probability
from crackgauge.data.listing import IMAGE_SUFFIXES
from crackgauge.errors import DatasetError, InputRefused, UsageError
from crackgauge.images import read_image
from crackgauge.inference.predictor import Predictor
from crackgauge.metrics.evaluate import Evaluation, choose_threshold, evaluate_pairs
from crackgauge.metrics.image_counts import EvaluationItem
from crackgauge.metrics.tolerance import Tolerance
from crackgauge.pipeline.evaluation.files import PredictionPlace, find_predictions, open_files
from crackgauge.pipeline.evaluation.predictions import ModelPredictions, Predictions
from crackgauge.pipeline.evaluation.threshold import (
    CHOSEN_AT,
    ThresholdPlan,
    ThresholdWish,
    plan_threshold,
)
from crackgauge.pipeline.evaluation.truths import (
    Case,
    TruthReader,
    TruthSet,
    files_of_folder,
    nothing_scored,
)
from crackgauge.pipeline.network import Augmentation, Network
from crackgauge.pipeline.summary import Progress, ProgressEvent

DEFAULT_MODEL = "default"


@dataclass(frozen=True)
class Side:
    """Predictions with what is to be done for their threshold.

    Args:
        predictions: files or a model.
        plan: for the threshold.
        without_truth: names of predictions that there is no truth for; sorted.
    """

    predictions: Predictions
    plan: ThresholdPlan
    without_truth: tuple[str, ...] = ()

    def readings(self, truths: TruthSet) -> int:
        """How many predictions are read or made for the scores."""
        return len(self.plan.cases) + len(truths.cases)


class Steps:
    """Counts the readings of a whole evaluation for its progress.

    Args:
        total: all of them.
        progress: called after each.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def tick(self, name: str) -> None:
        """Tell that one more is done."""
        self._done += 1
        self._progress(ProgressEvent(self._done, self._total, name, "done"))


@dataclass(frozen=True)
class NetworkSettings:
    """How a model is applied; each as in `pipeline.predict`."""

    augmentation: Augmentation = "none"
    tile: int | None = None
    backend: str = "auto"
    device: str = "auto"
    threads: int | None = None
    precision: str = "f32"

    def open(self, model: Predictor | str | Path) -> ModelPredictions:
        """Open a model; `default` is the embedded one.

        Raises:
            UsageError: a setting that cannot be.
            ModelFileError: no model.
        """
        named = model.metadata.architecture if isinstance(model, Predictor) else str(model)
        network = Network.open(
            None if named == DEFAULT_MODEL else model,
            threshold=None,
            augmentation=self.augmentation,
            tile=self.tile,
            backend=self.backend,
            device=self.device,
            threads=self.threads,
            precision=self.precision,
        )
        return ModelPredictions(network, named)


def open_model_side(
    model: Predictor | str | Path, settings: NetworkSettings, wish: ThresholdWish, truths: TruthSet
) -> Side:
    """Open a model that predicts now.

    Raises:
        UsageError, ModelFileError: as in `NetworkSettings.open`.
        DatasetError: a truth whose photo is not known.
    """
    predictions = settings.open(model)
    plan = plan_threshold(predictions, wish, truths)
    without = [case.name for case in (*truths.cases, *plan.cases) if case.image is None]
    if without:
        raise DatasetError(
            f"{truths.source}: the photo of {without[0]} is not known, and a model needs it; "
            "expected a dataset of images and masks"
        )
    return Side(predictions, plan)


def open_file_side(
    root: str | Path | PredictionPlace,
    *,
    kind: str,
    resize: str | None,
    wish: ThresholdWish,
    truths: TruthSet,
    leave_out: Path | None = None,
) -> Side:
    """Find predictions on the disk and find out what they are.

    Args:
        root: as in `find_predictions`, or what was found there.
        kind: a key of `PREDICTION_KINDS`.
        resize: a method of `images.predictions`, or None to refuse other sizes.
        wish: for the threshold.
        truths: what is scored.
        leave_out: a folder whose files are no predictions.

    Raises:
        UsageError: nothing is there, or what could mean several things.
        DatasetError: a truth without a prediction, or a file that cannot be read.
    """
    place = (
        root
        if isinstance(root, PredictionPlace)
        else find_predictions(
            root, kind=kind, threshold_is_known=wish.is_known, leave_out=leave_out
        )
    )
    place = _named_alike(place, truths)
    others = wish.chosen_on.cases if isinstance(wish.chosen_on, TruthSet) else ()
    files = open_files(place, truths.cases, kind=kind, resize=resize)
    if files.is_probability and others:
        _check_names(others, truths)
        files = open_files(place, [*truths.cases, *others], kind=kind, resize=resize)
    known = {case.name for case in (*truths.cases, *others)}
    extra = tuple(sorted(place.files.keys() - known))
    return Side(files, plan_threshold(files, wish, truths), extra)


def _check_names(others: Iterable[Case], truths: TruthSet) -> None:
    """Keep the prediction of a scored image from being taken for another image of its name."""
    taken = {case.name for case in truths.cases}
    both = sorted({case.name for case in others} & taken)
    if both:
        raise UsageError(
            f"{both[0]} is the name of an image that is scored and of one that the threshold is "
            "to be chosen on, so that their predictions cannot be told apart; evaluate the "
            "validation predictions by themselves and give --threshold-from their metrics.json"
        )


def _named_alike(place: PredictionPlace, truths: TruthSet) -> PredictionPlace:
    """Of one file and one truth, each given by itself, the names need not agree."""
    single = place.root.is_file() and truths.source.is_file()
    if not single or len(place.files) != 1 or len(truths.cases) != 1:
        return place
    return replace(place, files={truths.cases[0].name: next(iter(place.files.values()))})


@dataclass(frozen=True)
class EnlargedImages:
    """Super-resolved images and their originals, by name."""

    images: Mapping[str, Path]
    originals: Mapping[str, Path]

    def read(self, case: Case) -> tuple[Image, Image]:
        """Read the image that was enlarged and its original.

        Raises:
            DatasetError: one cannot be read.
            UsageError: they differ in size.
        """
        try:
            image, original = (
                read_image(files[case.name]) for files in (self.images, self.originals)
            )
        except InputRefused as refused:
            raise nothing_scored(refused) from refused
        if image.shape != original.shape:
            sizes = [f"{each.shape[1]} x {each.shape[0]} px" for each in (image, original)]
            raise UsageError(
                f"{self.images[case.name]} is {sizes[0]} and {self.originals[case.name]} is "
                f"{sizes[1]} (width x height), expected the same size"
            )
        return image, original


def find_enlarged(
    images: str | Path | None, originals: str | Path | None, truths: TruthSet
) -> EnlargedImages | None:
    """Find super-resolved images and their originals for every truth; None without folders.

    Raises:
        UsageError: one folder without the other, or one that is not there.
        DatasetError: an image is missing.
    """
    if images is None and originals is None:
        return None
    if images is None or originals is None:
        raise UsageError("--images and --originals go together: give both folders, or neither")
    found = []
    for root in (Path(images), Path(originals)):
        if not root.is_dir():
            raise UsageError(f"{root}: is no folder; expected the folder of the images")
        files = files_of_folder(root, IMAGE_SUFFIXES)
        missing = sorted({case.name for case in truths.cases} - files.keys())
        if missing:
            raise DatasetError(
                f"{root}: {len(missing)} of {len(truths.cases)} truths have no image there, the "
                f"first is {missing[0]}; expected a file of the same name for every truth"
            )
        found.append(files)
    return EnlargedImages(*found)


def score_side(
    side: Side,
    truths: TruthSet,
    reader: TruthReader,
    *,
    tolerances: Sequence[Tolerance],
    enlarged: EnlargedImages | None,
    steps: Steps,
) -> Evaluation:
    """Choose the threshold where that is to be done, and score.

    Raises:
        UsageError, DatasetError: a file that cannot be read or does not fit; nothing is scored.
    """
    threshold = threshold_of(side, reader, steps)
    return evaluate_pairs(
        _items(truths.cases, side.predictions, reader, enlarged, steps),
        threshold=threshold,
        threshold_source=side.plan.source,
        tolerances=tolerances,
    )


def threshold_of(side: Side, reader: TruthReader, steps: Steps) -> float | None:
    """The threshold of a side, chosen now where that is to be done; None for masks.

    Raises:
        UsageError, DatasetError: as `score_side`.
    """
    if not side.plan.cases:
        return side.plan.threshold
    to_choose = _items(side.plan.cases, side.predictions, reader, None, steps)
    return choose_threshold(to_choose, tolerance=CHOSEN_AT)


def _items(
    cases: Iterable[Case],
    predictions: Predictions,
    reader: TruthReader,
    enlarged: EnlargedImages | None,
    steps: Steps,
) -> Iterator[EvaluationItem]:
    for case in cases:
        truth = reader.read(case)
        prediction = predictions.read(case, (truth.shape[0], truth.shape[1]))
        pictures = enlarged.read(case) if enlarged else None
        yield EvaluationItem(case.name, prediction, truth, case.group, pictures)
        steps.tick(case.name)


def predicted_mask(side: Side, case: Case, shape: tuple[int, int], threshold: float | None) -> Mask:
    """Read or make a prediction once more, as crack or not."""
    return cut(side.predictions.read(case, shape), threshold)


def cut(prediction: Mask | Probability, threshold: float | None) -> Mask:
    """Crack or not: a mask as it is, a probability from the threshold on."""
    if threshold is None:
        mask: Mask = prediction.astype(bool, copy=False)
        return mask
    above: Mask = prediction >= prediction.dtype.type(threshold)
    return above
