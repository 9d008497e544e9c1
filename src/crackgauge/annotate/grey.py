"""The grey image that tracing looks at: cracks dark, whatever they are in the photo."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window
from crackgauge.images import ImageSource

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def read_grey(
    source: ImageSource, window: Window, *, bright: bool = False, pooling: int = 1
) -> npt.NDArray[np.float32]:
    """Read the luminance of a window, reduced by averaging, and negated for bright cracks.

    Args:
        source: the image.
        window: in pixels of the reduced image, whose last row and column may stand for fewer.
        bright: cracks are brighter than what is around them.
        pooling: how many pixels, down and across, become one.

    Returns:
        float32 (window height, window width) in [0, 255].

    Raises:
        InputRefused: the image is damaged there.
    """
    top, left = window.row * pooling, window.col * pooling
    height = min(window.height * pooling, source.height - top)
    width = min(window.width * pooling, source.width - left)
    image = source.read(Window(top, left, height, width))
    grey = np.asarray(image.astype(np.float32) @ _LUMINANCE, np.float32)
    if pooling > 1:
        more = ((0, window.height * pooling - height), (0, window.width * pooling - width))
        size = (window.width, window.height)
        full = np.pad(grey, more, mode="edge")
        grey = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_AREA), np.float32)
    return 255 - grey if bright else grey
