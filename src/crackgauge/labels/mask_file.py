"""Masks as pictures: one file an image, 0 and 255."""

from __future__ import annotations

from pathlib import Path

from crackgauge.arrays import Window
from crackgauge.images import open_mask_writer, read_mask, write_mask
from crackgauge.labels.checking import Found
from crackgauge.labels.drawing import draw_shapes
from crackgauge.labels.shapes import ImageLabels, MaskShape

LABEL = "crack"


def read_mask_file(path: Path) -> Found:
    """Read a mask of any encoding that `crackgauge.images.read_mask` is certain of.

    Returns:
        One entry, with the file's own name and one shape with the label `crack`; none where no
        pixel is set.

    Raises:
        InputRefused: as in `read_mask`.
    """
    mask = read_mask(path).mask
    shapes = (MaskShape.of(mask, label=LABEL),) if mask.any() else ()
    height, width = mask.shape
    return Found([ImageLabels(path.name, width, height, shapes)], [])


def write_mask_file(path: Path, image: ImageLabels) -> None:
    """Write all shapes as one mask.

    Args:
        path: ends in .png, or in .tif for a tiled BigTIFF.
        image: with its size.

    Raises:
        StorageError: the file cannot be written.
    """
    height, width = int(image.height or 0), int(image.width or 0)
    mask = draw_shapes(image.shapes, height, width)
    if path.suffix.lower() != ".tif":
        write_mask(path, mask)
        return
    with open_mask_writer(path, height, width) as writer:
        writer.write(Window(0, 0, height, width), mask)
