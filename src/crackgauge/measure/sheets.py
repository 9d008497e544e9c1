"""Components drawn side by side on sheets, so that what is empty between cracks costs nothing.

Skeletons and distances of a component depend on its own pixels alone. Instead of running over the
whole image, or once a crack with the overhead of each call, the bounding boxes are packed on
sheets of a bounded size, with background between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.errors import UsageError
from crackgauge.measure.components import Components

SHEET_PX2 = 8_000_000
# Measuring takes about 20 bytes for each pixel of the largest bounding box: 5 GB at this limit.
LARGEST_BOX_PX2 = 250_000_000
_MARGIN = 1


@dataclass(frozen=True)
class Sheet:
    """Some components on one array.

    Args:
        mask: bool (h, w), background along all four sides.
        component: int32 (h, w), the component that a crack pixel belongs to.
        offset: int64 (C, 2), for each component on this sheet: rows and columns to be added to a
            place on the sheet to get its place in the image.
    """

    mask: Mask
    component: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]


def pack(components: Components) -> Iterator[Sheet]:
    """Draw all components on sheets of `SHEET_PX2`, larger only for a single larger component.

    Raises:
        UsageError: a bounding box above `LARGEST_BOX_PX2`.
    """
    sizes = components.boxes[:, 2:] - components.boxes[:, :2]
    _refuse_largest(sizes)
    # By falling height, so that each shelf is filled with boxes of about its height.
    waiting = np.lexsort((-sizes[:, 1], -sizes[:, 0])).tolist()
    while waiting:
        places, shape, waiting = _fill(waiting, sizes)
        yield _draw(components, places, shape)


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
    mask = np.zeros(shape, dtype=np.bool_)
    component = np.full(shape, -1, dtype=np.int32)
    offset = np.zeros((len(components), 2), dtype=np.int64)
    for index, (top, left) in places.items():
        box = components.box(index)
        offset[index] = box.row - top, box.col - left
        rows, cols = components.pixels(index)
        rows, cols = rows - offset[index, 0], cols - offset[index, 1]
        mask[rows, cols] = True
        component[rows, cols] = index
    return Sheet(mask, component, offset)
