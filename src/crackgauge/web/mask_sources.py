"""The mask of a photo, from its probability or from strokes made by hand, window by window."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Self

import numpy as np

from crackgauge.annotate import Session
from crackgauge.arrays import Image, Mask, Window
from crackgauge.images import ImageSource, read_probability
from crackgauge.images.tiff import TiffReader


class MaskSource(ImageSource):
    """A mask that is read by window: 0 and 255 in three channels, or bool."""

    @abstractmethod
    def mask(self, window: Window) -> Mask:
        """Read the mask of a window, bool (h, w)."""

    def _read(self, window: Window) -> Image:
        grey = self.mask(window).view(np.uint8) * np.uint8(255)
        return np.repeat(grey[:, :, None], 3, axis=2)

    def __enter__(self) -> Self:
        return self


class ThresholdSource(MaskSource):
    """The mask of a probability that is too large for the memory.

    Args:
        path: a TIFF of 16 bits, as `predict` writes it.
        threshold: crack is what is at least this.
    """

    def __init__(self, path: Path, threshold: float) -> None:
        self._reader = TiffReader(path)
        self._least = np.float32(threshold)
        self.path = path
        self.height, self.width = self._reader.height, self._reader.width

    def mask(self, window: Window) -> Mask:
        """Read the mask of a window, bool (h, w)."""
        pixels = self._reader.read(window)
        mask: Mask = pixels.values.astype(np.float32) / np.float32(pixels.top) >= self._least
        return mask

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


class SessionSource(MaskSource):
    """The mask that strokes make.

    Args:
        path: the file of a session.

    Raises:
        InputRefused: it is none.
    """

    def __init__(self, path: Path) -> None:
        self._session = Session.load(path)
        self.path = path
        self.height, self.width = self._session.height, self._session.width

    def mask(self, window: Window) -> Mask:
        """Draw the strokes within a window, bool (h, w)."""
        return self._session.mask(window)


class _HeldSource(MaskSource):
    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self.path = None
        self.height, self.width = mask.shape

    def mask(self, window: Window) -> Mask:
        return self._mask[window.slices].copy()


def open_masks(
    probability: Path | None, threshold: float, session: str | Path | None
) -> MaskSource | None:
    """Open the mask of a photo; strokes made by hand come before its probability.

    Args:
        probability: as `crackgauge predict` writes it; None for none.
        threshold: crack is what is at least this.
        session: the file of the strokes; None for none.

    Returns:
        None where there is neither.

    Raises:
        InputRefused: a file is damaged.
    """
    if session is not None:
        return SessionSource(Path(session))
    if probability is None:
        return None
    if probability.suffix == ".tif":
        return ThresholdSource(probability, threshold)
    return _HeldSource(read_probability(probability) >= np.float32(threshold))
