"""What a person does to a mask: traces, polygons, brush strokes, erased strokes, removals.

Points are (x, y) in px of the image with pixel corners at integers. They are kept to a hundredth of
a pixel, so that a stroke is the same before and after it has been in a file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crackgauge.annotate.edges import Edges
from crackgauge.annotate.settings import TraceSettings
from crackgauge.arrays import Mask
from crackgauge.labels.filling import draw_brush, fill_polygon

# No image is as large; sums of such numbers stay finite.
_FURTHEST_PX = 1e9
_MOST_POINTS = 1_000_000
_DECIMALS = 2


def _rounded(value: float) -> float:
    return round(value, _DECIMALS)


_Number = Annotated[
    float,
    Field(ge=-_FURTHEST_PX, le=_FURTHEST_PX, allow_inf_nan=False, strict=True),
    AfterValidator(_rounded),
]
_Points = tuple[tuple[_Number, _Number], ...]
_Radius = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class _Stroke(BaseModel):
    """What all strokes have.

    Attributes:
        label: what it is, in the words of who drew it.
        replaces: the number of the stroke that it takes the place of, from 0; None adds one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(default="", max_length=200)
    replaces: int | None = Field(default=None, ge=0)

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Draw into a mask whose corner is at (x_px, y_px) of the image."""
        raise NotImplementedError


class Trace(_Stroke):
    """A crack between clicks; drawn as the area between its edges.

    Attributes:
        points: what was clicked, none of a proposal; two or more otherwise.
        settings: the numbers that it was traced with; None of a proposal.
        left: the edge on the left of its direction, K points.
        right: the edge on its right, K points.
    """

    kind: Literal["trace"] = "trace"
    points: _Points = Field(default=(), max_length=_MOST_POINTS)
    settings: TraceSettings | None = None
    left: _Points = Field(min_length=2, max_length=_MOST_POINTS)
    right: _Points = Field(min_length=2, max_length=_MOST_POINTS)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.left) != len(self.right):
            raise ValueError(
                f"left has {len(self.left)} points and right {len(self.right)}, expected as many"
            )
        return self

    @classmethod
    def of(
        cls,
        edges: Edges,
        *,
        points: Any = (),
        settings: TraceSettings | None = None,
        label: str = "",
        replaces: int | None = None,
    ) -> Trace:
        """Keep edges as a stroke."""
        return cls(
            points=tuple((float(x), float(y)) for x, y in points),
            settings=settings,
            left=_pairs(edges.left),
            right=_pairs(edges.right),
            label=label,
            replaces=replaces,
        )

    @property
    def edges(self) -> Edges:
        """The edges, the centre line midway between them and the width."""
        left, right = np.array(self.left), np.array(self.right)
        return Edges((left + right) / 2, left, right, np.hypot(*(right - left).T))

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Set the pixels whose centre lies between the edges."""
        fill_polygon(mask, self.edges.polygon - [x_px, y_px])


class Polygon(_Stroke):
    """An area within an outline, whose last point joins the first."""

    kind: Literal["polygon"] = "polygon"
    points: _Points = Field(min_length=3, max_length=_MOST_POINTS)

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Set the pixels whose centre lies within."""
        fill_polygon(mask, np.array(self.points) - [x_px, y_px])


class Brush(_Stroke):
    """A line drawn with a round brush."""

    kind: Literal["brush"] = "brush"
    points: _Points = Field(min_length=1, max_length=_MOST_POINTS)
    radius_px: _Radius

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Set the pixels whose centre the brush passes over."""
        draw_brush(mask, np.array(self.points) - [x_px, y_px], self.radius_px)


class Erase(_Stroke):
    """A line drawn with a round eraser; later traces keep away from it."""

    kind: Literal["erase"] = "erase"
    points: _Points = Field(min_length=1, max_length=_MOST_POINTS)
    radius_px: _Radius

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Clear the pixels whose centre the eraser passes over."""
        draw_brush(mask, np.array(self.points) - [x_px, y_px], self.radius_px, value=False)


class Remove(_Stroke):
    """Takes out the stroke that it replaces."""

    kind: Literal["remove"] = "remove"
    replaces: int = Field(ge=0)

    def draw(self, mask: Mask, *, x_px: float = 0.0, y_px: float = 0.0) -> None:
        """Draw nothing."""


Stroke = Annotated[Trace | Polygon | Brush | Erase | Remove, Field(discriminator="kind")]


def _pairs(points: npt.NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in points.tolist())
