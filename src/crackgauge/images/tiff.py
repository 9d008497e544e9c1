"""TIFF and BigTIFF by window: only the strips or tiles that a window touches are decoded.

tifffile reads the structure and knows the codecs; what it takes in silence is checked here: strips
and tiles that lie beyond the end of a cut file, pages that are previews of a camera's raw file,
several pictures in one file.

Legend: segment = one strip or one tile.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, TOO_LARGE, TRUNCATED, InputRefused
from crackgauge.images.formats import open_regular, reading
from crackgauge.images.orientation import stored_window, turn_upright, upright_size
from crackgauge.images.pixels import Pixels
from crackgauge.images.raster import decoder_refusal
from crackgauge.images.tiff_directory import check_directory, cut
from crackgauge.images.tiff_layout import Layout, read_layout

CACHE_BYTES = 256 << 20
# The largest segment that is decoded at a time in an image that is read by window.
SEGMENT_LIMIT_PX = 64_000_000
_RETILE = (
    "save it tiled, for example `gdal_translate -co TILED=YES -co COMPRESS=DEFLATE "
    "-co BIGTIFF=IF_SAFER in.tif out.tif`"
)


class TiffReader:
    """An open TIFF whose pixels are read by window, in the upright frame.

    Decoded segments are kept, the last used ones, in at most `cache_bytes`. Safe to use from
    several threads.

    Args:
        path: the file.
        cache_bytes: bound of the cache; one segment is always kept.

    Attributes:
        cached_bytes: decoded segments that are kept now.

    Raises:
        InputRefused: no TIFF, cut, damaged, or of a kind that is not read.
    """

    def __init__(self, path: Path, *, cache_bytes: int = CACHE_BYTES) -> None:
        self.path = path
        self._cache: OrderedDict[int, npt.NDArray[Any]] = OrderedDict()
        self.cached_bytes = 0
        self._cache_limit = cache_bytes
        self._lock = threading.Lock()
        # tifffile logs what is raised here as a refusal anyway.
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
        with reading(path):
            self._stream = open_regular(path, buffering=0)
        try:
            self._tif, self._page = self._open_first_page()
            size = os.fstat(self._stream.fileno()).st_size
            check_directory(
                self._stream,
                self._page.offset,
                size,
                order=self._tif.byteorder,
                big=bool(self._tif.is_bigtiff),
                read=self._page.tags,
                path=path,
            )
            self.layout: Layout = read_layout(self._tif, self._page, path)
            self._check_segments(size)
        except BaseException:
            self._stream.close()
            raise
        self.height, self.width = upright_size(
            self.layout.height, self.layout.width, self.layout.orientation
        )

    def __enter__(self) -> TiffReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and drop the cache."""
        self._cache.clear()
        self.cached_bytes = 0
        self._stream.close()

    @property
    def piece(self) -> tuple[int, int]:
        """Rows and columns of the upright image that are decoded together."""
        layout = self.layout
        rows = 1 if layout.plain and not layout.tiled else layout.segment_height
        return upright_size(
            min(rows, layout.height), min(layout.segment_width, layout.width), layout.orientation
        )

    def tag_value(self, code: int) -> Any:
        """Return what the first picture's tag of that number holds, None where it has none."""
        return self._page.tags.valueof(code)

    def read(self, window: Window) -> Pixels:
        """Read a window of the upright image.

        Raises:
            InputRefused: a segment is damaged.
        """
        layout = self.layout
        stored = stored_window(window, self.height, self.width, layout.orientation)
        raw = self._read_stored(stored)
        return layout.to_pixels(turn_upright(raw, layout.orientation))

    def check_by_window(self) -> None:
        """Refuse a file that can only be decoded in too large a piece.

        Raises:
            InputRefused: a compressed segment has more than `SEGMENT_LIMIT_PX` pixels.
        """
        rows, columns = self.layout.segment_height, self.layout.segment_width
        if not self.layout.plain and rows * columns > SEGMENT_LIMIT_PX:
            raise InputRefused(
                self.path,
                TOO_LARGE,
                f"the TIFF holds {columns} x {rows} pixels in one compressed piece, so it cannot "
                f"be read by window; {_RETILE}",
            )

    def _open_first_page(self) -> tuple[tifffile.TiffFile, tifffile.TiffPage]:
        size = os.fstat(self._stream.fileno()).st_size
        try:
            tif = tifffile.TiffFile(self._stream, _multifile=False)
            page = tif.pages.first
        except Exception as error:  # tifffile raises many kinds on damaged structure
            raise self._broken_structure(size, error) from error
        if not isinstance(page, tifffile.TiffPage):
            raise InputRefused(self.path, CORRUPT, "the TIFF has no first page; save it again")
        return tif, page

    def _broken_structure(self, size: int, error: Exception) -> InputRefused:
        """Name a directory that lies beyond the end of the file as cut."""
        self._stream.seek(0)
        head = self._stream.read(16)
        order = "little" if head[:2] == b"II" else "big"
        big = 43 in head[2:4]
        offset = int.from_bytes(head[8:16] if big else head[4:8], order)  # type: ignore[arg-type]
        if offset + 8 >= size:
            return cut(self.path)
        return decoder_refusal(self.path, error)

    def _check_segments(self, size: int) -> None:
        """Refuse a file some of whose segments lie beyond its end."""
        layout = self.layout
        offsets, counts = layout.offsets, layout.byte_counts
        if len(offsets) != layout.segment_count or len(counts) != layout.segment_count:
            raise InputRefused(
                self.path,
                CORRUPT,
                f"the TIFF lists {len(offsets)} strips or tiles, expected {layout.segment_count}; "
                "save it again",
            )
        if layout.plain and not layout.tiled:
            # Plain rows are read by their place; the byte counts may be odd and still be read.
            short = bool(np.any((counts > 0) & (counts < layout.plain_bytes())))
        else:
            short = False
        outside = (offsets < 0) | (counts < 0) | (offsets > size) | (offsets + counts > size)
        if short or bool(np.any(outside)):
            raise cut(self.path)

    def _read_stored(self, window: Window) -> npt.NDArray[Any]:
        """Read a window of the stored image: (h, w, samples) of the stored dtype."""
        layout = self.layout
        out = np.zeros((window.height, window.width, layout.samples), dtype=layout.dtype)
        high, wide = layout.segment_height, layout.segment_width
        first_row, last_row = window.row // high, (window.row + window.height - 1) // high
        first_col, last_col = window.col // wide, (window.col + window.width - 1) // wide
        for plane in range(layout.samples if layout.planar else 1):
            target = out[:, :, plane : plane + 1] if layout.planar else out
            for grid_row in range(first_row, last_row + 1):
                for grid_col in range(first_col, last_col + 1):
                    index = (plane * layout.grid_height + grid_row) * layout.grid_width + grid_col
                    self._place(
                        index, Window(grid_row * high, grid_col * wide, high, wide), window, target
                    )
        return out

    def _place(self, index: int, segment: Window, window: Window, target: npt.NDArray[Any]) -> None:
        """Copy the part of a segment that lies in the window."""
        top = max(segment.row, window.row)
        left = max(segment.col, window.col)
        bottom = min(segment.row + segment.height, window.row + window.height, self.layout.height)
        right = min(segment.col + segment.width, window.col + window.width, self.layout.width)
        part = Window(top - segment.row, left - segment.col, bottom - top, right - left)
        place = Window(top - window.row, left - window.col, bottom - top, right - left)
        if self.layout.offsets[index] == 0 or self.layout.byte_counts[index] == 0:
            return  # a sparse segment, as GDAL writes: nothing but zeros
        if self.layout.plain:
            target[place.slices] = self._read_plain(index, part)
        else:
            target[place.slices] = self._decoded(index)[part.slices]

    def _read_plain(self, index: int, part: Window) -> npt.NDArray[Any]:
        """Read pixels that are not compressed row by row, without the rest of the segment."""
        layout = self.layout
        samples = 1 if layout.planar else layout.samples
        pixel_bytes = samples * layout.dtype.itemsize
        row_bytes = layout.segment_width * pixel_bytes
        start = int(layout.offsets[index]) + part.row * row_bytes + part.col * pixel_bytes
        rows = np.empty((part.height, part.width, samples), dtype=layout.file_dtype)
        content = rows.reshape(part.height, -1).view(np.uint8)
        if part.width == layout.segment_width:
            self._read_into(content.reshape(-1).data, start)
            return rows
        for row in range(part.height):
            self._read_into(content[row].data, start + row * row_bytes)
        return rows

    def _read_into(self, buffer: memoryview, start: int) -> None:
        """Fill `buffer` with the file's bytes from `start` on."""
        with reading(self.path), self._lock:
            self._stream.seek(start)
            done = 0
            while done < len(buffer):
                got = self._stream.readinto(buffer[done:])  # type: ignore[attr-defined]
                if not got:
                    raise InputRefused(self.path, TRUNCATED, "the TIFF ends early; copy it again")
                done += got

    def _decoded(self, index: int) -> npt.NDArray[Any]:
        """A segment as (rows, columns, samples), from the cache or decoded."""
        with self._lock:
            if index in self._cache:
                self._cache.move_to_end(index)
                return self._cache[index]
        segment = self._decode(index)
        with self._lock:
            if index not in self._cache:
                self._cache[index] = segment
                self.cached_bytes += segment.nbytes
            while self.cached_bytes > self._cache_limit and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self.cached_bytes -= dropped.nbytes
        return segment

    def _decode(self, index: int) -> npt.NDArray[Any]:
        layout = self.layout
        content = bytearray(int(layout.byte_counts[index]))
        self._read_into(memoryview(content), int(layout.offsets[index]))
        try:
            decoded, _, _ = self._page.decode(
                bytes(content),
                index,
                jpegtables=self._page.jpegtables,
                jpegheader=self._page.jpegheader,
            )
            segment: npt.NDArray[Any] = np.asarray(decoded)[0].astype(layout.dtype, copy=False)
        except Exception as error:  # the codecs raise many kinds on damaged bytes
            raise decoder_refusal(self.path, error) from error
        row = index // layout.grid_width % layout.grid_height * layout.segment_height
        rows = min(layout.segment_height, layout.height - row)
        if segment.shape[0] < rows or segment.shape[1] < min(layout.segment_width, layout.width):
            raise InputRefused(
                self.path, CORRUPT, "a strip or tile of the TIFF is too short; copy it again"
            )
        return segment
