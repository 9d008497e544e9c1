"""Every check of shape, dtype and range, once.

Legend: H height, W width. Indices are (row, column).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Probability = npt.NDArray[np.float32]


class Window(NamedTuple):
    """A rectangle of pixels: its first row and column, its height and width."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this window in an (H, W, ...) array.

        >>> Window(1, 2, 3, 4).slices
        (slice(1, 4, None), slice(2, 6, None))
        """
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


def _describe(array: Any) -> str:
    if not isinstance(array, np.ndarray):
        return type(array).__name__
    return f"{array.dtype} {array.shape}"


def check_image(array: Any, *, name: str = "image") -> Image:
    """Return `array` if it is uint8 (H, W, 3) and not empty.

    Raises:
        UsageError: anything else.
    """
    fits = isinstance(array, np.ndarray) and array.dtype == np.uint8
    if not fits or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise UsageError(
            f"{name}: got {_describe(array)}, expected uint8 (H, W, 3) RGB; "
            "read files with crackgauge.read_image"
        )
    checked: Image = array
    return checked


def check_mask(array: Any, *, name: str = "mask") -> Mask:
    """Return `array` if it is bool (H, W) and not empty.

    Raises:
        UsageError: anything else.
    """
    fits = isinstance(array, np.ndarray) and array.dtype == np.bool_
    if not fits or array.ndim != 2 or array.size == 0:
        raise UsageError(
            f"{name}: got {_describe(array)}, expected bool (H, W); "
            "compare a probability with a threshold, or read files with crackgauge.read_mask"
        )
    checked: Mask = array
    return checked


def check_probability(array: Any, *, name: str = "probability") -> Probability:
    """Return `array` if it is float32 (H, W), finite and in [0, 1].

    Raises:
        UsageError: anything else.
    """
    fits = isinstance(array, np.ndarray) and array.dtype == np.float32
    if not fits or array.ndim != 2 or array.size == 0:
        raise UsageError(f"{name}: got {_describe(array)}, expected float32 (H, W) in [0, 1]")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):
        raise UsageError(
            f"{name}: got values from {low:g} to {high:g}, expected [0, 1]; "
            "apply the sigmoid to logits, divide 0..255 by 255"
        )
    checked: Probability = array
    return checked


def check_same_shape(first: Any, second: Any, *, names: tuple[str, str]) -> None:
    """Compare the heights and widths of two arrays.

    Raises:
        UsageError: they differ.
    """
    if first.shape[:2] != second.shape[:2]:
        raise UsageError(
            f"{names[0]} is {first.shape[0]}x{first.shape[1]} and {names[1]} is "
            f"{second.shape[0]}x{second.shape[1]} (height x width), expected the same size"
        )
