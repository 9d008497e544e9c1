"""Where and when a photo was taken, from its EXIF block."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from crackgauge.errors import InputRefused
from crackgauge.images.exif import EXIF_IFD, GPS_IFD, Block, Tags, Value, read_tags
from crackgauge.images.formats import identify, opened
from crackgauge.images.headers import read_header

_MAKE, _MODEL, _MODIFIED = 0x010F, 0x0110, 0x0132
_TAKEN, _OFFSET_TAKEN = 0x9003, 0x9011
_FOCAL_LENGTH, _FOCAL_LENGTH_35 = 0x920A, 0xA405
_LAT_REF, _LAT, _LON_REF, _LON, _ALT_REF, _ALT = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True)
class PhotoMetadata:
    """What the camera wrote; None where it wrote nothing that can be read.

    Attributes:
        latitude_deg: WGS 84, north positive.
        longitude_deg: WGS 84, east positive.
        altitude_m: above sea level, as the camera says.
        captured_at: ISO 8601, with the offset from UTC where the camera wrote one.
        camera: maker and model.
        focal_length_mm: of the lens.
        focal_length_35mm: the equivalent for a 36 x 24 mm frame.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    captured_at: str | None = None
    camera: str | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None


def read_photo_metadata(path: str | Path) -> PhotoMetadata:
    """Read position, time and camera; never raises for odd or missing EXIF.

    Raises:
        InputRefused: the file is missing, unreadable or no image.
    """
    file = Path(path)
    kind = identify(file)
    if kind == "matlab":
        return PhotoMetadata()
    with opened(file) as stream:
        if kind == "tiff":
            return parse_exif(_FileBlock(stream))  # a TIFF is an EXIF block with pixels
        try:
            block = read_header(stream, kind, file).exif
        except InputRefused:
            block = None
    return parse_exif(block) if block else PhotoMetadata()


class _FileBlock:
    """A file sliced like bytes, so that directories anywhere in it are read without the rest."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, 2)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        self._stream.seek(start)
        return self._stream.read(max(stop - start, 0))


def parse_exif(block: Block) -> PhotoMetadata:
    """Read an EXIF block; whatever is missing, odd or out of range is None."""
    first, photo, gps = read_tags(block), read_tags(block, EXIF_IFD), read_tags(block, GPS_IFD)
    latitude = _angle(gps, _LAT, _LAT_REF, "S", 90.0)
    longitude = _angle(gps, _LON, _LON_REF, "W", 180.0)
    if latitude is None or longitude is None or (latitude == 0.0 and longitude == 0.0):
        latitude = longitude = None  # cameras without a fix write zeros
    names = [text for text in (_text(first, _MAKE), _text(first, _MODEL)) if text]
    if len(names) == 2 and names[1].lower().startswith(names[0].lower()):
        names = names[1:]
    return PhotoMetadata(
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_m=_altitude(gps),
        captured_at=_captured_at(first, photo),
        camera=" ".join(names) or None,
        focal_length_mm=_positive(photo.get(_FOCAL_LENGTH)),
        focal_length_35mm=_positive(photo.get(_FOCAL_LENGTH_35)),
    )


def _number(value: Value | None) -> float | None:
    if isinstance(value, int | float | Fraction):
        number = float(value)
        return number if math.isfinite(number) else None
    return None


def _positive(value: Value | None) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _text(tags: Tags, tag: int) -> str | None:
    value = tags.get(tag)
    if not isinstance(value, str):
        return None
    return "".join(letter for letter in value if letter.isprintable()).strip() or None


def _angle(gps: Tags, tag: int, reference: int, negative: str, limit: float) -> float | None:
    value = gps.get(tag)
    parts: Sequence[object] = value if isinstance(value, tuple) else ()
    if len(parts) != 3:
        return None
    degrees = 0.0
    for part, divisor in zip(parts, (1.0, 60.0, 3600.0), strict=True):
        number = _number(part)  # type: ignore[arg-type]
        if number is None or number < 0:
            return None
        degrees += number / divisor
    if degrees > limit:
        return None
    sign = gps.get(reference)
    return round(-degrees if sign == negative else degrees, 8)


def _altitude(gps: Tags) -> float | None:
    altitude = _number(gps.get(_ALT))
    if altitude is None:
        return None
    below = gps.get(_ALT_REF) in (1, b"\x01")
    return round(-altitude if below else altitude, 3)


def _captured_at(first: Tags, photo: Tags) -> str | None:
    text = _text(photo, _TAKEN) or _text(first, _MODIFIED)
    if text is None:
        return None
    try:
        moment = datetime.datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    offset = _text(photo, _OFFSET_TAKEN)
    if offset:
        try:
            moment = datetime.datetime.fromisoformat(moment.isoformat() + offset)
        except ValueError:
            return moment.isoformat()
    return moment.isoformat()
