"""Where predictions err, in pictures: hits, misses and false alarms in three colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from crackgauge.arrays import Image, Mask, check_image, check_mask, check_same_shape
from crackgauge.errors import UsageError
from crackgauge.images import write_image
from crackgauge.metrics.tolerance import disk_maximum
from crackgauge.report.lettering import break_lines, open_font

MAX_CASES = 12
PICTURE_PX = 420

# Sky blue, yellow and vermillion of Okabe and Ito (2008): told apart by every kind of eye, and on
# a dark ground also by their lightness alone.
HIT_COLOUR = (86, 180, 233)
MISS_COLOUR = (240, 228, 66)
FALSE_ALARM_COLOUR = (213, 94, 0)

_GROUND = 40
# The greys that a photo's 1st and 99th percentile become: every colour stays lighter than it.
_DARKEST, _LIGHTEST = 8, 92
_LARGEST_FACTOR = 2
_HIT, _FALSE_ALARM, _MISS = 1, 2, 4
# In the order they are painted: where a pixel of the picture stands for several, the last is seen.
_COLOURS = (
    (_HIT, HIT_COLOUR),
    (_FALSE_ALARM, FALSE_ALARM_COLOUR),
    (_MISS, MISS_COLOUR),
)

_MARGIN_PX, _GAP_PX, _LINE_PX = 28, 20, 6
_LEAST_COLUMN_PX, _LEAST_SHEET_PX = 260, 860
_PAPER, _INK, _FAINT, _WARNING = (255, 255, 255), (20, 20, 20), (85, 85, 85), (163, 59, 0)

_Kinds = npt.NDArray[np.uint8]


class ErrorCase(NamedTuple):
    """One image of a sheet.

    Args:
        name: bold, above the picture's caption.
        image: uint8 (H, W, 3); None draws on a dark ground.
        prediction: bool (H, W).
        truth: bool (H, W).
        caption: below the name, such as its scores.
    """

    name: str
    image: Image | None
    prediction: Mask
    truth: Mask
    caption: str


class _Cell(NamedTuple):
    picture: Image
    name: str
    caption: str


class _Text(NamedTuple):
    lines: Sequence[str]
    font: ImageFont.FreeTypeFont
    colour: tuple[int, int, int]

    @property
    def step_px(self) -> int:
        return round(self.font.size) + _LINE_PX

    @property
    def height_px(self) -> int:
        return len(self.lines) * self.step_px


def draw_errors(case: ErrorCase, *, tolerance_px: float, fit_px: int | None = None) -> Image:
    """Draw hits, misses and false alarms over the photo in dimmed grey.

    A hit is a predicted pixel with a truth pixel within the tolerance, a false alarm one without,
    a miss a truth pixel without a predicted one within the tolerance. Truth that is found within
    the tolerance and is not itself predicted has no colour.

    Args:
        case: image, prediction and truth of one size.
        tolerance_px: 0 or more, Euclidean, as in `metrics.tolerance`.
        fit_px: scales the picture to fit a square of that side, by a factor of 2 at most; None
            keeps its size. A pixel of the smaller picture has the colour of a miss, a false alarm
            or a hit, in this order, where any pixel it stands for is one, and at half the size or
            less the colours grow by one pixel into the photo: an error of one pixel stays visible
            however far the picture is scaled down.

    Returns:
        uint8 (h, w, 3); (H, W, 3) without `fit_px`.

    Raises:
        UsageError: a wrong array, arrays of two sizes, a negative tolerance.

    >>> truth, prediction = np.zeros((2, 1, 9), bool)
    >>> truth[0, 0], prediction[0, 1], prediction[0, 8] = True, True, True
    >>> drawn = draw_errors(ErrorCase("a", None, prediction, truth, ""), tolerance_px=1)
    >>> [tuple(int(value) for value in drawn[0, column]) for column in (0, 1, 8)]
    [(40, 40, 40), (86, 180, 233), (213, 94, 0)]
    """
    check_mask(case.prediction, name=f"prediction of {case.name}")
    check_mask(case.truth, name=f"truth of {case.name}")
    check_same_shape(
        case.prediction,
        case.truth,
        names=(f"prediction of {case.name}", f"truth of {case.name}"),
    )
    kinds = _kinds(case.prediction, case.truth, tolerance_px)
    height, width = kinds.shape
    if fit_px is not None:
        factor = min(fit_px / max(height, width), _LARGEST_FACTOR)
        height, width = max(1, round(height * factor)), max(1, round(width * factor))
        kinds = _resize_kinds(kinds, height, width)
    picture = _ground(case, height, width)
    for kind, colour in _COLOURS:
        picture[kinds & kind > 0] = colour
    return picture


def write_error_sheet(
    path: str | Path,
    cases: Iterable[ErrorCase],
    *,
    tolerance_px: float,
    title: str,
    note: str = "",
    most: int = MAX_CASES,
) -> None:
    """Write one PNG with a grid of pictures, their captions and a legend.

    Args:
        path: ends in .png; atomic.
        cases: the first `most` are drawn. They are taken one by one, and only their small
            pictures are kept.
        tolerance_px: as in `draw_errors`.
        title: stands above all.
        note: stands below the title, such as where the threshold comes from.
        most: pictures.

    Raises:
        UsageError: no case, a wrong array, arrays of two sizes, a negative tolerance, another
            suffix.
        StorageError: the file cannot be written.
    """
    if Path(path).suffix.lower() != ".png":
        raise UsageError(f"{path}: got the suffix {Path(path).suffix!r}, expected .png")
    cells = [
        _Cell(
            draw_errors(case, tolerance_px=tolerance_px, fit_px=PICTURE_PX), case.name, case.caption
        )
        for case in islice(cases, most)
    ]
    if not cells:
        raise UsageError("got no case to draw, expected at least one")
    columns = _columns(len(cells))
    column_px = max(_LEAST_COLUMN_PX, *(cell.picture.shape[1] for cell in cells))
    grid_px = columns * column_px + (columns - 1) * _GAP_PX
    room_px = max(grid_px, _LEAST_SHEET_PX)
    head = _head(title, note, room_px)
    legend = _legend(tolerance_px, room_px)
    rows = [
        _row(cells[start : start + columns], column_px) for start in range(0, len(cells), columns)
    ]
    parts = [head, legend, *rows]
    height = 2 * _MARGIN_PX + sum(part.height for part in parts) + _GAP_PX * (len(parts) - 1)
    sheet = PillowImage.new("RGB", (room_px + 2 * _MARGIN_PX, height), _PAPER)
    top = _MARGIN_PX
    for part in parts:
        sheet.paste(part, (_MARGIN_PX, top))
        top += part.height + _GAP_PX
    write_image(path, np.asarray(sheet, dtype=np.uint8))


def _kinds(prediction: Mask, truth: Mask, tolerance_px: float) -> _Kinds:
    near_truth = disk_maximum(truth, tolerance_px)
    kinds = np.where(near_truth, np.uint8(_HIT), np.uint8(_FALSE_ALARM))
    kinds[~prediction] = 0
    kinds[truth & ~disk_maximum(prediction, tolerance_px)] = _MISS
    return kinds


def _resize_kinds(kinds: _Kinds, height: int, width: int) -> _Kinds:
    """Scale kinds; a smaller map holds, as bits, all kinds of the pixels it stands for."""
    if height <= kinds.shape[0] and width <= kinds.shape[1]:
        rows = np.arange(height) * kinds.shape[0] // height
        cols = np.arange(width) * kinds.shape[1] // width
        fewer_rows = np.bitwise_or.reduceat(kinds, rows, axis=0)
        small: _Kinds = np.bitwise_or.reduceat(fewer_rows, cols, axis=1)
        if 2 * max(height, width) > max(kinds.shape):
            return small
        return np.where(small > 0, small, disk_maximum(small, 1.0))
    larger = cv2.resize(kinds, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(larger, dtype=np.uint8)


def _ground(case: ErrorCase, height: int, width: int) -> Image:
    """The photo in dimmed grey, or an even dark ground; uint8 (height, width, 3), a new array."""
    if case.image is None:
        return np.full((height, width, 3), _GROUND, dtype=np.uint8)
    image = check_image(case.image, name=f"image of {case.name}")
    check_same_shape(image, case.truth, names=(f"image of {case.name}", f"truth of {case.name}"))
    method = cv2.INTER_AREA if height <= image.shape[0] else cv2.INTER_LINEAR
    small = image
    if image.shape[:2] != (height, width):
        small = np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)
    dimmed = _dim(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    return np.asarray(cv2.cvtColor(dimmed, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _dim(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Darken a grey photo and use the dark greys whole: cracks differ little from their ground."""
    reached = np.bincount(grey.ravel(), minlength=256).cumsum() / grey.size
    low, high = (int(np.searchsorted(reached, share)) for share in (0.01, 0.99))
    steepest = 2 * (_LIGHTEST - _DARKEST) / 255  # noise of an even photo stays noise
    slope = min((_LIGHTEST - _DARKEST) / max(high - low, 1), steepest)
    middle = (_DARKEST + _LIGHTEST) / 2
    mapped = middle + slope * (np.arange(256) - (low + high) / 2)
    table = np.rint(np.clip(mapped, _DARKEST, _LIGHTEST)).astype(np.uint8)
    return np.asarray(table[grey], dtype=np.uint8)


def _columns(count: int) -> int:
    """Three or four columns, by which leaves fewer places empty; fewer for fewer pictures.

    >>> [_columns(count) for count in (1, 3, 4, 5, 6, 7, 9, 10, 12)]
    [1, 3, 4, 3, 3, 4, 3, 4, 4]
    """
    return count if count < 4 else min((4, 3), key=lambda columns: -count % columns)


def _head(title: str, note: str, width: int) -> PillowImage.Image:
    title_font, note_font = open_font(30, bold=True), open_font(20)
    return _written(
        width,
        [
            _Text(break_lines(title, title_font, width), title_font, _INK),
            _Text(break_lines(note, note_font, width), note_font, _WARNING),
        ],
    )


def _legend(tolerance_px: float, width: int) -> PillowImage.Image:
    font = open_font(19)
    side = round(font.size)
    entries = [
        (colour, _Text(break_lines(words, font, width - 2 * side), font, _INK))
        for colour, words in _wordings(tolerance_px)
    ]
    height = sum(text.height_px for _, text in entries)
    canvas = PillowImage.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    top = 0
    for colour, text in entries:
        draw.rectangle((0, top + 2, side, top + 2 + side), fill=colour, outline=_INK)
        top = _write(draw, text, left=2 * side, top=top)
    return canvas


def _wordings(tolerance_px: float) -> list[tuple[tuple[int, int, int], str]]:
    if tolerance_px == 0:
        hit, false_alarm, miss = "that is truth", "that is no truth", "that is not predicted"
    else:
        within = f"within {tolerance_px:.3g} px"
        hit = f"with truth {within}"
        false_alarm = f"without truth {within}"
        miss = f"without a predicted pixel {within}"
    return [
        (HIT_COLOUR, f"hit: predicted pixel {hit}"),
        (MISS_COLOUR, f"miss: truth pixel {miss}"),
        (FALSE_ALARM_COLOUR, f"false alarm: predicted pixel {false_alarm}"),
    ]


def _row(cells: Sequence[_Cell], column_px: int) -> PillowImage.Image:
    name_font, caption_font = open_font(18, bold=True), open_font(17)
    pictures_px = max(cell.picture.shape[0] for cell in cells)
    words = [
        _written(
            column_px,
            [
                _Text(break_lines(cell.name, name_font, column_px, most=2), name_font, _INK),
                _Text(
                    break_lines(cell.caption, caption_font, column_px, most=4),
                    caption_font,
                    _FAINT,
                ),
            ],
        )
        for cell in cells
    ]
    width = len(cells) * column_px + (len(cells) - 1) * _GAP_PX
    height = pictures_px + _LINE_PX + max(part.height for part in words)
    canvas = PillowImage.new("RGB", (width, height), _PAPER)
    for index, (cell, part) in enumerate(zip(cells, words, strict=True)):
        left = index * (column_px + _GAP_PX)
        canvas.paste(PillowImage.fromarray(cell.picture), (left, 0))
        canvas.paste(part, (left, cell.picture.shape[0] + _LINE_PX))
    return canvas


def _written(width: int, texts: Sequence[_Text]) -> PillowImage.Image:
    """Texts below each other on paper; one pixel high where there is none."""
    height = max(1, sum(text.height_px for text in texts))
    canvas = PillowImage.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    top = 0
    for text in texts:
        top = _write(draw, text, left=0, top=top)
    return canvas


def _write(draw: ImageDraw.ImageDraw, text: _Text, *, left: int, top: int) -> int:
    for line in text.lines:
        draw.text((left, top), line, font=text.font, fill=text.colour)
        top += text.step_px
    return top
