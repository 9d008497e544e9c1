"""Writing masks, probabilities and images, each at once or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

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
_PNG_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


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
    options = _PNG_FAST if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    write_bytes_atomic(path, _encode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options))


def _check_suffix(path: str | Path, *allowed: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in allowed:
        raise UsageError(f"{path}: got the suffix {suffix!r}, expected {' or '.join(allowed)}")
    return suffix


def _encode(suffix: str, values: npt.NDArray[Any], options: list[int]) -> bytes:
    try:
        done, encoded = cv2.imencode(suffix, values, options)
    except cv2.error as error:
        raise _not_encodable(suffix, values) from error
    if not done:
        raise _not_encodable(suffix, values)
    return bytes(encoded)


def _not_encodable(suffix: str, values: npt.NDArray[Any]) -> UsageError:
    height, width = values.shape[:2]
    return UsageError(
        f"{width} x {height} pixels cannot be written as {suffix}; a JPEG has at most 65,500 "
        "pixels a side, use .png"
    )
