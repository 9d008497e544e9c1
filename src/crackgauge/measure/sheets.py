"""Components drawn side by side on sheets, so that what is empty between cracks costs nothing.

Skeletons and distances of a component depend on its own pixels alone. Instead of running over the
whole image, or once a crack with the overhead of each call, the bounding boxes are packed on
sheets of a bounded size, with background between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.errors import UsageError
from crackgauge.measure.components import Components

SHEET_PX2 = 8_000_000
# Measuring takes about 20 bytes for each pixel of the largest bounding box: 5 GB at this limit.
LARGEST_BOX_PX2 = 250_000_000
# Thinning goes over the sheet once for each pixel of half the width: what is wider than 128 px is
# measured on a mask with 2 x 2, 4 x 4, ... px in one, where it is 65 to 128 px wide.
THICKEST_PX = 64
_MARGIN = 1


@dataclass(frozen=True)
class Sheet:
    """Some components on one array.

    Args:
        mask: bool (h, w), background along all four sides.
        distance_px: float32 (h, w), distance of each pixel's centre to the centre of the nearest
            background pixel.
        component: int32 (h, w), the component that a crack pixel belongs to.
        offset: int64 (C, 2), for each component on this sheet: rows and columns to be added to a
            place on the sheet before it is multiplied by `factor` to get its place in the image.
        factor: how many px of the image are one px of the sheet.
    """

    mask: Mask
    distance_px: npt.NDArray[np.float32]
    component: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]
    factor: int


def pack(components: Components) -> Iterator[Sheet]:
    """Draw all components on sheets of `SHEET_PX2`, larger only for a single larger component.

    A component thicker than twice `THICKEST_PX` is drawn smaller, on a sheet of its own.

    Raises:
        UsageError: a bounding box above `LARGEST_BOX_PX2`.
    """
    sizes = components.boxes[:, 2:] - components.boxes[:, :2]
    _refuse_largest(sizes)
    # By falling height, so that each shelf is filled with boxes of about its height.
    waiting = np.lexsort((-sizes[:, 1], -sizes[:, 0])).tolist()
    while waiting:
        places, shape, waiting = _fill(waiting, sizes)
        sheet = _draw(components, places, shape)
        thick = _take_thick(sheet)
        if sheet.mask.any():
            yield sheet
        for index, deepest_px in thick.items():
            factor = 1
            while deepest_px > THICKEST_PX * factor:
                factor *= 2
            yield _reduce(components, index, factor)


def _take_thick(sheet: Sheet) -> dict[int, float]:
    """Erase what is too thick from a sheet; return each such component's largest distance."""
    deep = sheet.distance_px > THICKEST_PX
    owners = sheet.component[deep]
    found = {int(k): float(sheet.distance_px[deep][owners == k].max()) for k in np.unique(owners)}
    if found:
        sheet.mask[np.isin(sheet.component, list(found))] = False
    return found


def _refuse_largest(sizes: npt.NDArray[np.int64]) -> None:
    areas = sizes[:, 0] * sizes[:, 1]
    if len(areas) and int(areas.max()) > LARGEST_BOX_PX2:
        height, width = (int(value) for value in sizes[int(areas.argmax())])
        raise UsageError(
            f"mask: one connected crack spans {height} x {width} px, expected at most "
            f"{LARGEST_BOX_PX2 // 1_000_000} megapixels around a crack; "
            "cut the mask into parts and join them with crackgauge.measure.assemble"
        )


def _fill(
    waiting: list[int], sizes: npt.NDArray[np.int64]
) -> tuple[dict[int, tuple[int, int]], tuple[int, int], list[int]]:
    """Place components on shelves of one sheet; return places, the sheet's shape, and the rest."""
    sheet_width = max(2048, int(sizes[waiting, 1].max()) + 2 * _MARGIN)
    places: dict[int, tuple[int, int]] = {}
    top, left, shelf_height = _MARGIN, _MARGIN, 0
    for position, index in enumerate(waiting):
        height, width = int(sizes[index, 0]), int(sizes[index, 1])
        if left + width + _MARGIN > sheet_width:
            top, left, shelf_height = top + shelf_height + _MARGIN, _MARGIN, 0
        bottom = top + max(shelf_height, height) + _MARGIN
        if places and bottom * sheet_width > SHEET_PX2:
            return places, (top + shelf_height + _MARGIN, sheet_width), waiting[position:]
        places[index] = (top, left)
        left += width + _MARGIN
        shelf_height = max(shelf_height, height)
    if len(places) == 1:
        sheet_width = left
    return places, (top + shelf_height + _MARGIN, sheet_width), []


def _draw(
    components: Components, places: dict[int, tuple[int, int]], shape: tuple[int, int]
) -> Sheet:
    offset = np.zeros((len(components), 2), dtype=np.int64)
    # Where a run begins the component's number is added, after its end it is taken away again.
    steps = np.zeros(shape, dtype=np.int32)
    for index, (top, left) in places.items():
        box, runs = components.box(index), components.runs(index)
        offset[index] = box.row - top, box.col - left
        rows = components.row[runs] - offset[index, 0]
        steps[rows, components.start[runs] - offset[index, 1]] += index + 1
        steps[rows, components.stop[runs] - offset[index, 1]] -= index + 1
    component = np.cumsum(steps, axis=1, out=steps)
    component -= 1
    mask = component >= 0
    return Sheet(mask, _distance(mask), component, offset, 1)


def _reduce(components: Components, index: int, factor: int) -> Sheet:
    """Draw one component with `factor` x `factor` px in one; a touched pixel is set."""
    box, runs = components.box(index), components.runs(index)
    top, left = box.row // factor - _MARGIN, box.col // factor - _MARGIN
    height = -(-(box.row + box.height) // factor) - top + _MARGIN
    width = -(-(box.col + box.width) // factor) - left + _MARGIN
    rows = components.row[runs] // factor - top
    steps = np.zeros((height, width), dtype=np.int32)
    np.add.at(steps, (rows, components.start[runs] // factor - left), 1)
    np.add.at(steps, (rows, -(-components.stop[runs] // factor) - left), -1)
    mask = np.cumsum(steps, axis=1) > 0
    offset = np.zeros((len(components), 2), dtype=np.int64)
    offset[index] = top, left
    component = np.full(mask.shape, index, dtype=np.int32)
    return Sheet(mask, _distance(mask), component, offset, factor)


def _distance(mask: Mask) -> npt.NDArray[np.float32]:
    found = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, dtype=np.float32)
