"""Datasets and trainings, as they go over the wire."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, Field

from crackgauge.web.dataset_table import DatasetRecord
from crackgauge.web.job_table import JobState
from crackgauge.web.schemas import Body, ImageId

Name = Annotated[str, Field(min_length=1, max_length=100, description="for people")]


class DatasetWanted(Body):
    """A dataset of the photos that are corrected, or whose cracks are all judged."""

    name: Name
    val_share: Annotated[float, Field(gt=0, lt=1, description="of the photos, to validate on")] = (
        0.2
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="other seed, other splits")] = 0


class Dataset(BaseModel):
    """One dataset."""

    id: str = Field(description="that of the job that made it")
    name: str
    images: int
    cracks: int = Field(description="without those that were rejected")
    created: str = Field(description="in UTC")
    splits: dict[str, int] = Field(description="photos of each split: train and val")

    @classmethod
    def of(cls, record: DatasetRecord) -> Dataset:
        """Word a record."""
        return cls(**asdict(record))


class TrainingWanted(Body):
    """A training that starts from the model of now."""

    dataset: ImageId
    preset: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] | None = Field(
        default=None, description="null: the recipe that the model itself was trained by"
    )
    epochs: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="null: as many as the recipe says"
    )
    name: Name | None = None


class ResumeWanted(Body):
    """Go on as it was begun: nothing is to be said."""


class Training(BaseModel):
    """One training."""

    id: str
    name: str
    dataset: str
    preset: str
    state: JobState
    share: float = Field(description="done, in [0, 1]")
    epoch: int = Field(description="epochs that are done")
    epochs: int
    scores: dict[str, Any] = Field(description="the last row of its journal; f1 of the best epoch")
    model_path_name: str | None = Field(description="of the model, below the project's folder")
    command: str | None = Field(description="that serves the project with the model")
    error: str
