"""What stands in a label file, checked before it is believed."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from unicodedata import category

import numpy as np

from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, TOO_LARGE, InputRefused, UsageError
from crackgauge.images import WHOLE_LIMIT_PX
from crackgauge.labels.run_length import check_runs
from crackgauge.labels.shapes import ImageLabels, MaskShape, Points, Problem, Shape

# No image is as large; sums of such numbers stay finite.
_FURTHEST_PX = 1e9
_LONGEST_TEXT, _LONGEST_NAME = 1000, 4096


class Found(NamedTuple):
    """What a reader found in one file.

    Attributes:
        images: in the file's order.
        problems: what belongs to none of them.
    """

    images: list[ImageLabels]
    problems: list[Problem]


class Collector:
    """Takes the shapes of one image, and sets aside those that cannot be read.

    Args:
        path: the file.
        image: the image's name as it stands there.
        width, height: as they stand there.
    """

    def __init__(self, path: Path, image: Any, width: Any, height: Any) -> None:
        self.path = path
        self.image = posix_name(image)
        self.width, self.height = to_size(width), to_size(height)
        self.shapes: list[Shape] = []
        self.unread: list[tuple[str, str]] = []
        self.problems: list[Problem] = []
        self.crs = ""

    def add(self, read: Callable[[], Shape | Sequence[Shape]]) -> None:
        """Take what `read` returns, or note why it could not."""
        try:
            found = read()
        except InputRefused as refused:
            self.problems.append(Problem(self.image, refused.reason, refused.sentence))
        else:
            self.shapes += found if isinstance(found, Sequence) else [found]

    def done(self) -> ImageLabels:
        """All of it."""
        return ImageLabels(
            self.image,
            self.width,
            self.height,
            tuple(self.shapes),
            tuple(self.unread),
            tuple(self.problems),
            self.crs,
        )


def to_points(pairs: Any, *, path: Path, where: str, least: int = 1) -> Points:
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
    if not _is_list(pairs) or len(pairs) < least:
        count = len(pairs) if _is_list(pairs) else "no"
        raise InputRefused(path, CORRUPT, f"{where} has {count} points, {expected}")
    points = []
    for pair in pairs:
        numbers: Sequence[Any] = pair if _is_list(pair) else ()
        if len(numbers) < 2 or not all(is_place(number) for number in numbers[:2]):
            raise InputRefused(path, CORRUPT, f"{where} has the point {shown(pair)}, {expected}")
        points.append((float(numbers[0]), float(numbers[1])))
    return tuple(points)


def to_mask(
    counts: Any, window: Window, *, path: Path, where: str, by_column: bool = False, label: str = ""
) -> MaskShape:
    """Check the runs of one mask as they stand in a file; the pixels are not made here.

    Args:
        counts: anything; what is accepted is a list of whole numbers whose sum is that of the
            window's pixels.
        window: where the mask lies.
        path: the file, for the error.
        where: the shape in words, for the error.
        by_column: as in `MaskShape`; so is `label`.

    Raises:
        InputRefused: something else, or more pixels than are held at once.
    """
    check_pixels(window.height, window.width, path=path, where=where)
    try:
        runs = check_runs(counts, window.height * window.width)
    except UsageError as error:
        raise InputRefused(
            path, CORRUPT, f"{where}: {error}; export the labels again, or remove it"
        ) from error
    small = runs.astype(np.int32)  # one is at most WHOLE_LIMIT_PX
    return MaskShape(window, small, label, by_column)


def check_pixels(height: int, width: int, *, path: Path, where: str) -> None:
    """Refuse a mask of more pixels than are held at once.

    Raises:
        InputRefused: height times width is above `WHOLE_LIMIT_PX`.
    """
    if height * width > WHOLE_LIMIT_PX:
        raise InputRefused(
            path,
            TOO_LARGE,
            f"{where} has {shown(width)} x {shown(height)} px, the limit is {WHOLE_LIMIT_PX:,} "
            "pixels; label parts of the image",
        )


def check_within(window: Window, collector: Collector, *, where: str) -> None:
    """Refuse a window that leaves its image.

    Raises:
        InputRefused: it does.
    """
    bottom, right = window.row + window.height, window.col + window.width
    height, width = collector.height or bottom, collector.width or right
    if min(window.row, window.col) < 0 or bottom > height or right > width:
        raise InputRefused(
            collector.path,
            CORRUPT,
            f"{where} covers columns {window.col} to {right} and rows {window.row} to {bottom} of "
            f"an image of {width} x {height} px, expected a place within it; export the labels "
            "again, or remove it",
        )


def is_place(number: Any) -> bool:
    """Whether something is a number that an image could reach; not for NaN."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return abs(number) <= _FURTHEST_PX  # false for NaN


def to_whole(text: Any) -> int:
    """A whole number as it stands in a file; -1 where it is none.

    >>> to_whole("12"), to_whole(12), to_whole(-3), to_whole("twelve"), to_whole(1.5)
    (12, 12, -1, -1, -1)
    """
    if isinstance(text, str) and text.strip().isascii() and text.strip().isdecimal():
        return int(text) if len(text) < 20 else -1
    return text if isinstance(text, int) and not isinstance(text, bool) and text >= 0 else -1


def to_size(number: Any) -> int | None:
    """A width or height as it stands in a file; None where it is none.

    >>> to_size("640"), to_size(480.0), to_size(None), to_size("wide")
    (640, 480, None, None)
    """
    try:
        size = int(number)
    except (TypeError, ValueError, OverflowError):
        return None
    return size if 0 < size <= _FURTHEST_PX else None


def to_text(value: Any) -> str:
    r"""A label as it stands in a file, on one line and of a sensible length; "" for no text.

    >>> to_text("fine\x1b crack"), to_text(7), to_text(None)
    ('fine\\x1b crack', '7', '')
    """
    if value is None or isinstance(value, list | dict | bool):
        return ""
    return "".join(
        letter.encode("unicode_escape").decode("ascii") if _is_unfit(letter) else letter
        for letter in str(value)[:_LONGEST_TEXT]
    )


def _is_unfit(letter: str) -> bool:
    """A control character, half of a character, or none at all: what XML does not take either."""
    return category(letter) in ("Cc", "Cs") or letter in "\ufffe\uffff"


def posix_name(name: Any) -> str:
    """A file's name as labels write it, on any system, with `/`; "" for no text.

    >>> posix_name("..\\\\photos\\\\a.jpg"), posix_name(None)
    ('../photos/a.jpg', '')
    """
    if not isinstance(name, str) or not name:
        return ""
    clean = "".join("_" if _is_unfit(letter) else letter for letter in name[:_LONGEST_NAME])
    return str(PurePosixPath(clean.replace("\\", "/")))


def shown(value: Any) -> str:
    """A value in an error's sentence, cut to a sensible length."""
    text = reprlib.repr(value)  # which stops at a depth, too
    return text if len(text) <= 40 else text[:37] + "..."


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
