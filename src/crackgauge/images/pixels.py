"""Decoded pixels before they are made an image or a mask: one description for every format.

Images and masks come from the same `Pixels`, so that a truth and its photo can never be decoded
by two rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from crackgauge.arrays import Image
from crackgauge.errors import BAD_ENCODING, InputRefused

ColourModel = Literal["grey", "rgb", "palette", "cmyk"]


@dataclass(frozen=True)
class Pixels:
    """Upright pixels of one file.

    Attributes:
        values: (H, W) for grey and palette, (H, W, 3) for rgb, (H, W, 4) for cmyk; zero is black
            (no ink for cmyk). bool, unsigned or signed integers, or floats, as stored.
        model: what the values are.
        top: full scale, 255 for 8 bit, 65535 for 16 bit, 1 for bilevel and floats.
        alpha: (H, W) of the same dtype, or None where the file has none.
        palette: uint8 (N, 3) colours of the indices, for palette alone.
        lossy: the file format does not keep values exactly (JPEG, lossy WebP).
    """

    values: npt.NDArray[Any]
    model: ColourModel
    top: int
    alpha: npt.NDArray[Any] | None = None
    palette: Image | None = None
    lossy: bool = False


def to_rgb(pixels: Pixels, path: Any) -> Image:
    """Make uint8 (H, W, 3) of pixels of any kind.

    Grey is repeated. Palette indices take their colours. CMYK is turned as Pillow does,
    (255 - ink) (255 - black) / 255, without colour management. Alpha is ignored: the colour
    beneath a transparent pixel is taken as stored. Integers of more than 8 bits are scaled by full
    scale, round(x / 257) for 16 bit, never stretched to what occurs. Floats are [0, 1].

    Raises:
        InputRefused: signed or 32-bit integers, floats outside [0, 1] or not finite.
    """
    if pixels.model == "palette":
        return _look_up_palette(pixels, path)
    values = to_uint8(pixels.values, pixels.top, path)
    if pixels.model == "grey":
        return np.repeat(values[:, :, None], 3, axis=2)
    if pixels.model == "cmyk":
        ink = PillowImage.fromarray(np.ascontiguousarray(values), mode="CMYK")
        return np.array(ink.convert("RGB"))
    # Decoders lend their own read-only memory.
    return np.require(values, requirements=["C", "W", "O"])


def to_uint8(values: npt.NDArray[Any], top: int, path: Any) -> npt.NDArray[np.uint8]:
    """Scale values of full scale `top` to 0..255, rounded to the nearest.

    Raises:
        InputRefused: as in `to_rgb`.
    """
    if values.dtype == np.uint8 and top == 255:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype in (np.uint8, np.uint16):
        return np.take(_scale_table(top), values)
    if values.dtype.kind == "f":
        return _scale_floats(values, path)
    raise InputRefused(
        path,
        BAD_ENCODING,
        f"pixels are {values.dtype}, expected 8 or 16 bit without sign, or floats in [0, 1]; "
        "convert the image, for example with `gdal_translate -ot Byte -scale`",
    )


@lru_cache(maxsize=16)
def _scale_table(top: int) -> npt.NDArray[np.uint8]:
    steps = np.minimum(np.arange(65536, dtype=np.int64), top)
    table: npt.NDArray[np.uint8] = ((steps * 255 * 2 + top) // (2 * top)).astype(np.uint8)
    return table


def _scale_floats(values: npt.NDArray[Any], path: Any) -> npt.NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    if not (low >= 0.0 and high <= 1.0):  # also false for NaN
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"float pixels go from {low:g} to {high:g}, expected [0, 1] without NaN; scale them "
            "(divide 0..255 by 255) or convert the image to 8 or 16 bit",
        )
    scaled: npt.NDArray[np.uint8] = np.rint(values * values.dtype.type(255)).astype(np.uint8)
    return scaled


def _look_up_palette(pixels: Pixels, path: Any) -> Image:
    if pixels.palette is None or len(pixels.palette) == 0:
        raise InputRefused(path, BAD_ENCODING, "a palette image without a palette; save it as RGB")
    if int(pixels.values.max()) >= len(pixels.palette):
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"palette index {int(pixels.values.max())} in a palette of {len(pixels.palette)}; "
            "save the image as RGB",
        )
    return np.take(pixels.palette, pixels.values, axis=0)
