"""Decoding JPEG, PNG, WebP and BMP whole.

The plugin of the recognised format is called by itself: no other decoder ever sees the file, and
Pillow's own EXIF reader, which warns, stays out. PNG is decoded by libpng through imagecodecs, in
half the time and with all 16 bits, of which Pillow keeps 8 where there are several samples; only
palettes and less than 8 bits are left to Pillow, which keeps the indices.
"""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import (
    BmpImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from crackgauge.errors import CORRUPT, TOO_LARGE, InputRefused
from crackgauge.images.formats import opened
from crackgauge.images.headers import (
    Header,
    RasterFormat,
    check_whole,
    critical_chunks,
    read_header,
    start_of_scan,
    truncated,
)
from crackgauge.images.jpeg_fill import is_filled
from crackgauge.images.orientation import turn_upright
from crackgauge.images.pixels import ColourModel, Pixels

# A file may be this much larger than its pixels: profiles, previews, depth maps of phones.
_SPARE_BYTES = 256 << 20
_SMALL_PX = 1 << 22
_STRIP_PX = 1 << 18
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _WithoutExif:
    """Keeps Pillow's EXIF reader, which warns on odd blocks, from being called at opening."""

    def getexif(self) -> Image.Exif:
        return Image.Exif()


class _Jpeg(_WithoutExif, JpegImagePlugin.JpegImageFile):
    pass


class _Png(_WithoutExif, PngImagePlugin.PngImageFile):
    pass


class _WebP(_WithoutExif, WebPImagePlugin.WebPImageFile):
    pass


_DECODERS: dict[RasterFormat, type[ImageFile.ImageFile]] = {
    "jpeg": _Jpeg,
    "png": _Png,
    "webp": _WebP,
    "bmp": BmpImagePlugin.BmpImageFile,
}


def raster_size(path: Path, kind: RasterFormat) -> tuple[int, int]:
    """(height, width) after turning, from the header alone.

    Raises:
        InputRefused: the header is cut or damaged.
    """
    with opened(path) as stream:
        header = read_header(stream, kind, path)
    return (
        (header.width, header.height) if header.orientation > 4 else (header.height, header.width)
    )


def check_pixel_limit(path: Path, height: int, width: int, max_pixels: int, advice: str) -> None:
    """Refuse what has more pixels than may be decoded.

    Raises:
        InputRefused: height times width is above `max_pixels`.
    """
    if height * width > max_pixels:
        raise InputRefused(
            path,
            TOO_LARGE,
            f"the image has {width} x {height} pixels, the limit is {max_pixels:,} in all; "
            + advice,
        )


TILED_ADVICE = (
    "save it as a tiled TIFF, which is read by window, for example "
    "`vips tiffsave in.png out.tif --tile --bigtiff --compression deflate`"
)


def load_raster(path: Path, kind: RasterFormat, max_pixels: int) -> Pixels:
    """Decode a whole file, turned upright.

    Raises:
        InputRefused: too many pixels, cut, damaged, or an encoding that is not read.
    """
    with opened(path) as stream:
        header = read_header(stream, kind, path)
        check_pixel_limit(path, header.height, header.width, max_pixels, TILED_ADVICE)
        stream.seek(0)
        limit = 8 * max_pixels + _SPARE_BYTES
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise InputRefused(
            path, TOO_LARGE, f"the file has more than {limit:,} bytes; save the image again"
        )
    check_whole(content, kind, path)
    return _decode(content, kind, header, path)


def _decode(content: bytes, kind: RasterFormat, header: Header, path: Path) -> Pixels:
    if kind == "png" and header.bits >= 8 and not header.indexed:
        return _decode_png(content, header, path)
    try:
        image = _load(kind, content)
        palette = _palette_of(image)
        if image.size != (header.width, header.height):
            raise ValueError(f"decoded {image.size}")
        if kind == "jpeg" and is_filled(
            image, content, start_of_scan(content, path), partial(_load, kind)
        ):
            raise truncated(path, "the JPEG's data end before its picture does")
        if header.orientation > 1:
            image = image.transpose(_TURNS[header.orientation])
        values = _to_array(image)
        mode = image.mode
    except Exception as error:  # decoders raise a dozen kinds of error on damaged files
        raise decoder_refusal(path, error) from error
    return _as_pixels(values, mode, palette, header)


def _to_array(image: Image.Image) -> npt.NDArray[Any]:
    """The pixels in memory of their own; strip by strip where Pillow's two more copies matter."""
    width, height = image.size
    if width * height <= _SMALL_PX:
        return np.array(image)
    strip = max(1, _STRIP_PX // width)
    first = np.asarray(image.crop((0, 0, width, min(strip, height))))
    values = np.empty((height, *first.shape[1:]), dtype=first.dtype)
    values[:strip] = first
    for row in range(strip, height, strip):
        values[row : row + strip] = np.asarray(
            image.crop((0, row, width, min(row + strip, height)))
        )
    return values


def _load(kind: RasterFormat, content: bytes) -> Image.Image:
    image = _DECODERS[kind](io.BytesIO(content))
    image.load()
    return image


def _decode_png(content: bytes, header: Header, path: Path) -> Pixels:
    try:
        values = imagecodecs.png_decode(critical_chunks(content))
        if values.shape[:2] != (header.height, header.width):
            raise ValueError(f"decoded {values.shape}")
        mode = "L" if values.ndim == 2 else {2: "LA", 3: "RGB", 4: "RGBA"}[values.shape[2]]
        values = turn_upright(values, header.orientation)
    except Exception as error:  # as above
        raise decoder_refusal(path, error) from error
    return _as_pixels(values, mode, None, header)


def _palette_of(image: Image.Image) -> npt.NDArray[np.uint8] | None:
    if image.mode not in ("P", "PA"):
        return None
    colours = image.getpalette("RGB") or []
    return np.array(colours, dtype=np.uint8).reshape(-1, 3)


def _as_pixels(
    values: npt.NDArray[Any], mode: str, palette: npt.NDArray[np.uint8] | None, header: Header
) -> Pixels:
    top = 65535 if values.dtype.itemsize > 1 else 1 if mode == "1" else 255
    if mode.startswith("I;16"):
        values = values.astype(np.uint16, copy=False)
    alpha = None
    if mode in ("LA", "PA", "RGBA", "La", "RGBa"):
        values, alpha = values[..., :-1], values[..., -1]
        values = values[..., 0] if mode in ("LA", "PA", "La") else values
    model: ColourModel = "grey"
    if palette is not None:
        model = "palette"
    elif mode == "CMYK":
        model = "cmyk"
    elif values.ndim == 3:
        model = "rgb"
    return Pixels(values, model, top, alpha, palette, header.lossy)


def decoder_refusal(path: Path, error: Exception) -> InputRefused:
    """Word what a decoder raised; the message of a decoder is for programmers."""
    if isinstance(error, InputRefused):
        return error
    if isinstance(error, MemoryError):
        return InputRefused(
            path, TOO_LARGE, "not enough memory to decode the image; save it as a tiled TIFF"
        )
    if isinstance(error, Image.DecompressionBombError):
        return InputRefused(path, TOO_LARGE, "the image has too many pixels; " + TILED_ADVICE)
    if "truncated" in str(error).lower() or isinstance(error, EOFError):
        return truncated(path)
    return InputRefused(
        path,
        CORRUPT,
        "the decoder could not read the picture, so the file is damaged or of a rare kind; "
        "open it in an image program and save it again",
    )
