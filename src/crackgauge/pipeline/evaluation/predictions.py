"""What is scored against the truths: files of predictions, or a model that predicts now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crackgauge.arrays import Mask, Probability
from crackgauge.errors import DatasetError, InputRefused, UsageError
from crackgauge.images import read_image
from crackgauge.pipeline.evaluation.truths import Case, nothing_scored
from crackgauge.pipeline.network import Network


class Predictions(Protocol):
    """Predictions by name, wherever they come from."""

    @property
    def is_probability(self) -> bool:
        """Whether a threshold is needed."""

    @property
    def own_threshold(self) -> float | None:
        """The threshold that they bring along, or None."""

    @property
    def own_source(self) -> str:
        """Where that comes from."""

    @property
    def words(self) -> str:
        """Say in a few words what they are."""

    def read(self, case: Case, shape: tuple[int, int]) -> Mask | Probability:
        """Give the prediction of one image in the size (H, W) of its truth."""

    def describe(self) -> dict[str, Any]:
        """Say how they were read, as JSON values."""


@dataclass
class ModelPredictions:
    """Predictions that a model makes now.

    Args:
        network: the model with its settings.
        name: of the model, as it was given.
    """

    network: Network
    name: str

    is_probability = True

    @property
    def own_threshold(self) -> float | None:
        """The model's."""
        return self.network.threshold

    @property
    def own_source(self) -> str:
        """How the model's file says that it was chosen."""
        return self.network.threshold_source

    @property
    def words(self) -> str:
        """The model's name."""
        return f"model {self.name}"

    def read(self, case: Case, shape: tuple[int, int]) -> Probability:
        """Predict one image; that of a model that enlarges s times is 1 / s of its truth's size.

        Raises:
            DatasetError: the photo is not known or cannot be read.
            UsageError: the sizes of photo and truth do not fit.
        """
        if case.image is None:
            raise DatasetError(f"{case.truth}: no photo is known for this truth; give a dataset")
        try:
            image = read_image(case.image)
        except InputRefused as refused:
            raise nothing_scored(refused) from refused
        times = self.network.enlargement
        found = (times * image.shape[0], times * image.shape[1])
        if found != shape and times > 1:
            raise UsageError(_enlarged_differs(case.image, times, found, case.truth, shape))
        if found != shape:
            raise UsageError(sizes_differ(case.image, found, case.truth, shape, resizable=False))
        return self.network.predict(image)

    def describe(self) -> dict[str, Any]:
        """The model and how it was applied."""
        metadata = self.network.predictor.metadata
        return {
            "from": self.name,
            "read_as": "model",
            "architecture": metadata.architecture,
            "training_data": metadata.training_data,
            "licence": metadata.licence,
            "sha256": self.network.predictor.digest,
            "backend": self.network.predictor.backend_name,
            "augmentation": self.network.augmentation,
            "tile": self.network.tile,
        }


def _enlarged_differs(
    path: Path, times: int, found: tuple[int, int], truth: Path, shape: tuple[int, int]
) -> str:
    """Word that a photo, enlarged (H, W), does not have the size of its truth."""
    return (
        f"{path}: enlarged {times} times by the model it is {found[1]} x {found[0]} px, and its "
        f"truth {truth} is {shape[1]} x {shape[0]} px (width x height); give low-resolution photos "
        f"with truths {times} times as large"
    )


def sizes_differ(
    path: Path,
    found: tuple[int, int],
    truth: Path,
    shape: tuple[int, int],
    *,
    resizable: bool = True,
) -> str:
    """Word two sizes (H, W) that should be one."""
    relation, advice = "", "expected one size"
    if found == shape[::-1]:
        relation = "height and width are swapped: "
        advice = "turn one of them, and mind the EXIF orientation of the photos"
    elif resizable:
        advice = "predict at the truth's size, or use --resize-predictions nearest or bilinear"
    if shape == (2 * found[0], 2 * found[1]):
        relation = "exactly half of it: "
    elif found == (2 * shape[0], 2 * shape[1]):
        relation = "exactly double: "
    return (
        f"{path} is {found[1]} x {found[0]} px and its truth {truth} is {shape[1]} x {shape[0]} px "
        f"(width x height); {relation}{advice}"
    )
