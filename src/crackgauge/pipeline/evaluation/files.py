"""Predictions that lie on the disk: where they are, what they are, and reading them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crackgauge.arrays import Mask, Probability
from crackgauge.data.lists import LIST_SUFFIXES
from crackgauge.errors import DatasetError, InputRefused, UsageError
from crackgauge.images.predictions import (
    PREDICTION_SUFFIXES,
    RESIZE_METHODS,
    PredictionReading,
    check_kind,
    examine_prediction,
    read_prediction,
    resize_prediction,
    settle_kind,
)
from crackgauge.pipeline.evaluation.predictions import sizes_differ
from crackgauge.pipeline.evaluation.truths import (
    Case,
    files_of_folder,
    files_of_list,
    nothing_scored,
)
from crackgauge.pipeline.folder import RUN_FILE

ROOMS = ("masks", "probabilities")
# Of what a run recorded, all but the place of its images.
_RECORDED = ("command", "model", "backend", "threshold", "augmentation", "tile")


@dataclass(frozen=True)
class PredictionPlace:
    """Where predictions lie.

    Args:
        root: as it was given.
        folder: the folder or list that is taken.
        files: by name.
        run: what `crackgauge predict` or `inspect` recorded there, or empty.
    """

    root: Path
    folder: Path
    files: Mapping[str, Path]
    run: Mapping[str, Any]

    @property
    def written_by_predict(self) -> bool:
        """Whether 16 bits stand for 0..1."""
        return self.folder.name == "probabilities"

    @property
    def threshold(self) -> float | None:
        """The threshold that the run recorded."""
        return recorded_threshold(self.run)


def find_predictions(
    root: str | Path, *, kind: str, threshold_is_known: bool, leave_out: Path | None = None
) -> PredictionPlace:
    """Find the files of predictions.

    Of `masks/` and `probabilities/` side by side, as `crackgauge predict` writes them, the
    probabilities are taken where a threshold is known, is to be chosen or is recorded there.

    Args:
        root: a folder, a list of one column, or one file.
        kind: a key of `PREDICTION_KINDS`.
        threshold_is_known: one is given, or is to be chosen on other images.
        leave_out: a folder whose files are none.

    Raises:
        UsageError: nothing is there, or no kind of that name.
        DatasetError: two files of one name.
    """
    if kind != "auto":
        check_kind(kind)
    path = Path(root)
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; check the path of the predictions")
    if path.is_file():
        listed = path.suffix.lower() in LIST_SUFFIXES
        return PredictionPlace(path, path, files_of_list(path) if listed else {path.stem: path}, {})
    run = _read_run(path if path.name not in ROOMS else path.parent)
    known = threshold_is_known or recorded_threshold(run) is not None
    folder = _choose_folder(path, kind, known)
    files = files_of_folder(folder, PREDICTION_SUFFIXES, leave_out=leave_out)
    if not files:
        raise UsageError(f"{folder}: holds no prediction; expected files such as .png or .tif")
    return PredictionPlace(path, folder, files, run)


def recorded_threshold(run: Mapping[str, Any]) -> float | None:
    """The threshold in the description of a run of `crackgauge predict` or `inspect`.

    >>> recorded_threshold({"command": "predict", "threshold": 0.4}), recorded_threshold({})
    (0.4, None)
    """
    value = run.get("threshold")
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(run["threshold"]) if fits else None


def _choose_folder(path: Path, kind: str, threshold_is_known: bool) -> Path:
    masks, probabilities = (path / room for room in ROOMS)
    if not masks.is_dir() and not probabilities.is_dir():
        return path
    if kind == "auto":
        wanted = probabilities if threshold_is_known or not masks.is_dir() else masks
        return wanted if wanted.is_dir() else masks
    wanted = masks if kind == "masks" else probabilities
    if not wanted.is_dir():
        raise UsageError(
            f"{path}: holds no {wanted.name}/, but predictions are to be {kind}; "
            "name the folder that holds them"
        )
    return wanted


def _read_run(folder: Path) -> dict[str, Any]:
    """What made a folder; empty where no run of ours left its description there."""
    try:
        run = json.loads((folder / RUN_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    ours = isinstance(run, dict) and run.get("command") in ("predict", "inspect")
    return dict(run) if ours else {}


@dataclass
class PredictionFiles:
    """Predictions that lie on the disk; made by `open_files`.

    Args:
        place: where they lie.
        kind: what they are; not `auto`.
        told: whether the kind was asked for, and not found out.
        resize: a method of `images.predictions`, or None to refuse other sizes.
    """

    place: PredictionPlace
    kind: str
    told: bool
    resize: str | None
    readings: dict[str, PredictionReading] = field(default_factory=dict)  # without the pixels
    resized: dict[str, tuple[int, int]] = field(default_factory=dict)  # from which (H, W)

    @property
    def is_probability(self) -> bool:
        """Whether a threshold is needed."""
        return self.kind != "masks"

    @property
    def own_threshold(self) -> float | None:
        """The threshold of the run that wrote them."""
        return self.place.threshold if self.is_probability else None

    @property
    def own_source(self) -> str:
        """Where that threshold comes from."""
        command = self.place.run.get("command", "predict")
        source = self.place.run.get("threshold_source")
        words = f": {source}" if source else ""
        return f"recorded by crackgauge {command} in {RUN_FILE}{words}"

    @property
    def words(self) -> str:
        """The folder and what its files are."""
        return f"{self.place.folder} ({self.kind})"

    def read(self, case: Case, shape: tuple[int, int]) -> Mask | Probability:
        """Read the prediction of one image.

        Raises:
            DatasetError: the file cannot be read.
            UsageError: it is of another kind, or of another size.
        """
        path = self.place.files[case.name]
        try:
            reading = read_prediction(path, self.kind)
        except InputRefused as refused:
            raise nothing_scored(refused) from refused
        prediction = reading.prediction
        self.readings[case.name] = reading._replace(prediction=prediction[:0])
        found = (prediction.shape[0], prediction.shape[1])
        if found == shape:
            return prediction
        if self.resize is None or (found == shape[::-1] and found[0] != found[1]):
            raise UsageError(sizes_differ(path, found, case.truth, shape))
        self.resized[case.name] = found
        return resize_prediction(prediction, shape, method=self.resize)

    def describe(self) -> dict[str, Any]:
        """How the files were read."""
        readings = self.readings.values()
        encodings = Counter(reading.encoding for reading in readings)
        run = self.place.run
        sizes = Counter(f"{width} x {height}" for height, width in self.resized.values())
        return {
            "from": self.place.folder.as_posix(),
            "read_as": self.kind,
            "read_as_because": "it was asked for" if self.told else "it is certain by the files",
            "encodings": dict(sorted(encodings.items())),
            "lowest_stored": min((reading.low for reading in readings), default=None),
            "highest_stored": max((reading.high for reading in readings), default=None),
            "resized": len(self.resized),
            "resize_method": self.resize if self.resized else None,
            "resized_from": dict(sorted(sizes.items())),
            "run": {key: run[key] for key in _RECORDED if key in run},
        }


def open_files(
    place: PredictionPlace, cases: Sequence[Case], *, kind: str, resize: str | None
) -> PredictionFiles:
    """Find out what the predictions of these images are.

    Args:
        place: where they lie.
        cases: the images.
        kind: a key of `PREDICTION_KINDS`.
        resize: a method of `images.predictions`, or None to refuse other sizes.

    Raises:
        DatasetError: an image without a prediction, or a file that cannot be read.
        UsageError: what could mean several things, or an unknown method.
    """
    if resize is not None and resize not in RESIZE_METHODS:
        expected = ", ".join(RESIZE_METHODS)
        raise UsageError(f"--resize-predictions: got {resize!r}, expected one of {expected}")
    missing = sorted({case.name for case in cases} - place.files.keys())
    if missing:
        raise DatasetError(
            f"{place.folder}: {len(missing)} of {len(cases)} truths have no prediction, the first "
            f"is {missing[0]}; expected a file of the same name (without suffix) for every truth"
        )
    of_predict = place.written_by_predict and kind == "probabilities"
    if kind != "auto" and not of_predict:
        return PredictionFiles(place, kind, told=True, resize=resize)
    try:
        found = settle_kind(
            examine_prediction(place.files[case.name], written_by_predict=place.written_by_predict)
            for case in cases
        )
    except InputRefused as refused:
        raise nothing_scored(refused) from refused
    return PredictionFiles(place, found, told=of_predict, resize=resize)
