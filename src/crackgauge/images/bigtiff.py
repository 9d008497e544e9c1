"""Writing masks and probabilities of any size, block by block, as tiled BigTIFF.

Each tile is compressed when it comes and its bytes are spooled to a temporary file beside the
target, so that memory is bounded by one block whatever the size of the image.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

from crackgauge.arrays import Window, check_probability
from crackgauge.errors import UsageError
from crackgauge.files import atomic_path, storing

TILE_PX = 512
_LEVEL = 1  # masks and probabilities are smooth; higher levels cost time and save little


class BlockWriter:
    """Takes blocks of rows and columns and writes one tiled, deflate-compressed BigTIFF.

    Blocks may come in any order and must start at multiples of 512 and end there or at the image's
    edge. Tiles for which nothing came are zero.
    """

    def __init__(
        self, path: str | Path, height: int, width: int, dtype: npt.DTypeLike, kind: str
    ) -> None:
        if height < 1 or width < 1:
            raise UsageError(f"{path}: got {height} x {width} pixels, expected at least 1 x 1")
        if Path(path).suffix.lower() not in (".tif", ".tiff"):
            raise UsageError(f"{path}: big outputs are TIFF, expected the suffix .tif")
        self._path = Path(path)
        self._height, self._width = height, width
        self._dtype = np.dtype(dtype)
        self._kind = kind
        self._samples = (3,) if kind == "image" else ()
        self._columns = -(-width // TILE_PX)
        self._rows = -(-height // TILE_PX)
        self._places: dict[int, tuple[int, int]] = {}
        self._stack = ExitStack()
        self._spool: IO[bytes]
        self._target: Path

    def __enter__(self) -> BlockWriter:
        try:
            self._target = self._stack.enter_context(atomic_path(self._path))
            self._spool = self._stack.enter_context(tempfile.TemporaryFile(dir=self._path.parent))
        except BaseException:
            self._stack.close()
            raise
        return self

    def write(self, window: Window, block: npt.NDArray[Any]) -> None:
        """Write one block.

        Args:
            window: where it lies.
            block: bool (h, w) for a mask, float32 (h, w) in [0, 1] for a probability, uint8
                (h, w, 3) for an image.

        Raises:
            UsageError: a block of another shape, or off the grid of 512.
            StorageError: the disk is full.
        """
        self._check(window, block)
        values = self._encode(block)
        for row in range(0, window.height, TILE_PX):
            for col in range(0, window.width, TILE_PX):
                self._write_tile(
                    (window.row + row) // TILE_PX * self._columns + (window.col + col) // TILE_PX,
                    values[row : row + TILE_PX, col : col + TILE_PX],
                )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if error is None:
            try:
                self._assemble()
            except BaseException as failure:
                # Leave through the stack, so that the temporary files go and an OSError is worded.
                self._stack.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)
        return False

    def _check(self, window: Window, block: npt.NDArray[Any]) -> None:
        row, col, height, width = window
        bottom, right = row + height, col + width
        aligned = row % TILE_PX == 0 and col % TILE_PX == 0
        aligned &= bottom % TILE_PX == 0 or bottom == self._height
        aligned &= right % TILE_PX == 0 or right == self._width
        inside = row >= 0 and col >= 0 and bottom <= self._height and right <= self._width
        if not (aligned and inside) or block.shape != (height, width, *self._samples):
            raise UsageError(
                f"block {block.shape} for {window}: expected its shape, within "
                f"{self._height} x {self._width}, on a grid of {TILE_PX}"
            )
        expected = {"mask": np.bool_, "image": np.uint8}.get(self._kind, np.float32)
        if block.dtype != expected:
            raise UsageError(f"block of {block.dtype}: expected {np.dtype(expected)}")
        if self._kind == "probability":
            check_probability(block, name="block")

    def _encode(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self._kind == "mask":
            return block.view(np.uint8) * np.uint8(255)
        if self._dtype == np.uint16:
            return np.rint(block * np.float32(65535)).astype(np.uint16)
        return block

    def _write_tile(self, index: int, values: npt.NDArray[Any]) -> None:
        shape = (TILE_PX, TILE_PX, *self._samples)
        tile = np.zeros(shape, dtype=self._dtype.newbyteorder("<"))
        tile[: values.shape[0], : values.shape[1]] = values
        packed = bytes(imagecodecs.deflate_encode(tile.tobytes(), _LEVEL))
        with storing(self._path):
            self._places[index] = (self._spool.seek(0, 2), len(packed))
            self._spool.write(packed)

    def _tiles(self) -> Iterator[bytes]:
        zeros = bytes(TILE_PX * TILE_PX * (3 if self._samples else 1) * self._dtype.itemsize)
        empty = bytes(imagecodecs.deflate_encode(zeros, _LEVEL))
        for index in range(self._rows * self._columns):
            if index in self._places:
                offset, length = self._places[index]
                self._spool.seek(offset)
                yield self._spool.read(length)
            else:
                yield empty

    def _assemble(self) -> None:
        with tifffile.TiffWriter(self._target, bigtiff=True, byteorder="<") as writer:
            writer.write(
                self._tiles(),
                shape=(self._height, self._width, *self._samples),
                dtype=self._dtype,
                tile=(TILE_PX, TILE_PX),
                compression="zlib",
                photometric="rgb" if self._samples else "minisblack",
                metadata=None,
                software=False,
            )


def open_mask_writer(path: str | Path, height: int, width: int) -> BlockWriter:
    """Open a mask of any size for writing by block: uint8, 0 for sound and 255 for crack.

    Raises:
        UsageError: a suffix other than .tif, or no pixels.
    """
    return BlockWriter(path, height, width, np.uint8, "mask")


def open_image_writer(path: str | Path, height: int, width: int) -> BlockWriter:
    """Open an RGB image of any size for writing by block: uint8.

    Raises:
        UsageError: a suffix other than .tif, or no pixels.
    """
    return BlockWriter(path, height, width, np.uint8, "image")


def open_probability_writer(
    path: str | Path, height: int, width: int, *, dtype: Literal["float32", "uint16"] = "float32"
) -> BlockWriter:
    """Open a probability map of any size for writing by block.

    Args:
        path: ends in .tif.
        height: of the whole.
        width: of the whole.
        dtype: float32 as it is, or uint16 with round(65535 p).

    Raises:
        UsageError: a suffix other than .tif, or no pixels.
    """
    if dtype not in ("float32", "uint16"):
        raise UsageError(f"dtype {dtype!r}: expected float32 or uint16")
    return BlockWriter(path, height, width, dtype, "probability")
