"""Larger rendered photographs for the demonstration, named and tagged like those of a drone."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as PillowImage

from crackgauge.data.synth.render import render
from crackgauge.files import write_bytes_atomic

_GPS_IFD = 0x8825
_EXIF_IFD = 0x8769


@dataclass(frozen=True)
class _Photo:
    """One of the six; a place is (latitude, longitude) in degrees, altitude in m."""

    name: str
    seed: int
    surface: str
    cracks: str | int
    distractors: tuple[str, ...]
    width_px: float | None = None
    place: tuple[float, float, float] | None = None
    taken: str | None = None


_PHOTOS = (
    _Photo("deck_01", 811, "concrete", "branching", ("joint", "water_stain"), 6.0,
           (46.94811, 7.44739, 556.2), "2025:04:16 10:21:07"),
    _Photo("deck_02", 312, "concrete", "single", ("stain", "leaf", "pole_shadow"), 4.5,
           (46.94816, 7.44752, 556.4), "2025:04:16 10:21:31"),
    _Photo("road_01", 513, "asphalt", "map", ("tyre_mark", "stain"), 5.0),
    _Photo("road_02", 14, "asphalt", "branching", ("lane_marking", "pebbles", "edge_shadow"), 6.0),
    _Photo("girder_01", 215, "steel", "single", ("rust", "scratch"), 4.0),
    _Photo("wall_01", 716, "concrete", 0, ("water_stain", "rust", "edge_shadow")),
)  # fmt: skip


def render_sample_photos(
    out: str | Path, *, size: tuple[int, int] = (768, 1024), seed: int = 0
) -> list[Path]:
    """Render six JPEG photographs into `out`; `wall_01.jpg` is without cracks.

    `deck_01.jpg` and `deck_02.jpg` carry a place (GPS) and a time of capture. The same arguments
    give the same bytes.

    Args:
        out: the folder; made if missing, files of the same names are replaced.
        size: (H, W) in px.
        seed: 0 for the six that were chosen for their looks; others give other pictures.

    Returns:
        The files in order.

    Raises:
        UsageError: a size below 32 px or a seed below 0.
        StorageError: the folder cannot be written.
    """
    written = []
    for photo in _PHOTOS:
        picture = render(
            photo.seed + 1000 * seed,
            surface=photo.surface,
            size=size,
            cracks=photo.cracks,
            width_px=photo.width_px,
            distractors=photo.distractors,
        )
        stream = io.BytesIO()
        PillowImage.fromarray(picture.image).save(
            stream, "JPEG", quality=90, subsampling=0, exif=_exif(photo)
        )
        path = Path(out) / f"{photo.name}.jpg"
        write_bytes_atomic(path, stream.getvalue())
        written.append(path)
    return written


def _exif(photo: _Photo) -> PillowImage.Exif:
    exif = PillowImage.Exif()
    exif[0x010E] = "Rendered picture, not a photograph"  # ImageDescription
    if photo.taken is not None:
        exif[0x0132] = photo.taken  # DateTime
        exif.get_ifd(_EXIF_IFD)[0x9003] = photo.taken  # DateTimeOriginal
    if photo.place is not None:
        latitude, longitude, altitude = photo.place
        gps = exif.get_ifd(_GPS_IFD)
        gps[0] = b"\x02\x03\x00\x00"  # version
        gps[1], gps[2] = "N" if latitude >= 0 else "S", _degrees(abs(latitude))
        gps[3], gps[4] = "E" if longitude >= 0 else "W", _degrees(abs(longitude))
        gps[5], gps[6] = b"\x00", altitude
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    """Degrees, minutes, seconds to 1/1000, as EXIF wants them."""
    whole = int(value)
    minutes = int((value - whole) * 60)
    return float(whole), float(minutes), round(((value - whole) * 60 - minutes) * 60, 3)
