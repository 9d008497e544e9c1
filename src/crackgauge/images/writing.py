"""Writing masks, probabilities and images, each at once or not at all."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np

from crackgauge.arrays import (
    Image,
    Mask,
    Probability,
    Window,
    check_image,
    check_mask,
    check_probability,
)
from crackgauge.errors import UsageError
from crackgauge.files import write_bytes_atomic
from crackgauge.images.bigtiff import open_probability_writer
from crackgauge.images.png import encode_grey_png

# Above this many pixels masks and probabilities are tiled BigTIFF, never PNG.
BIG_OUTPUT_PX = 100_000_000
JPEG_QUALITY = 92
_PNG_LEVEL = 1  # level 6 takes eight times as long for 7 % less


def write_mask(path: str | Path, mask: Mask) -> None:
    """Write a mask as PNG with 0 for sound and 255 for crack.

    Args:
        path: ends in .png.
        mask: bool (H, W).

    Raises:
        UsageError: another array or suffix.
        StorageError: the disk is full or the folder cannot be written.
    """
    check_mask(mask)
    _check_suffix(path, ".png")
    write_bytes_atomic(path, encode_grey_png(mask.view(np.uint8) * np.uint8(255)))


def write_probability(path: str | Path, probability: Probability) -> None:
    """Write a probability as 16-bit PNG, round(65535 p), or as float32 TIFF.

    Args:
        path: ends in .png, or in .tif or .tiff.
        probability: float32 (H, W) in [0, 1].

    Raises:
        UsageError: another array or suffix.
        StorageError: the disk is full or the folder cannot be written.
    """
    check_probability(probability)
    _check_suffix(path, ".png", ".tif", ".tiff")
    if Path(path).suffix.lower() == ".png":
        steps = np.rint(probability * np.float32(65535)).astype(np.uint16)
        write_bytes_atomic(path, encode_grey_png(steps))
        return
    height, width = probability.shape
    with open_probability_writer(path, height, width) as writer:
        writer.write(Window(0, 0, height, width), probability)


def write_image(path: str | Path, rgb: Image) -> None:
    """Write an image as PNG or JPEG (quality 92), by the suffix.

    Args:
        path: ends in .png, .jpg or .jpeg.
        rgb: uint8 (H, W, 3).

    Raises:
        UsageError: another array or suffix.
        StorageError: the disk is full or the folder cannot be written.
    """
    check_image(rgb, name="rgb")
    suffix = _check_suffix(path, ".png", ".jpg", ".jpeg")
    try:
        if suffix == ".png":
            encoded = imagecodecs.png_encode(rgb, level=_PNG_LEVEL)
        else:
            encoded = imagecodecs.jpeg8_encode(rgb, level=JPEG_QUALITY)
    except (ValueError, RuntimeError) as error:  # imagecodecs' own errors are RuntimeErrors
        height, width = rgb.shape[:2]
        raise UsageError(
            f"{width} x {height} pixels cannot be written as {suffix}; a JPEG has at most 65,500 "
            "pixels a side, use .png"
        ) from error
    write_bytes_atomic(path, bytes(encoded))


def _check_suffix(path: str | Path, *allowed: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in allowed:
        raise UsageError(f"{path}: got the suffix {suffix!r}, expected {' or '.join(allowed)}")
    return suffix
