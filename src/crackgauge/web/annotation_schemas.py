"""Strokes made by hand, as they go over the wire.

Points are (x, y) in px of the photo with pixel corners at integers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from crackgauge.web.schemas import Body, Coordinate

Seen = Annotated[int, Field(ge=0, description="the version that you have seen; 0: there is none")]
Point = tuple[Coordinate, Coordinate]
Path = list[tuple[float, float]]
Clicks = Annotated[list[Point], Field(max_length=64)]
Drawn = Annotated[list[Point], Field(max_length=3000)]
Forbidden = Annotated[
    list[Annotated[list[Point], Field(min_length=1, max_length=500)]],
    Field(max_length=32, description="lines, 8 px wide, that the path keeps away from"),
]
Diameter = Annotated[float, Field(gt=0, le=2000, allow_inf_nan=False)]


class TraceWanted(Body):
    """A crack between clicks. With one point, what a trace from there needs is computed ahead."""

    kind: Literal["trace"] = "trace"
    points: Annotated[Clicks, Field(min_length=1)]
    forbid: Forbidden = Field(default=[])
    polarity: Literal["dark", "bright"] = "dark"
    use_probability: bool = True


class TraceStroke(TraceWanted):
    """A crack between clicks: its ends, and points between them in their order."""

    kind: Literal["trace"]
    points: Annotated[Clicks, Field(min_length=2)]


class PolygonStroke(Body):
    """An area within an outline, whose last point joins the first."""

    kind: Literal["polygon"]
    points: Annotated[Drawn, Field(min_length=3)]


class BrushStroke(Body):
    """A line drawn or cleared with a round brush; traces keep away from what is cleared."""

    kind: Literal["brush", "erase"]
    points: Annotated[Drawn, Field(min_length=1)]
    diameter_px: Diameter


class RemoveStroke(Body):
    """Takes out a stroke."""

    kind: Literal["remove"]
    number: Annotated[int, Field(ge=0, le=1_000_000)]


NewStroke = Annotated[
    TraceStroke | PolygonStroke | BrushStroke | RemoveStroke, Field(discriminator="kind")
]


class AnnotationWanted(Body):
    """How to begin: with the prediction as traces, or with nothing."""

    version: Seen
    start: Literal["prediction", "nothing"]


class StrokeWanted(Body):
    """A stroke to add."""

    version: Seen
    stroke: NewStroke


class StepWanted(Body):
    """Undo or redo one stroke."""

    version: Seen


class Traced(BaseModel):
    """A crack between clicks, a sample a px; all lists are empty where one point was given."""

    centre: Path
    left: Path
    right: Path
    widths_px: list[float]
    mean_width_px: float
    length_px: float
    seconds: float = Field(description="that the computation took")


class Stroke(BaseModel):
    """A stroke that shows."""

    number: int = Field(description="its place in the session")
    kind: Literal["trace", "polygon", "brush", "erase"]
    points: Path = Field(description="clicks, the outline, or the way of the brush")
    diameter_px: float | None = Field(default=None, description="of brush and erase")
    centre: Path | None = Field(default=None, description="of a trace, as left and right")
    left: Path | None = None
    right: Path | None = None
    mean_width_px: float | None = None
    length_px: float | None = None


class Annotation(BaseModel):
    """The strokes on a photo, in the order in which they draw."""

    version: int = Field(description="0 where there is none")
    state: Literal["none", "edited"]
    stale: bool = Field(description="the strokes are newer than the measures of the photo")
    can_undo: bool
    can_redo: bool
    strokes: list[Stroke]

    def as_current(self) -> dict[str, Any]:
        """The values for an answer with 409."""
        return self.model_dump(mode="json", exclude_none=True)
