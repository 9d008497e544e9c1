"""COCO JSON: each crack as an instance with its mask."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Window
from crackgauge.files import atomic_path
from crackgauge.labels.run_length import compress_runs, count_runs

if TYPE_CHECKING:
    import pandas as pd

ReadMask = Callable[[Window], Mask]

_CATEGORY = {"id": 1, "name": "crack", "supercategory": "damage"}
# What an annotation says of its crack besides what COCO asks for.
_ATTRIBUTES = (
    "crack_id",
    "length_px",
    "width_mean_px",
    "width_max_px",
    "length_mm",
    "width_mean_mm",
    "width_max_mm",
    "angle_deg",
    "confidence",
    "severity",
    "standard",
    "crack_type",
)


class CocoImage(NamedTuple):
    """One image of the survey.

    Args:
        name: as in the tables.
        height_px: rows.
        width_px: columns.
        cracks: its rows of the table of cracks.
        lines: crack_id -> the lines of its branches, float64 (N, 3) of x, y, width in px.
        open_mask: opens what reads its mask by window.
    """

    name: str
    height_px: int
    width_px: int
    cracks: pd.DataFrame
    lines: dict[int, list[npt.NDArray[np.float64]]]
    open_mask: Callable[[], AbstractContextManager[ReadMask]]


def write_coco(path: str | Path, images: Iterable[CocoImage]) -> None:
    """Write all images and cracks into one file, one image in memory at a time; atomic.

    An annotation's segmentation is compressed RLE; its area is the number of pixels and its bbox
    [left, top, width, height]. Images and annotations are numbered from 1.

    Args:
        path: ends in .json.
        images: in the order in which they are written.

    Raises:
        InputRefused: a mask cannot be read.
        StorageError: the file cannot be written.
    """
    entries, number = [], 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        out.write('{"categories": [' + json.dumps(_CATEGORY) + '],\n"annotations": [')
        for image_id, image in enumerate(images, start=1):
            entries.append(
                {
                    "id": image_id,
                    "file_name": image.name.encode("utf-8", "backslashreplace").decode("utf-8"),
                    "height": image.height_px,
                    "width": image.width_px,
                }
            )
            for annotation in _annotations(image):
                out.write("," if number else "")
                number += 1
                text = json.dumps({"id": number, "image_id": image_id, **annotation})
                out.write("\n" + text)
        out.write('],\n"images": [' + ",\n".join(map(json.dumps, entries)) + "]}\n")


def _annotations(image: CocoImage) -> Iterator[dict[str, Any]]:
    if image.cracks.empty:
        return
    with image.open_mask() as read:
        for row in image.cracks.sort_values("crack_id").to_dict("records"):
            top, left = int(row["bbox_top_px"]), int(row["bbox_left_px"])
            window = Window(
                top, left, int(row["bbox_bottom_px"]) - top, int(row["bbox_right_px"]) - left
            )
            own = own_pixels(read(window), window, image.lines.get(int(row["crack_id"]), []))
            runs = count_runs(own, window, image.height_px, image.width_px)
            yield {
                "category_id": 1,
                "iscrowd": 0,
                "area": int(own.sum()),
                "bbox": [left, top, window.width, window.height],
                "segmentation": {
                    "size": [image.height_px, image.width_px],
                    "counts": compress_runs(runs),
                },
                "attributes": _attributes(row),
            }


def own_pixels(mask: Mask, window: Window, lines: list[npt.NDArray[np.float64]]) -> Mask:
    """Return the pixels of one crack: the parts of the mask that its lines run through.

    Args:
        mask: bool (h, w), the mask in the crack's bounding box, with whatever else lies there.
        window: the bounding box.
        lines: of the crack, in px of the image; without any the whole of `mask` is its own.
    """
    if not lines:
        return mask
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    points = np.concatenate([line[:, :2] for line in lines]) - (window.col, window.row)
    cols, rows = np.floor(points).astype(np.int64).T
    inside = (rows >= 0) & (rows < window.height) & (cols >= 0) & (cols < window.width)
    touched = np.unique(labels[rows[inside], cols[inside]])
    touched = touched[touched > 0]
    return np.asarray(np.isin(labels, touched) if len(touched) else mask, dtype=np.bool_)


def _attributes(row: dict[Any, Any]) -> dict[str, Any]:
    found = {}
    for name in _ATTRIBUTES:
        value = row.get(name, "")
        known = value != "" and not (isinstance(value, float) and math.isnan(value))
        found[name] = (round(value, 4) if isinstance(value, float) else value) if known else None
    return found
