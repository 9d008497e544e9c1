"""Images of any size as a source of windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType

from crackgauge.arrays import Image, Window, check_image
from crackgauge.errors import UsageError
from crackgauge.images.decode import WHOLE_LIMIT_PX, read_image
from crackgauge.images.formats import identify
from crackgauge.images.pixels import to_rgb
from crackgauge.images.tiff import CACHE_BYTES, SEGMENT_LIMIT_PX, TiffReader


class ImageSource(ABC):
    """An upright RGB image that is read by window.

    Attributes:
        path: the file, or None for an array.
        height: rows.
        width: columns.
        piece: rows and columns that are decoded together.
    """

    path: Path | None
    height: int
    width: int
    piece: tuple[int, int]

    def read(self, window: Window) -> Image:
        """Read the pixels of a window that lies within the image: uint8 (h, w, 3).

        It may be a view of what other windows show too: copy before writing into it.

        Raises:
            UsageError: the window is empty or reaches beyond the image.
            InputRefused: the file is damaged there.
        """
        row, col, height, width = window
        inside = row >= 0 and col >= 0 and height > 0 and width > 0
        if not inside or row + height > self.height or col + width > self.width:
            raise UsageError(
                f"{window} is not within the image of {self.height} x {self.width} (height x "
                "width); clip it"
            )
        return self._read(window)

    @abstractmethod
    def _read(self, window: Window) -> Image:
        """Read a window that is known to lie within the image."""

    def close(self) -> None:  # noqa: B027  an array has nothing to close
        """Let go of the file."""

    def __enter__(self) -> ImageSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _ArraySource(ImageSource):
    def __init__(self, image: Image, path: Path | None = None) -> None:
        self._image = image
        self.path = path
        self.height, self.width = self.piece = image.shape[:2]

    def _read(self, window: Window) -> Image:
        return self._image[window.slices]


class _TiffSource(ImageSource):
    def __init__(self, reader: TiffReader) -> None:
        self._reader = reader
        self.path = reader.path
        self.height, self.width = reader.height, reader.width
        self.piece = reader.piece

    def _read(self, window: Window) -> Image:
        return to_rgb(self._reader.read(window), self.path)

    def close(self) -> None:
        self._reader.close()


def open_image(path: str | Path, *, cache_bytes: int = CACHE_BYTES) -> ImageSource:
    """Open an image for reading by window.

    A TIFF is read strip by strip or tile by tile, whatever its size; at most `cache_bytes` of
    decoded ones are kept. Other formats are decoded once, here.

    Raises:
        InputRefused: as in `read_image`; a format other than TIFF above `WHOLE_LIMIT_PX`; a TIFF
            above it that holds its pixels in one compressed piece.
    """
    file = Path(path)
    if identify(file) != "tiff":
        return _ArraySource(read_image(file), file)
    reader = TiffReader(file, cache_bytes=cache_bytes)
    try:
        layout = reader.layout
        if layout.plain or layout.segment_height * layout.segment_width <= SEGMENT_LIMIT_PX:
            return _TiffSource(reader)
        if reader.height * reader.width > WHOLE_LIMIT_PX:
            reader.check_by_window()
    except BaseException:
        reader.close()
        raise
    reader.close()
    return _ArraySource(read_image(file), file)


def array_source(image: Image) -> ImageSource:
    """Wrap uint8 (H, W, 3) as a source of windows.

    Raises:
        UsageError: another array.

    >>> import numpy as np
    >>> source = array_source(np.zeros((4, 6, 3), np.uint8))
    >>> source.read(Window(1, 2, 2, 3)).shape
    (2, 3, 3)
    """
    return _ArraySource(check_image(image))
