"""Enlarged photos: what a network put out as uint8, and bicubic where it makes none.

Legend: H, W height and width of the photo; C channels of the network; s the enlargement.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Probability, Window
from crackgauge.images import ImageSource
from crackgauge.inference.metadata import ModelMetadata

# Pixels around a window that bicubic reads.
_REACH_PX = 2


class Enlarged(NamedTuple):
    """A photo and its crack probability, enlarged.

    Attributes:
        image: uint8 (s H, s W, 3).
        probability: float32 (s H, s W).
    """

    image: Image
    probability: Probability


def to_image(layers: npt.NDArray[np.float32], metadata: ModelMetadata) -> Image:
    """Bring a network's enlarged image float32 (C, h, w) back to uint8 (h, w, 3).

    The reverse of its input's normalisation: 255 (y std + mean), rounded and cut to 0..255; grey is
    repeated.
    """
    mean, std = (np.array(values, np.float32) for values in (metadata.mean, metadata.std))
    pixels = 255 * (layers.transpose(1, 2, 0) * std + mean)
    image: Image = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return image if image.shape[2] == 3 else image.repeat(3, axis=2)


class BicubicSource(ImageSource):
    """A photo enlarged by bicubic interpolation, read by window of the enlarged photo.

    A window gives what the whole gives: around it two pixels of the photo are read.

    Args:
        source: the photo; it stays open, and is not closed with this.
        scale: s.

    >>> from crackgauge.images import array_source
    >>> photo = array_source(np.full((3, 4, 3), 7, np.uint8))
    >>> enlarged = BicubicSource(photo, 4)
    >>> enlarged.height, enlarged.width, int(enlarged.read(Window(5, 2, 3, 1)).max())
    (12, 16, 7)
    """

    def __init__(self, source: ImageSource, scale: int) -> None:
        self.path = source.path
        self.height, self.width = scale * source.height, scale * source.width
        self._source, self._scale = source, scale

    def _read(self, window: Window) -> Image:
        scale, source = self._scale, self._source
        row, bottom = _around(window.row, window.height, scale, source.height)
        col, right = _around(window.col, window.width, scale, source.width)
        photo = source.read(Window(row, col, bottom - row, right - col))
        size = (scale * photo.shape[1], scale * photo.shape[0])
        enlarged = cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)
        part = window._replace(row=window.row - scale * row, col=window.col - scale * col)
        return np.asarray(enlarged[part.slices], np.uint8)


def _around(start: int, size: int, scale: int, limit: int) -> tuple[int, int]:
    """The photo's pixels, first and end, that enlarged pixels start..start + size are made of."""
    first = start // scale - _REACH_PX
    end = -(-(start + size) // scale) + _REACH_PX
    return max(first, 0), min(end, limit)
