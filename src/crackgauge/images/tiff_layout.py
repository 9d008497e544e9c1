"""What a TIFF's first page holds and how, or why it is not read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from crackgauge.errors import BAD_ENCODING, CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.images.formats import RAW_SENTENCE
from crackgauge.images.pixels import ColourModel, Pixels

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_RAW_PHOTOMETRICS = {32803, 34892}  # colour filter array, linear raw
_JPEG_COMPRESSIONS = {6, 7, 34892, 33007}
_LOSSY_COMPRESSIONS = _JPEG_COMPRESSIONS | {34712, 33003, 33005, 50001}
_DNG_VERSION = 50706
_MAX_PAGES_LOOKED_AT = 32
_MAX_SAMPLES = 16
# Tiles are a few hundred pixels a side; a side beyond this is damage.
_MAX_TILE_SIDE = 32768


@dataclass(frozen=True)
class Layout:
    """Sizes and encoding of the first page; see the legend in `tiff.py`.

    Attributes:
        samples: channels of one stored pixel.
        planar: channels lie in planes of their own.
        model: colour model of the first samples; the rest are alpha or further bands.
        top: full scale of the values.
        alpha_sample: index of the alpha channel, or None.
        plain: not compressed, whole bytes: rows can be read in place.
    """

    height: int
    width: int
    samples: int
    planar: bool
    tiled: bool
    segment_height: int
    segment_width: int
    dtype: np.dtype[Any]
    file_dtype: np.dtype[Any]
    top: int
    model: ColourModel
    alpha_sample: int | None
    white_is_zero: bool
    palette: npt.NDArray[np.uint8] | None
    orientation: int
    plain: bool
    lossy: bool
    offsets: npt.NDArray[np.int64]
    byte_counts: npt.NDArray[np.int64]

    @property
    def grid_height(self) -> int:
        """Segments below each other."""
        return math.ceil(self.height / self.segment_height)

    @property
    def grid_width(self) -> int:
        """Segments beside each other."""
        return math.ceil(self.width / self.segment_width)

    @property
    def segment_count(self) -> int:
        """Segments of the page, of all planes."""
        return self.grid_height * self.grid_width * (self.samples if self.planar else 1)

    def plain_bytes(self) -> npt.NDArray[np.int64]:
        """Bytes that each strip needs where nothing is compressed."""
        rows = np.full(self.grid_height, self.segment_height, dtype=np.int64)
        rows[-1] = self.height - (self.grid_height - 1) * self.segment_height
        samples = 1 if self.planar else self.samples
        each = rows * self.width * samples * self.dtype.itemsize
        return np.tile(each, self.segment_count // self.grid_height)

    def to_pixels(self, raw: npt.NDArray[Any]) -> Pixels:
        """Sort the samples of raw pixels (h, w, samples) into colour and alpha."""
        colours = {"grey": 1, "palette": 1, "rgb": 3, "cmyk": 4}[self.model]
        values = raw[:, :, 0] if colours == 1 else raw[:, :, :colours]
        if self.white_is_zero and values.dtype.kind in "bu":
            values = ~values if values.dtype == np.bool_ else values.dtype.type(self.top) - values
        alpha = None if self.alpha_sample is None else raw[:, :, self.alpha_sample]
        return Pixels(values, self.model, self.top, alpha, self.palette, self.lossy)


def read_layout(tif: tifffile.TiffFile, page: tifffile.TiffPage, path: Path) -> Layout:
    """Read the layout of the first page.

    Raises:
        InputRefused: a raw file, several pictures, or an encoding that is not read.
    """
    try:
        return _read_layout(tif, page, path)
    except InputRefused:
        raise
    except Exception as error:  # tifffile computes from damaged tags
        raise InputRefused(
            path, CORRUPT, "the TIFF's tags contradict each other; save it again"
        ) from error


def _read_layout(tif: tifffile.TiffFile, page: tifffile.TiffPage, path: Path) -> Layout:
    _check_one_picture(tif, page, path)
    height, width, samples = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    if height < 1 or width < 1 or samples < 1 or page.imagedepth != 1 or page.dtype is None:
        raise InputRefused(
            path, BAD_ENCODING, "the TIFF holds no plain two-dimensional picture; convert it to RGB"
        )
    if samples > _MAX_SAMPLES:
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"the TIFF has {samples} bands; choose three, for example with `gdal_translate -b`",
        )
    photometric = int(page.photometric)
    compression = int(page.compression)
    model = _colour_model(photometric, samples, compression, path)
    colours = {"grey": 1, "palette": 1, "rgb": 3, "cmyk": 4}[model]
    bits = page.bitspersample
    if not isinstance(bits, int):
        raise InputRefused(
            path, BAD_ENCODING, f"samples of {bits} bits, expected one depth; convert it to RGB"
        )
    planar = int(page.planarconfig) == 2 and samples > 1
    tiled = bool(page.is_tiled)
    rows, columns = _segment_size(page, path)
    dtype = np.dtype(page.dtype).newbyteorder("=")
    if dtype.kind not in "buif":
        raise InputRefused(path, BAD_ENCODING, f"pixels are {dtype}; convert it to 8-bit RGB")
    plain = (
        compression == 1
        and int(page.predictor) == 1
        and int(page.fillorder) == 1
        and bits == dtype.itemsize * 8
    )
    return Layout(
        height=height,
        width=width,
        samples=samples,
        planar=planar,
        tiled=tiled,
        segment_height=rows,
        segment_width=columns,
        dtype=dtype,
        file_dtype=dtype.newbyteorder(tif.byteorder),
        top=1 if dtype.kind in "fb" else (1 << bits) - 1,
        model=model,
        alpha_sample=_alpha_sample(page, colours, samples),
        white_is_zero=photometric == _WHITE_IS_ZERO,
        palette=_palette(page) if model == "palette" else None,
        orientation=_orientation(page),
        plain=plain,
        lossy=compression in _LOSSY_COMPRESSIONS,
        offsets=np.asarray(page.dataoffsets, dtype=np.int64),
        byte_counts=np.asarray(page.databytecounts, dtype=np.int64),
    )


def _segment_size(page: tifffile.TiffPage, path: Path) -> tuple[int, int]:
    """Rows and columns of one tile or strip."""
    if page.is_tiled:
        rows, columns, most = int(page.tilelength), int(page.tilewidth), _MAX_TILE_SIDE
    else:
        rows, columns = min(int(page.rowsperstrip), int(page.imagelength)), int(page.imagewidth)
        most = max(rows, columns)
    if min(rows, columns) < 1 or max(rows, columns) > most:
        raise InputRefused(
            path,
            CORRUPT,
            f"the TIFF's strips or tiles are {columns} x {rows} pixels; save it again",
        )
    return rows, columns


def _check_one_picture(tif: tifffile.TiffFile, page: tifffile.TiffPage, path: Path) -> None:
    """Refuse raw files and files of several pictures; previews and masks beside one are fine."""
    if _DNG_VERSION in page.tags or int(page.photometric) in _RAW_PHOTOMETRICS:
        raise InputRefused(path, UNSUPPORTED, RAW_SENTENCE)
    area = int(page.imagelength) * int(page.imagewidth)
    for number in range(1, _MAX_PAGES_LOOKED_AT):
        try:
            other = tif.pages[number]
        except IndexError:
            break
        if not isinstance(other, tifffile.TiffPage) or int(other.subfiletype) & 0b101:
            continue  # a reduced copy or a transparency mask, by its own tag
        if int(other.imagelength) * int(other.imagewidth) >= area:
            raise InputRefused(
                path,
                UNSUPPORTED,
                "the TIFF holds several pictures, expected one; split it, for example with "
                "`tiffsplit in.tif`",
            )
    if int(page.subfiletype) & 1:
        # Cameras' raw files begin with a preview; the picture itself is in a sub-directory.
        raise InputRefused(path, UNSUPPORTED, RAW_SENTENCE)


def _colour_model(photometric: int, samples: int, compression: int, path: Path) -> ColourModel:
    if photometric == _PALETTE:
        return "palette"
    if photometric == _CMYK and samples >= 4:
        return "cmyk"
    if photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        if samples <= 2:
            return "grey"
        if samples <= 4:
            return "rgb"  # GDAL marks 16-bit RGB so
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"the TIFF has {samples} bands and does not say which are red, green and blue; "
            "choose them, for example `gdal_translate -b 3 -b 2 -b 1 -colorinterp red,green,blue`",
        )
    if photometric == _RGB and samples >= 3:
        return "rgb"
    if photometric == _YCBCR and samples == 3 and compression in _JPEG_COMPRESSIONS:
        return "rgb"  # the JPEG decoder turns it
    raise InputRefused(
        path,
        BAD_ENCODING,
        f"a TIFF of photometric interpretation {photometric} with {samples} samples, expected "
        "grey, RGB, palette or CMYK; convert it to RGB, for example `magick in.tif "
        "-colorspace sRGB out.tif`",
    )


def _alpha_sample(page: tifffile.TiffPage, colours: int, samples: int) -> int | None:
    """The first extra sample that is marked as alpha (TIFF 6.0: 1 associated, 2 unassociated)."""
    for position, kind in enumerate(page.extrasamples):
        if int(kind) in (1, 2) and colours + position < samples:
            return colours + position
    return None


def _palette(page: tifffile.TiffPage) -> npt.NDArray[np.uint8]:
    """Colours of the indices, uint8 (N, 3); TIFF keeps them in 16 bits."""
    colours = np.asarray(page.colormap, dtype=np.uint16).reshape(3, -1).T
    if int(colours.max(initial=0)) > 255:
        return (colours >> 8).astype(np.uint8)
    return colours.astype(np.uint8)  # writers that forgot to scale


def _orientation(page: tifffile.TiffPage) -> int:
    value: Any = page.tags.valueof(274, 1)
    return int(value) if isinstance(value, int) and 1 <= int(value) <= 8 else 1
