"""What goes over the wire, as the OpenAPI description says it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from crackgauge.measure.scale import LEAST_MM, MOST_MM
from crackgauge.web.crack_table import DECISIONS, CrackRecord, Decision
from crackgauge.web.image_table import ImageRecord, ImageState, Order
from crackgauge.web.job_table import JobKind, JobRecord, JobState

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
ImageId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Count = Annotated[int, Query(ge=1, le=1000)]
SortedBy = Annotated[Order, Query(description="by name, or the worst class and widest first")]
Index = Annotated[int, Path(ge=0, le=1_000_000)]
LevelNumber = Annotated[int, Path(ge=0, le=40)]
Comment = Annotated[str, Field(max_length=4000)]
Version = Annotated[int, Field(ge=1, description="the one that you have seen")]
Positive = Annotated[float, Field(ge=LEAST_MM, lt=MOST_MM, allow_inf_nan=False)]
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class Body(BaseModel):
    """Something that is sent; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Session(BaseModel):
    """What a page needs before its first change."""

    version: str
    csrf: str = Field(description="value of the header X-Crackgauge-CSRF")
    upload_bytes: int = Field(description="largest photo that is taken")
    formats: dict[str, str] = Field(description="of exports that can be written here, in words")


class Login(Body):
    """The token that the server was started with."""

    token: Annotated[str, Field(max_length=512)]


class Model(BaseModel):
    """What finds the cracks."""

    name: str
    licence: str
    training_data: str
    threshold: float = Field(description="the model's own")
    threshold_source: str
    digest: str = Field(description="SHA-256 of the file")


class ProjectState(BaseModel):
    """The project with its settings."""

    version: int
    title: str
    mm_per_px: float | None
    standard: str | None
    threshold: float | None = Field(description="null: the model's own")
    model: Model
    image_count: int
    queued: int
    running: int


class ProjectChange(Body):
    """Settings to change; what is left out stays. Photos are measured anew."""

    version: Version
    mm_per_px: Positive | None = None
    standard: Annotated[str, Field(max_length=100)] | None = None
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None


class StandardInfo(BaseModel):
    """A standard by which cracks are graded."""

    name: str
    title: str
    edition: str
    source: str
    note: str
    verified: bool
    classes: list[str] = Field(description="from the mildest on")


class Scale(Body):
    """The scale of one photo, known in one way: a number, two points, or a marker in the photo."""

    mm_per_px: Positive | None = None
    points_px: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        default=None, description="x and y of the first point, x and y of the second"
    )
    points_mm: Positive | None = Field(default=None, description="how far apart they are")
    marker_mm: Positive | None = Field(default=None, description="side of an ArUco marker")

    @model_validator(mode="after")
    def _one_way(self) -> Scale:
        ways = [self.mm_per_px, self.points_mm, self.marker_mm]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("expected one of mm_per_px, points_mm with points_px, or marker_mm")
        if (self.points_px is None) != (self.points_mm is None):
            raise ValueError("points_px and points_mm go together")
        if self.points_px is not None and self.points_mm is not None:
            apart_px = math.dist(self.points_px[:2], self.points_px[2:])
            if apart_px <= 0 or not LEAST_MM <= self.points_mm / apart_px < MOST_MM:
                raise ValueError("the two points are one, or nearly; put them far apart")
        return self

    @classmethod
    def kept(cls, values: dict[str, Any]) -> Scale:
        """Word a scale that was kept, also one that an earlier version took and this would not."""
        points = values.get("points_px")
        return cls.model_construct(**{**values, "points_px": points and tuple(points)})


class Image(BaseModel):
    """One photo."""

    id: str
    name: str
    height_px: int | None
    width_px: int | None
    bytes: int
    state: ImageState
    reason: str = Field(description="why it was set aside")
    sentence: str
    job: Literal["", "queued", "running"]
    version: int
    comment: str
    scale: Scale | None = Field(description="null: the project's")
    outdated: bool = Field(description="searched with another model than the one of now")
    annotated: bool = Field(description="there are strokes made by hand")
    corrected: bool = Field(description="measured from strokes made by hand")
    stale: bool = Field(description="there are strokes that are newer than the measures")
    counts: dict[Decision, int] = Field(description="cracks by decision")
    worst_rank: int | None = Field(
        description="of the worst class of cracks that are not rejected, 0 the mildest"
    )
    measured: dict[str, Any] | None = Field(description="the row of the image in its survey")

    @classmethod
    def of(cls, record: ImageRecord, *, counts: dict[Decision, int], digest: str) -> Image:
        """Word a record."""
        return cls(
            id=record.id,
            name=record.name,
            height_px=record.height_px,
            width_px=record.width_px,
            bytes=record.size_bytes,
            state=record.state,
            reason=record.reason,
            sentence=record.sentence,
            job=record.job,
            version=record.version,
            comment=record.comment,
            scale=None if record.scale is None else Scale.kept(record.scale),
            outdated=record.model is not None and record.model != digest,
            annotated=record.annotation_version is not None,
            corrected=record.session is not None,
            stale=record.stale,
            counts={each: counts.get(each, 0) for each in DECISIONS},
            worst_rank=record.worst_rank,
            measured=record.measured,
        )


class Images(BaseModel):
    """Some photos, and how many there are."""

    items: list[Image]
    total: int


class ImageChange(Body):
    """What to change of a photo; what is left out stays. A new scale has it measured anew."""

    version: Version
    comment: Comment | None = None
    scale: Scale | None = None


class Zoom(BaseModel):
    """How tiles of a photo are asked for: `tiles/LEVEL/COLUMN/ROW`."""

    height_px: int
    width_px: int
    tile_px: int
    top_level: int = Field(description="the level that has the photo's own size")


class Crack(BaseModel):
    """One crack."""

    id: str
    image: str = Field(description="id of its photo")
    number: int
    decision: Decision
    comment: str
    version: int
    measures: dict[str, Any] = Field(description="its row in the survey")

    @classmethod
    def of(cls, record: CrackRecord) -> Crack:
        """Word a record."""
        return cls(
            id=record.id,
            image=record.image_id,
            number=record.number,
            decision=record.decision,
            comment=record.comment,
            version=record.version,
            measures=record.measures,
        )


class Cracks(BaseModel):
    """Some cracks, and how many there are."""

    items: list[Crack]
    total: int


class CrackChange(Body):
    """What the inspector says; what is left out stays."""

    version: Version
    decision: Decision | None = None
    comment: Comment | None = None


class Line(BaseModel):
    """The centre line of one branch."""

    crack: int = Field(description="number of its crack")
    points: list[tuple[float, float, float]] = Field(description="x, y and the width there, in px")


class JobsWanted(Body):
    """Photos whose cracks are to be found (`find`) or measured anew (`measure`)."""

    kind: Literal["find", "measure"]
    images: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]], Field(max_length=2000)
    ]
    all: bool = Field(default=False, description="instead: every photo that was not searched yet")


class Job(BaseModel):
    """One job."""

    id: str
    kind: JobKind
    image: str | None
    state: JobState
    tries: int
    share: float = Field(description="done, in [0, 1]")
    reason: str
    sentence: str
    result: dict[str, Any]

    @classmethod
    def of(cls, record: JobRecord, share: float) -> Job:
        """Word a record."""
        return cls(
            id=record.id,
            kind=record.kind,
            image=record.image_id,
            state=record.state,
            tries=record.tries,
            share=share,
            reason=record.reason,
            sentence=record.sentence,
            result=record.result,
        )


class ExportWanted(Body):
    """What to write; see `formats` of the session."""

    formats: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=20)]


class Health(BaseModel):
    """What the server is at."""

    version: str
    workers: list[int | None] = Field(description="process numbers; null while one is replaced")
    renderer: int | None
    tracer: int | None = Field(description="null before the first photo is corrected")
    trainer: int | None = Field(description="null while no training runs")
    queued: int
    running: int
