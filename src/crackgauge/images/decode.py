"""Reading whole files: the one decoder path of images, masks and probabilities."""

from __future__ import annotations

from pathlib import Path

from crackgauge.arrays import Image, Window
from crackgauge.errors import BAD_ENCODING, InputRefused
from crackgauge.images.formats import Format, identify
from crackgauge.images.headers import RasterFormat
from crackgauge.images.pixels import Pixels, to_rgb
from crackgauge.images.raster import check_pixel_limit, load_raster, raster_size
from crackgauge.images.tiff import TiffReader

# Most phones and cameras stay below; decoding takes about 7 bytes a pixel for a moment.
WHOLE_LIMIT_PX = 200_000_000
_TIFF_ADVICE = "read it by window with crackgauge.images.open_image"


def read_image(path: str | Path, *, max_pixels: int = WHOLE_LIMIT_PX) -> Image:
    """Read an image file as RGB, turned upright as its EXIF orientation says.

    JPEG, PNG, TIFF, WebP and BMP are told by their content, not by the suffix. Grey is repeated,
    palettes are looked up, CMYK is turned without colour management, alpha is ignored (the colour
    as stored), integers of more than 8 bits are scaled by full scale (round(x / 257) for 16 bit),
    floats are [0, 1]. Colour profiles are not applied.

    Args:
        path: the file.
        max_pixels: refuse, before decoding, what has more pixels.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputRefused: the file is missing, no image, cut, damaged, too large, or encoded in a way
            that is not read; `reason` and `sentence` say which and what to do.
    """
    file = Path(path)
    return to_rgb(load_pixels(file, max_pixels), file)


def image_size(path: str | Path) -> tuple[int, int]:
    """(height, width) of the upright image, from its header alone.

    Raises:
        InputRefused: as in `read_image`, as far as the header tells.
    """
    file = Path(path)
    kind = identify(file)
    if kind == "tiff":
        with TiffReader(file) as reader:
            return reader.height, reader.width
    return raster_size(file, _raster(kind, file))


def load_pixels(path: Path, max_pixels: int, kind: Format | None = None) -> Pixels:
    """Decode a whole file into upright pixels, whatever they mean.

    Raises:
        InputRefused: as in `read_image`, without the encodings that only images refuse.
    """
    known = kind or identify(path)
    if known != "tiff":
        return load_raster(path, _raster(known, path), max_pixels)
    with TiffReader(path) as reader:
        check_pixel_limit(path, reader.height, reader.width, max_pixels, _TIFF_ADVICE)
        return reader.read(Window(0, 0, reader.height, reader.width))


def _raster(kind: Format, path: Path) -> RasterFormat:
    if kind == "matlab" or kind == "tiff":
        raise InputRefused(
            path, BAD_ENCODING, "this is a MATLAB file, expected an image; it can only be a mask"
        )
    return kind
