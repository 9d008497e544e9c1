from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from crackgauge.errors import InputRefused
from crackgauge.images import PhotoMetadata, read_photo_metadata
from crackgauge.images.exif import EXIF_IFD, GPS_IFD
from crackgauge.images.metadata import parse_exif


def exif(gps: dict[int, Any] | None = None, photo: dict[int, Any] | None = None) -> Image.Exif:
    block = Image.Exif()
    block[0x010F], block[0x0110] = "DJI", "FC6310"
    block.get_ifd(GPS_IFD).update(
        {1: "S", 2: (51.0, 30.0, 36.0), 3: "W", 4: (0.0, 7.0, 30.0), 5: b"\x01", 6: 12.5}
        if gps is None
        else gps
    )
    block.get_ifd(EXIF_IFD).update(
        {0x9003: "2026:03:04 05:06:07", 0x9011: "+02:00", 0x920A: 8.8, 0xA405: 24}
        if photo is None
        else photo
    )
    return block


EXPECTED = PhotoMetadata(
    latitude_deg=-51.51,
    longitude_deg=-0.125,
    altitude_m=-12.5,
    captured_at="2026-03-04T05:06:07+02:00",
    camera="DJI FC6310",
    focal_length_mm=8.8,
    focal_length_35mm=24.0,
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_position_time_and_camera_of_every_format(rgb, write, kind):
    assert read_photo_metadata(write("photo.bin", rgb, kind, exif=exif())) == EXPECTED


def test_a_tiff_is_an_exif_block_itself(tmp_path):
    block = exif().tobytes()
    assert block.startswith(b"Exif\x00\x00")
    (tmp_path / "photo.tif").write_bytes(block[6:])
    assert read_photo_metadata(tmp_path / "photo.tif") == EXPECTED


def test_no_exif_is_no_error(rgb, write):
    for kind in ("JPEG", "BMP", "TIFF"):
        assert read_photo_metadata(write("photo.bin", rgb, kind)) == PhotoMetadata()


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},  # no fix
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (7.0, 0.0, 0.0)},
        {1: "N", 2: (51.0, 0.0), 3: "E", 4: (7.0, 0.0, 0.0)},
        {1: "N", 2: (51.0, 0.0, 0.0)},
    ],
)
def test_odd_positions_are_none(gps):
    found = parse_exif(exif(gps=gps).tobytes())
    assert (found.latitude_deg, found.longitude_deg) == (None, None)


def test_times_without_offset_and_odd_times():
    taken = {0x9003: "2026:03:04 05:06:07"}
    assert parse_exif(exif(photo=taken).tobytes()).captured_at == "2026-03-04T05:06:07"
    unset = {0x9003: "0000:00:00 00:00:00"}
    assert parse_exif(exif(photo=unset).tobytes()).captured_at is None


def test_a_camera_name_that_begins_with_its_maker_is_not_doubled():
    block = exif()
    block[0x010F], block[0x0110] = "Canon", "Canon EOS R5"
    assert parse_exif(block.tobytes()).camera == "Canon EOS R5"


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputRefused):
        read_photo_metadata(tmp_path / "nothing.jpg")
