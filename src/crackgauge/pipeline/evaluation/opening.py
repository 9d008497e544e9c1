"""Opening what an evaluation is given: truths, predictions, models and thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crackgauge.data.lists import LIST_SUFFIXES
from crackgauge.errors import UsageError
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline.evaluation.files import ROOMS, PredictionPlace
from crackgauge.pipeline.evaluation.sides import (
    NetworkSettings,
    Side,
    open_file_side,
    open_model_side,
)
from crackgauge.pipeline.evaluation.threshold import (
    EarlierChoice,
    ThresholdWish,
    check_apart,
    check_threshold,
    find_choice,
)
from crackgauge.pipeline.evaluation.truths import (
    TruthReader,
    TruthSet,
    find_truths,
    pairs_of_list,
    truths_of_pairs,
)


def find_inputs(
    predictions: str | Path | None,
    truths: str | Path | None,
    model: Predictor | str | Path | None,
    data: str | Path | None,
    split: str | None,
    group_pattern: str | None,
) -> tuple[TruthSet, PredictionPlace | None]:
    """Find the truths and, in a list of pairs, the predictions.

    Args:
        predictions, truths, model, data, split, group_pattern: as in `evaluate`.

    Raises:
        UsageError: what does not go together, or is not there.
        DatasetError: a list or a dataset that does not fit.
    """
    if model is not None:
        if predictions is not None or truths is not None or data is None:
            raise UsageError(
                "a model is scored on a dataset: give --model and --data, and no PREDICTIONS"
            )
        return find_truths(data, split=split, group_pattern=group_pattern), None
    if predictions is None or data is not None:
        raise UsageError("give PREDICTIONS and TRUTHS, or --model and --data")
    path = Path(predictions)
    listed = path.is_file() and path.suffix.lower() in LIST_SUFFIXES
    pairs = pairs_of_list(path) if listed else None
    if truths is not None:
        if pairs is not None:
            raise UsageError(f"{path}: lists truths too, so leave TRUTHS out")
        return find_truths(truths, split=split, group_pattern=group_pattern), None
    if pairs is None:
        raise UsageError(
            f"{path}: got no TRUTHS; give them, or a list of two columns, prediction and truth"
        )
    if split is not None:
        raise UsageError(f"{path}: a list has no split {split!r}; leave --split out")
    found = truths_of_pairs(path, pairs[1], group_pattern)
    return found, PredictionPlace(path, path, pairs[0], {})


def check_out(out: Path | None, predictions: Sequence[str | Path], truths: TruthSet) -> None:
    """Refuse to write among the files that are read.

    Args:
        out: the folder to be written, or None.
        predictions: folders of A and B, where these are no models.
        truths: what is scored.

    Raises:
        UsageError: `out` is one of their folders, or a file.
    """
    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file, expected a folder; choose another --out")
    inputs = [truths.source, *(case.truth.parent for case in truths.cases)]
    for root in map(Path, predictions):
        inputs += [root, *(root / room for room in ROOMS)]
    if out.resolve() in {path.resolve() for path in inputs}:
        raise UsageError(
            f"{out}: is a folder of what is scored; choose another --out, such as a new folder"
        )


class Opener:
    """Opens A and B with what they share.

    Args:
        truths: what is scored.
        reader: of the truths.
        settings: of models.
        resize: as in `evaluate`; so is `group_pattern`.
        out: a folder whose files are no predictions.
    """

    def __init__(
        self,
        truths: TruthSet,
        reader: TruthReader,
        settings: NetworkSettings,
        resize: str | None,
        group_pattern: str | None,
        out: Path | None,
    ) -> None:
        self._truths = truths
        self._reader = reader
        self._settings = settings
        self._resize = resize
        self._group_pattern = group_pattern
        self._out = out

    def wish(
        self, given: float | None, chosen_from: str | Path | None, *, against: bool
    ) -> ThresholdWish:
        """Find out what was asked for the threshold of one side.

        Raises:
            UsageError: no probability, two wishes, or images that are scored.
            DatasetError: a truth that cannot be read.
        """
        option = "--against-threshold" if against else "--threshold"
        check_threshold(given, option=option)
        if chosen_from is None:
            return ThresholdWish(given)
        if given is not None:
            raise UsageError(f"{option} and {option}-from contradict each other; give one")
        choice = find_choice(
            str(chosen_from),
            self._truths,
            option=f"{option}-from",
            group_pattern=self._group_pattern,
        )
        check_apart(choice, self._truths, self._reader)
        return ThresholdWish(chosen_on=choice)

    def open(
        self,
        root: Predictor | PredictionPlace | str | Path | None,
        kind: str,
        wish: ThresholdWish,
        *,
        is_model: bool,
    ) -> Side:
        """Open predictions or a model.

        Raises:
            UsageError, DatasetError, ModelFileError: as in `evaluate`.
        """
        if is_model and isinstance(root, Predictor | str | Path):
            if kind != "auto" or self._resize is not None:
                raise UsageError(
                    "a model gives probabilities of the photo's size: leave --predictions-are and "
                    "--resize-predictions out"
                )
            return open_model_side(root, self._settings, wish, self._truths)
        if root is None or isinstance(root, Predictor):
            raise UsageError("predictions are compared with predictions, a model with a model")
        return open_file_side(
            root,
            kind=kind,
            resize=self._resize,
            wish=wish,
            truths=self._truths,
            leave_out=self._out,
        )


def check_choice_of_b(b: Side, wish: ThresholdWish, wish_b: ThresholdWish) -> None:
    """Keep a threshold that an earlier evaluation found for A from being taken for B.

    Raises:
        UsageError: nothing else was asked for B.
    """
    of_a = wish_b is wish and isinstance(wish.chosen_on, EarlierChoice)
    if of_a and b.predictions.is_probability:
        raise UsageError(
            "the metrics.json of --threshold-from is of A; give B its own with "
            "--against-threshold-from or --against-threshold"
        )


def check_masks(wish: ThresholdWish, a: Side, b: Side | None) -> None:
    """Refuse a threshold that nothing is compared with.

    Raises:
        UsageError: all predictions are masks.
    """
    sides = [a] if b is None else [a, b]
    if wish.is_known and not any(side.predictions.is_probability for side in sides):
        raise UsageError(
            f"{a.predictions.words}: masks have no threshold; leave it out, or say with "
            "--predictions-are what the numbers mean"
        )
