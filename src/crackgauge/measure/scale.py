"""How large a pixel is on the surface, how well that is known, and what follows for a measure.

Legend: N places. A FRONTAL view has one scale; in an OBLIQUE one the plane of the surface is known
by a homography, so each length and width is taken through it where it lies, and no image is warped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError

_Floats = npt.NDArray[np.float64]

GIVEN = "given"
# From there on squares of lengths overflow, or no report can be drawn.
LEAST_MM, MOST_MM = 1e-9, 1e9


class LocalScale(NamedTuple):
    """Millimetres per pixel at N places, float64 (N,), along a line and across it."""

    along: _Floats
    across: _Floats
    area: _Floats  # mm2 per px2


@dataclass(frozen=True)
class Scale:
    """The scale of one image.

    Args:
        mm_per_px: millimetres on the surface that one pixel covers; in an oblique view, at the
            middle of the image.
        sd_mm_per_px: its standard deviation; NaN where it is not known.
        source: where it comes from, in words.
        plane: None for a frontal view, else the homography (row by row, nine numbers) from x, y in
            px to x, y in mm on the surface.

    Raises:
        UsageError: a scale or a deviation that is none.
    """

    mm_per_px: float
    sd_mm_per_px: float = math.nan
    source: str = GIVEN
    plane: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not LEAST_MM <= self.mm_per_px <= MOST_MM:
            raise UsageError(
                f"mm_per_px: got {self.mm_per_px}, expected the millimetres on the surface that "
                f"one pixel covers, a positive number such as 0.21 ({LEAST_MM:g} to "
                f"{MOST_MM:g})"
            )
        if self.sd_mm_per_px < 0 or math.isinf(self.sd_mm_per_px):
            raise UsageError(
                f"sd of mm_per_px: got {self.sd_mm_per_px}, expected 0 or more, such as 0.002"
            )
        if self.plane is not None and len(self.plane) != 9:
            raise UsageError(
                f"plane: got {len(self.plane)} numbers, expected the 9 of a homography"
            )

    @property
    def relative_sd(self) -> float:
        """Standard deviation over scale, as it goes into each length; 0 where it is not known."""
        return 0.0 if math.isnan(self.sd_mm_per_px) else self.sd_mm_per_px / self.mm_per_px

    @property
    def view(self) -> str:
        """`frontal` or `oblique`."""
        return "frontal" if self.plane is None else "oblique"

    def at(self, position: _Floats, tangent: _Floats) -> LocalScale:
        """Return the scale at places of lines.

        With J the derivative of the homography at a place, a step along the unit tangent t is
        |J t| long, an area grows by |det J|, and so a strip along t, of width w in the image, is
        w |det J| / |J t| wide on the surface.

        Args:
            position: float64 (N, 2), x and y in px.
            tangent: float64 (N, 2), unit vectors, or (0, 0) where there is no direction.

        >>> tilted = Scale(1.0, plane=(2.0, 0, 0, 0, 0.5, 0, 0, 0, 1.0))
        >>> found = tilted.at(np.array([[5.0, 5.0]]), np.array([[1.0, 0.0]]))
        >>> found.along.item(), found.across.item(), found.area.item()
        (2.0, 0.5, 1.0)
        """
        count = len(position)
        if self.plane is None:
            linear = np.full(count, self.mm_per_px)
            return LocalScale(linear, linear, linear**2)
        jacobian = _jacobian(np.reshape(self.plane, (3, 3)), position)
        area = np.abs(np.linalg.det(jacobian))
        stretched = np.einsum("nij,nj->ni", jacobian, tangent)
        along = np.hypot(stretched[:, 0], stretched[:, 1])
        directed = along > 0
        across = np.divide(area, along, out=np.sqrt(area), where=directed)
        return LocalScale(np.where(directed, along, np.sqrt(area)), across, area)

    def to_surface(self, position: _Floats) -> _Floats:
        """Return x and y in mm on the surface, float64 (N, 2), of x and y in px."""
        if self.plane is None:
            return position * self.mm_per_px
        return _project(np.reshape(self.plane, (3, 3)), position)

    def area_mm2(self, corners: _Floats) -> float:
        """Return the area on the surface of a polygon of the image.

        NaN where the horizon of the plane runs through it.

        Args:
            corners: float64 (N, 2), x and y in px.
        """
        if self.plane is not None:
            depth = corners @ np.array(self.plane[6:8]) + self.plane[8]
            if not ((depth > 0).all() or (depth < 0).all()):
                return math.nan
        x, y = self.to_surface(corners).T
        return float(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2)

    def times(self, factor: float) -> Scale:
        """Return the scale of a copy of the image with one pixel for `factor` of this one."""
        sd = self.sd_mm_per_px * factor
        plane = self.plane
        if plane is not None:
            enlarge = np.diag([factor, factor, 1.0])
            plane = tuple((np.reshape(plane, (3, 3)) @ enlarge).ravel().tolist())
        return replace(self, mm_per_px=self.mm_per_px * factor, sd_mm_per_px=sd, plane=plane)


def one_scale(mm_per_px: float | None, scale: Scale | None) -> Scale | None:
    """Return the scale of which only a number may have been given.

    Raises:
        UsageError: both, or a number that is no scale.
    """
    if mm_per_px is None:
        return scale
    if scale is not None:
        raise UsageError("got mm_per_px and a scale, expected one of them; leave one out")
    return Scale(mm_per_px)


def oblique(
    plane: npt.ArrayLike, *, middle: tuple[float, float], relative_sd: float, source: str
) -> Scale:
    """Make a scale of a homography; its `mm_per_px` is the root of the area that a pixel covers.

    Args:
        plane: (3, 3), from x, y in px to x, y in mm.
        middle: x and y of the middle of the image, in px.
        relative_sd: standard deviation of lengths over lengths; NaN where it is not known.
        source: in words.
    """
    matrix = np.asarray(plane, dtype=np.float64)
    determinant = float(np.linalg.det(_jacobian(matrix, np.array([middle]))[0]))
    mm_per_px = math.sqrt(abs(determinant))
    return Scale(mm_per_px, relative_sd * mm_per_px, source, tuple(matrix.ravel().tolist()))


def _project(plane: _Floats, position: _Floats) -> _Floats:
    ahead = position @ plane[:, :2].T + plane[:, 2]
    return np.asarray(ahead[:, :2] / ahead[:, 2:], dtype=np.float64)


def _jacobian(plane: _Floats, position: _Floats) -> _Floats:
    """Return d(mm) / d(px), float64 (N, 2, 2), of a homography at N places."""
    ahead = position @ plane[:, :2].T + plane[:, 2]
    depth = ahead[:, 2, None, None]
    numerator = plane[None, :2, :2] * depth - ahead[:, :2, None] * plane[None, None, 2, :2]
    return np.asarray(numerator / depth**2, dtype=np.float64)
