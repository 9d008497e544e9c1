"""The one form that every label format is read into and written from.

Legend: a WINDOW is a part of the image in px. Points are (x, y) in px of the image with pixel
corners at integers, so the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from crackgauge.arrays import Mask, Window, check_mask
from crackgauge.labels.run_length import Runs, pixels_of, runs_of

Point = tuple[float, float]
Points = tuple[Point, ...]


@dataclass(frozen=True)
class Polyline:
    """A line of straight segments.

    Attributes:
        points: one or more.
        label: what it is, in the words of who drew it.
        width_px: how wide it is; None where nobody said.
    """

    points: Points
    label: str = ""
    width_px: float | None = None


@dataclass(frozen=True)
class Polygon:
    """An area within an outline, without its holes.

    Attributes:
        points: three or more; the last joins the first.
        label: what it is, in the words of who drew it.
        holes: outlines of what is no part of it.
    """

    points: Points
    label: str = ""
    holes: tuple[Points, ...] = ()


@dataclass(frozen=True, eq=False)
class MaskShape:
    """An area given pixel by pixel, kept as runs: a file of a few bytes may stand for many pixels.

    Two are equal where label and pixels are, whatever their windows.

    Attributes:
        window: where it lies; nothing outside belongs to it.
        runs: within the window, sound first, see `crackgauge.labels.run_length`.
        label: what it is, in the words of who drew it.
        by_column: the runs go down the columns instead of along the rows.
    """

    window: Window
    runs: Runs
    label: str = ""
    by_column: bool = False

    @classmethod
    def of(cls, mask: Mask, *, row: int = 0, col: int = 0, label: str = "") -> MaskShape:
        """Keep a mask.

        Args:
            mask: bool (h, w).
            row, col: where its first pixel lies in the image.
            label: what it is.

        >>> MaskShape.of(np.array([[False, True], [False, False]])).runs.tolist()
        [1, 1, 2]
        """
        flat = check_mask(mask).ravel()
        return cls(Window(row, col, *mask.shape), runs_of(flat), label)

    @property
    def pixels(self) -> Mask:
        """bool (window.height, window.width)."""
        height, width = self.window.height, self.window.width
        flat = pixels_of(self.runs)
        if self.by_column:
            return np.ascontiguousarray(flat.reshape(width, height).T)
        return flat.reshape(height, width)

    @property
    def is_empty(self) -> bool:
        """No pixel belongs to it."""
        return not self.runs[1::2].any()

    def cut(self) -> tuple[Mask, Window]:
        """The pixels within the smallest window that holds them; one pixel where there is none.

        >>> mask = np.zeros((4, 5), bool)
        >>> mask[2, 1:3] = True
        >>> MaskShape.of(mask).cut()
        (array([[ True,  True]]), Window(row=2, col=1, height=1, width=2))
        """
        pixels = self.pixels
        rows, cols = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
        if not len(rows):
            return pixels[:1, :1], Window(self.window.row, self.window.col, 1, 1)
        part = pixels[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        top, left = self.window.row + int(rows[0]), self.window.col + int(cols[0])
        return np.ascontiguousarray(part), Window(top, left, *part.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MaskShape) or self.label != other.label:
            return False
        if self.is_empty or other.is_empty:
            return self.is_empty and other.is_empty
        (mine, here), (theirs, there) = self.cut(), other.cut()
        return here == there and bool(np.array_equal(mine, theirs))

    def __hash__(self) -> int:
        return hash(self.label)


Shape = Polyline | Polygon | MaskShape


@dataclass(frozen=True)
class Problem:
    """Something in a label file that was set aside.

    Attributes:
        image: the image that it belongs to, "" where there is none.
        reason: one of `crackgauge.errors.REASONS`.
        sentence: what came, what was expected, what to do.
    """

    image: str
    reason: str
    sentence: str


@dataclass(frozen=True)
class ImageLabels:
    """What is drawn on one image.

    Attributes:
        image: the image's file as the labels name it, with `/`; "" where they do not.
        width, height: of the image in px; None where the labels do not say.
        shapes: in the file's order.
        unread: (kind, label) of each shape that is neither a line nor an area, such as a box.
        problems: shapes that could not be read.
        crs: the coordinate system of the points, such as "EPSG:25832", where they are no pixels.
    """

    image: str
    width: int | None
    height: int | None
    shapes: tuple[Shape, ...]
    unread: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    crs: str = ""

    @property
    def lines(self) -> tuple[Polyline, ...]:
        """The lines among the shapes."""
        return tuple(shape for shape in self.shapes if isinstance(shape, Polyline))

    def only(self, labels: Iterable[str]) -> ImageLabels:
        """The shapes of these labels; of all, where none is named.

        >>> drawn = ImageLabels("a.png", 9, 9, (Polyline(((1, 1),), "crack"),), (("box", "lid"),))
        >>> drawn.only(["crack"]).unread, len(drawn.only(["lid"]).shapes)
        ((), 0)
        """
        wanted = set(labels)
        if not wanted:
            return self
        return replace(
            self,
            shapes=tuple(shape for shape in self.shapes if shape.label in wanted),
            unread=tuple(shape for shape in self.unread if shape[1] in wanted),
        )
