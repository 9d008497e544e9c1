"""The one form that every label format is read into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from crackgauge.errors import CORRUPT, InputRefused

Point = tuple[float, float]

# No image is as large; sums of such numbers stay finite.
_FURTHEST_PX = 1e9


@dataclass(frozen=True)
class Polyline:
    """A line of straight segments, or the outline of an area.

    Attributes:
        points: (x, y) in px, pixel corners at integers; one or more, three or more of an outline.
        label: what it is, in the words of who drew it.
        closed: the points are the outline of an area, whose last point joins the first.
    """

    points: tuple[Point, ...]
    label: str = ""
    closed: bool = False


@dataclass(frozen=True)
class ImageLabels:
    """What is drawn on one image.

    Attributes:
        image: the image's file as the labels name it, with `/`; "" where they do not.
        width, height: of the image in px; None where the labels do not say.
        lines: in the file's order.
        unread: (kind, label) of each shape that is neither a line nor an outline, such as a box.
    """

    image: str
    width: int | None
    height: int | None
    lines: tuple[Polyline, ...]
    unread: tuple[tuple[str, str], ...] = ()

    def only(self, labels: Iterable[str]) -> ImageLabels:
        """The shapes of these labels; of all, where none is named.

        >>> drawn = ImageLabels("a.png", 9, 9, (Polyline(((1, 1),), "crack"),), (("box", "lid"),))
        >>> drawn.only(["crack"]).unread, len(drawn.only(["lid"]).lines)
        ((), 0)
        """
        wanted = set(labels)
        if not wanted:
            return self
        return ImageLabels(
            self.image,
            self.width,
            self.height,
            tuple(line for line in self.lines if line.label in wanted),
            tuple(shape for shape in self.unread if shape[1] in wanted),
        )


def to_points(pairs: Any, *, path: Path, where: str, least: int = 1) -> tuple[Point, ...]:
    """Check the points of one shape as they stand in a file.

    Args:
        pairs: anything; what is accepted is a sequence of (x, y), further numbers (a height) are
            passed over.
        path: the file, for the error.
        where: the shape in words, for the error.
        least: how many points there must be.

    Raises:
        InputRefused: something else, or a number that no image reaches.
    """
    expected = (
        f"expected {least} or more points of two numbers within {_FURTHEST_PX:g} px; draw it "
        "again, or remove it"
    )
    if not isinstance(pairs, Sequence) or isinstance(pairs, str) or len(pairs) < least:
        count = "no" if not isinstance(pairs, Sequence) or isinstance(pairs, str) else len(pairs)
        raise InputRefused(path, CORRUPT, f"{where} has {count} points, {expected}")
    points: list[Point] = []
    for pair in pairs:
        numbers = pair if isinstance(pair, Sequence) and not isinstance(pair, str) else ()
        if len(numbers) < 2 or not all(_is_place(number) for number in numbers[:2]):
            shown = repr(pair)
            shown = shown if len(shown) <= 40 else shown[:37] + "..."
            raise InputRefused(path, CORRUPT, f"{where} has the point {shown}, {expected}")
        points.append((float(numbers[0]), float(numbers[1])))
    return tuple(points)


def _is_place(number: Any) -> bool:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return abs(number) <= _FURTHEST_PX  # false for NaN


def posix_name(name: Any) -> str:
    """A file's name as labels write it, on any system, with `/`; "" for no text.

    >>> posix_name("..\\\\photos\\\\a.jpg"), posix_name(None)
    ('../photos/a.jpg', '')
    """
    return str(PurePosixPath(name.replace("\\", "/"))) if isinstance(name, str) and name else ""


def to_size(number: Any) -> int | None:
    """A width or height as it stands in a file; None where it is none.

    >>> to_size("640"), to_size(480.0), to_size(None), to_size("wide")
    (640, 480, None, None)
    """
    try:
        size = int(number)
    except (TypeError, ValueError, OverflowError):
        return None
    return size if size > 0 else None
