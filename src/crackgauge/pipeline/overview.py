"""A small picture of an image that is too large to be shown."""

from __future__ import annotations

import numpy as np

from crackgauge.arrays import Image, Mask, Window
from crackgauge.images import ImageSource

LONGEST_PX = 6000
_BLOCK_PX = 4096  # a multiple of any factor


class Overview:
    """Collects a downscaled image and mask, window by window.

    `factor` is the smallest power of two that brings the longer side to `longest_px`; windows must
    begin at multiples of it. Colours are means over factor x factor px; a pixel of the mask is set
    where any of those was, so that a thin crack stays visible.

    Args:
        height: of the whole image in px.
        width: of the whole image in px.
    """

    def __init__(self, height: int, width: int, *, longest_px: int = LONGEST_PX) -> None:
        self.factor = 1
        while max(height, width) > longest_px * self.factor:
            self.factor *= 2
        rows, cols = -(-height // self.factor), -(-width // self.factor)
        self.image: Image = np.zeros((rows, cols, 3), dtype=np.uint8)
        self.mask: Mask = np.zeros((rows, cols), dtype=np.bool_)

    def add(self, window: Window, image: Image, mask: Mask) -> None:
        """Take one window: image uint8 (h, w, 3), mask bool (h, w)."""
        factor = self.factor
        pad = ((0, -window.height % factor), (0, -window.width % factor))
        rows, cols = (window.height + pad[0][1]) // factor, (window.width + pad[1][1]) // factor
        padded = np.pad(image, (*pad, (0, 0)), mode="edge")
        means = padded.reshape(rows, factor, cols, factor, 3).mean(axis=(1, 3))
        marked = np.pad(mask, pad).reshape(rows, factor, cols, factor).any(axis=(1, 3))
        small = Window(window.row // factor, window.col // factor, rows, cols).slices
        self.image[small] = np.rint(means).astype(np.uint8)
        self.mask[small] = marked


def shrink(source: ImageSource, *, longest_px: int) -> tuple[Image, int]:
    """Read an image of any size scaled down, block by block.

    Returns:
        uint8 (h, w, 3), and the factor: the smallest power of two that brings the longer side to
        `longest_px`.

    Raises:
        InputRefused: the image is damaged.
    """
    overview = Overview(source.height, source.width, longest_px=longest_px)
    for row in range(0, source.height, _BLOCK_PX):
        for col in range(0, source.width, _BLOCK_PX):
            height, width = source.height - row, source.width - col
            window = Window(row, col, min(_BLOCK_PX, height), min(_BLOCK_PX, width))
            nothing = np.zeros((window.height, window.width), dtype=np.bool_)
            overview.add(window, source.read(window), nothing)
    return overview.image, overview.factor
