"""The cracks drawn into the photo: overlay, thumbnail, close-up of the widest spot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Mask, Window, check_image, check_mask, check_same_shape
from crackgauge.report.crack_gauge import draw_gauge
from crackgauge.report.plates import draw_legend, draw_numbers
from crackgauge.report.scale_bar import draw_scale_bar
from crackgauge.report.width_colours import COLOURS, NOT_MEASURED, classify, width_class

OVERLAY_PX = 1600
THUMBNAIL_PX = 560
CLOSEUP_PX = 160  # least side of the square around the widest spot, in px of the photo

CRACK_COLOUR = (235, 25, 60)
_LINE_OPACITY, _INSIDE_OPACITY = 0.9, 0.4
_PANEL_PX, _GAP_PX, _GAUGE_PX = 480, 8, 216
_PAPER = 255

_Weights = npt.NDArray[np.float32]
_Line = npt.NDArray[np.float64]


class NumberedSpot(NamedTuple):
    """A crack to be numbered in the picture: at (x, y) in px of the photo."""

    number: int
    x_px: float
    y_px: float


def draw_overlay(
    image: Image,
    mask: Mask,
    *,
    lines: Sequence[_Line] = (),
    spots: Sequence[NumberedSpot] = (),
    longest_px: int = OVERLAY_PX,
    mm_per_px: float | None = None,
    px_per_px: float = 1.0,
) -> Image:
    """Draw the cracks into a photo, scaled down so that its longer side is `longest_px` at most.

    A thin crack is a line of three pixels of the picture, a wide one a translucent area with such
    an outline, so that the photo is seen through it. The colour tells the width along the crack;
    a legend names the classes that occur.

    Args:
        image: uint8 (H, W, 3).
        mask: bool (H, W).
        lines: float64 (N, 3) each, x, y and width along the cracks in px of the photo; without any
            the cracks are red. What no line runs through is grey.
        spots: cracks to be numbered, the most important first.
        longest_px: longer side of the result; a smaller photo keeps its size.
        mm_per_px: of `image`; draws a scale bar, and widths are classed in mm. For a picture
            already scaled down by f, f times that of the photo.
        px_per_px: how many px of the photo one px of `image` is: f.

    Returns:
        uint8 (h, w, 3). A crack of one pixel stays visible however far the photo is scaled down.

    Raises:
        UsageError: a wrong array, or arrays of two sizes.
    """
    check_image(image)
    check_mask(mask)
    check_same_shape(image, mask, names=("image", "mask"))
    small = draw_thumbnail(image, longest_px=longest_px)
    marked = _reduce_mask(mask, *small.shape[:2])
    shrink = small.shape[1] / image.shape[1] / px_per_px
    unit = 1.0 if mm_per_px is None else mm_per_px / px_per_px
    in_mm = mm_per_px is not None
    classes = _class_map(lines, small.shape[:2], shrink, unit, in_mm=in_mm)
    drawn = _paint(small, _opacity(marked), classes if lines else None)
    drawn = draw_numbers(drawn, [(s.number, s.x_px * shrink, s.y_px * shrink) for s in spots])
    present = np.unique(classes[classes >= 0]).tolist()
    drawn = draw_legend(drawn, [width_class(each, in_mm=in_mm) for each in present], marked)
    if mm_per_px is None:
        return drawn
    return draw_scale_bar(drawn, mm_per_px=mm_per_px * image.shape[1] / small.shape[1])


def draw_thumbnail(image: Image, *, longest_px: int = THUMBNAIL_PX) -> Image:
    """Scale a photo down (never up) so that its longer side is `longest_px` at most.

    Raises:
        UsageError: not uint8 (H, W, 3).
    """
    height, width = check_image(image).shape[:2]
    share = longest_px / max(height, width)
    if share >= 1:
        return image
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def closeup_window(
    height: int, width: int, *, x_px: float, y_px: float, width_px: float = 0.0
) -> Window:
    """Return the part of a photo of height x width px to be read for `draw_closeup`.

    Args:
        height: of the photo in px.
        width: of the photo in px.
        x_px: `width_max_x_px` of the crack.
        y_px: `width_max_y_px` of the crack.
        width_px: `width_max_px` of the crack: the square is at least four times as large.

    >>> closeup_window(100, 1000, x_px=990.0, y_px=50.0)
    Window(row=0, col=840, height=100, width=160)
    """
    side = max(CLOSEUP_PX, round(4 * width_px))
    rows, cols = min(side, height), min(side, width)
    row = min(max(round(y_px - rows / 2), 0), height - rows)
    col = min(max(round(x_px - cols / 2), 0), width - cols)
    return Window(row, col, rows, cols)


def draw_closeup(
    image: Image,
    mask: Mask,
    *,
    x_px: float,
    y_px: float,
    width_px: float,
    mm_per_px: float | None = None,
) -> Image:
    """Draw the widest spot of a crack, enlarged: the photo, the outline, and a crack gauge.

    Args:
        image: uint8 (h, w, 3), the part of the photo given by `closeup_window`.
        mask: bool (h, w), the same part.
        x_px: position of the spot within this part.
        y_px: position of the spot within this part.
        width_px: its width, drawn as a circle of that diameter.
        mm_per_px: scale bar and gauge are in mm, otherwise in px.

    Returns:
        uint8 (480, 1192, 3); white around a part that is not square.

    Raises:
        UsageError: a wrong array, or arrays of two sizes.
    """
    check_image(image)
    check_mask(mask)
    check_same_shape(image, mask, names=("image", "mask"))
    scale = _PANEL_PX / max(mask.shape)
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    plain = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    coverage = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    outline = cv2.morphologyEx(
        (coverage >= 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, _disc(3)
    ).astype(np.float32)
    marked = _ring(_paint(plain, outline), x_px * scale, y_px * scale, width_px * scale / 2)
    marked = draw_scale_bar(
        marked, mm_per_px=None if mm_per_px is None else mm_per_px / scale, px_per_px=1 / scale
    )
    gap = np.full((_PANEL_PX, _GAP_PX, 3), _PAPER, dtype=np.uint8)
    unit = 1.0 if mm_per_px is None else mm_per_px
    gauge = draw_gauge(
        _PANEL_PX,
        _GAUGE_PX,
        width=width_px * unit,
        in_mm=mm_per_px is not None,
        px_per_unit=scale / unit,
    )
    return np.concatenate([_on_panel(plain), gap, _on_panel(marked), gap, gauge], axis=1)


def _reduce_mask(mask: Mask, height: int, width: int) -> Mask:
    """Scale a mask down; a pixel is set where any part of it was."""
    if mask.shape == (height, width):
        return mask
    full = mask.view(np.uint8) * np.uint8(255)
    touched = cv2.resize(full.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(touched > 0, dtype=np.bool_)


def _opacity(marked: Mask) -> _Weights:
    """Return the opacity of the colour, float32 (h, w): a line around, less inside."""
    area = marked.view(np.uint8)
    line = cv2.dilate(area, _disc(3))
    inside = cv2.erode(area, _disc(5), borderValue=0)
    opacity = np.where(inside > 0, _INSIDE_OPACITY, np.where(line > 0, _LINE_OPACITY, 0.0))
    return opacity.astype(np.float32)


def _class_map(
    lines: Sequence[_Line], shape: tuple[int, int], shrink: float, unit: float, *, in_mm: bool
) -> npt.NDArray[np.int16]:
    """Return the class of width around the lines, int16 (h, w); -1 where there is none."""
    found = np.full(shape, -1, dtype=np.int16)
    if not lines:
        return found
    # Each line ends with its last point again, which is no segment.
    ends = np.cumsum([len(line) for line in lines])[:-1] - 1
    points = np.concatenate(list(lines))
    widths = np.delete((points[:-1, 2] + points[1:, 2]) / 2, ends)
    # Coordinates have their pixel corners at integers, those of cv2 their centres; 4 bits of more.
    fine = np.rint((points[:, :2] * shrink - 0.5) * 16).astype(np.int32)
    starts, stops = np.delete(fine[:-1], ends, axis=0), np.delete(fine[1:], ends, axis=0)
    classes = classify(widths * unit, in_mm=in_mm)
    thick = np.ceil(widths * shrink).astype(np.int64) + 4
    # The widest last, so that the colour at a junction is that of the wider crack.
    for index in np.argsort(classes, kind="stable"):
        start, stop = starts[index].tolist(), stops[index].tolist()
        cv2.line(found, start, stop, int(classes[index]), int(thick[index]), shift=4)
    return found


def _paint(image: Image, opacity: _Weights, classes: npt.NDArray[np.int16] | None = None) -> Image:
    painted = image.copy()
    rows, cols = np.nonzero(opacity)
    share = opacity[rows, cols, None]
    ink = np.array(CRACK_COLOUR, dtype=np.float32)
    if classes is not None:
        # Class -1 takes the last colour.
        ink = np.array([*COLOURS, NOT_MEASURED], dtype=np.float32)[classes[rows, cols]]
    mixed = (1 - share) * image[rows, cols] + share * ink
    painted[rows, cols] = np.rint(mixed).astype(np.uint8)
    return painted


def _ring(image: Image, x: float, y: float, radius: float) -> Image:
    """Draw a white circle with a dark border around it, which is seen on any ground."""
    drawn = image.copy()
    centre, fine = (round(x * 16 - 8), round(y * 16 - 8)), round(radius * 16)
    for colour, thickness in (((20, 20, 20), 5), ((255, 255, 255), 2)):
        cv2.circle(drawn, centre, fine, colour, thickness, cv2.LINE_AA, shift=4)
    return drawn


def _on_panel(picture: Image) -> Image:
    panel = np.full((_PANEL_PX, _PANEL_PX, 3), _PAPER, dtype=np.uint8)
    top, left = (_PANEL_PX - picture.shape[0]) // 2, (_PANEL_PX - picture.shape[1]) // 2
    panel[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return panel


def _disc(diameter: int) -> npt.NDArray[np.uint8]:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    return np.asarray(shape, dtype=np.uint8)
