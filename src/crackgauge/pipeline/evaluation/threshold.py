"""From which probability a pixel is crack, and where that comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from crackgauge.data.listing import canonical_split
from crackgauge.errors import UsageError
from crackgauge.metrics.evaluate import GIVEN, ThresholdSource
from crackgauge.metrics.tolerance import Tolerance
from crackgauge.pipeline.evaluation.predictions import Predictions
from crackgauge.pipeline.evaluation.truths import (
    EMPTY_TRUTH,
    Case,
    TruthReader,
    TruthSet,
    find_validation,
    splits_of,
)

METRICS_FILE = "metrics.json"
CHOSEN_AT = Tolerance(2)
CHOSEN_BY = "best pooled F1 at 2 px"
_KEY = f"ods@{CHOSEN_AT.label}"

ON_EVALUATED_SET = ThresholdSource(
    f"chosen on the evaluated images themselves, {CHOSEN_BY}", evaluated_set=True
)


@dataclass(frozen=True)
class EarlierChoice:
    """The best threshold that an earlier evaluation found on its images.

    Args:
        file: its metrics.json.
        threshold: in [0, 1].
        images: what its truths hold (`truths.digest_of`), by name.
    """

    file: Path
    threshold: float
    images: Mapping[str, str]

    @property
    def source(self) -> ThresholdSource:
        """In words."""
        return ThresholdSource(f"{self.file} ({_count(self.images)}), {CHOSEN_BY}")


@dataclass(frozen=True)
class ThresholdWish:
    """What was asked for the threshold of one side.

    Args:
        given: a threshold.
        chosen_on: other images to choose it on, or an earlier choice.
    """

    given: float | None = None
    chosen_on: TruthSet | EarlierChoice | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything was asked for."""
        return self.given is not None or self.chosen_on is not None


class ThresholdPlan(NamedTuple):
    """What is to be done for a threshold.

    Attributes:
        threshold: None where it is still to be chosen, or none is needed.
        source: where it comes from; None for masks.
        cases: the images to choose it on; empty where it is known.
    """

    threshold: float | None
    source: ThresholdSource | None
    cases: tuple[Case, ...] = ()


def find_choice(
    name: str, truths: TruthSet, *, option: str, group_pattern: str | None = None
) -> TruthSet | EarlierChoice:
    """Find the images, or the earlier evaluation, that a threshold is to come from.

    Args:
        name: a split of the truths' dataset, else a metrics.json or the folder of one.
        truths: what is scored.
        option: the option that was used, for the sentence of an error.
        group_pattern: as in `data.pairs.group_of`.

    Raises:
        UsageError: neither; the split shares images with what is scored; another file.
    """
    split = find_validation(name, truths, group_pattern=group_pattern)
    if split is not None:
        return split
    path = Path(name)
    if path.is_dir():
        path = path / METRICS_FILE
    if not path.is_file():
        known = ", ".join(splits_of(truths.source))
        splits = f"it has: {known}" if known else "which has no splits"
        raise UsageError(
            f"{option} {name}: is no split of {truths.source} ({splits}) and no {METRICS_FILE} of "
            "an earlier evaluation; give one of these"
        )
    return read_choice(path)


def read_choice(path: Path) -> EarlierChoice:
    """Read the best threshold from the metrics.json of an earlier evaluation.

    Raises:
        UsageError: another file, or an evaluation of masks or without a crack.
    """
    try:
        stored: Any = json.loads(path.read_text("utf-8"))
        images = stored["inputs"]["images"]
        entry = stored.get(_KEY)
        names = {str(name): str(digest) for name, digest in images.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}: is no {METRICS_FILE} that `crackgauge evaluate --out` wrote; give one"
        ) from error
    threshold = entry.get("threshold") if isinstance(entry, dict) else None
    if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise UsageError(
            f"{path}: has no {_KEY} with a threshold; evaluate probabilities, not masks, with the "
            "tolerance of 2 px among the others"
        )
    if all(digest == EMPTY_TRUTH for digest in names.values()):
        raise UsageError(f"{path}: none of its truths holds a crack to choose a threshold by")
    return EarlierChoice(path, float(threshold), names)


def check_apart(choice: TruthSet | EarlierChoice, truths: TruthSet, reader: TruthReader) -> None:
    """Refuse a threshold that is chosen, or was chosen, on images that are scored.

    Truths are compared by what they hold, so that an image is known under another name.

    Raises:
        UsageError: the two sets share an image.
        DatasetError: a truth cannot be read.
    """
    if isinstance(choice, EarlierChoice):
        told, images = str(choice.file), choice.images
    else:
        told = f"--threshold-from {choice.words}"
        images = {f"{case.truth}: {case.name}": _digest(case, reader) for case in choice.cases}
    marks = {mark for mark in images.values() if mark != EMPTY_TRUTH}
    shared = []
    for case in truths.cases:
        digest = _digest(case, reader)
        if digest in marks or images.get(case.name) == digest:
            shared.append(case.name)
    if shared:
        raise UsageError(
            f"{told}: {len(shared)} of its images are scored, the first is {shared[0]}; "
            "choose the threshold on other images, such as the validation split"
        )


def _digest(case: Case, reader: TruthReader) -> str:
    reader.read(case)
    return reader.digests[case.name]


def plan_threshold(
    predictions: Predictions, wish: ThresholdWish, truths: TruthSet
) -> ThresholdPlan:
    """Decide where the threshold of one side comes from.

    In this order: what was given, what is chosen on other images, what the predictions bring
    along, and else the evaluated images themselves, which is marked.
    """
    if not predictions.is_probability:
        return ThresholdPlan(None, None)
    if wish.given is not None:
        return ThresholdPlan(wish.given, GIVEN)
    if isinstance(wish.chosen_on, EarlierChoice):
        return ThresholdPlan(wish.chosen_on.threshold, wish.chosen_on.source)
    if wish.chosen_on is not None:
        cases = wish.chosen_on.cases
        words = f"{wish.chosen_on.words} ({_count(cases)}), {CHOSEN_BY}"
        return ThresholdPlan(None, ThresholdSource(words), cases)
    if predictions.own_threshold is not None:
        return ThresholdPlan(predictions.own_threshold, _own_source(predictions, truths))
    return ThresholdPlan(None, ON_EVALUATED_SET, truths.cases)


def _own_source(predictions: Predictions, truths: TruthSet) -> ThresholdSource:
    """What the predictions bring along; on a `val` split, perhaps from these very images.

    A model knows in words alone which images its threshold was chosen on: the `val` split of what
    it was trained on, so a `val` split is marked.
    """
    words = predictions.own_source
    if truths.split is None or canonical_split(truths.split) != "val" or words.endswith(": given"):
        return ThresholdSource(words)
    return ThresholdSource(f"{words}; perhaps on these very images", evaluated_set=True)


def check_threshold(threshold: float | None, *, option: str) -> None:
    """Check what was given.

    Raises:
        UsageError: no probability.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"{option}: got {threshold:g}, expected a probability in [0, 1]")


def _count(images: Mapping[str, str] | tuple[Case, ...]) -> str:
    return f"{len(images)} image" + ("s" if len(images) != 1 else "")
