from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crackgauge.images.exif import EXIF_IFD, GPS_IFD, orientation_of, read_tags


def block(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    exif[0x010F] = "DJI"
    exif.get_ifd(GPS_IFD)[2] = (51.0, 30.0, 15.5)
    exif.get_ifd(EXIF_IFD)[0x9003] = "2026:03:04 05:06:07"
    return exif.tobytes()


def test_numbers_text_and_fractions():
    tags = read_tags(block())
    assert tags[274] == 6
    assert tags[0x010F] == "DJI"


def test_directories_within():
    assert read_tags(block(), GPS_IFD)[2] == (Fraction(51), Fraction(30), Fraction(31, 2))
    assert read_tags(block(), EXIF_IFD)[0x9003] == "2026:03:04 05:06:07"


def test_no_block_no_tags():
    assert read_tags(b"") == {}
    assert read_tags(b"XX*\x00\x00\x00\x00\x08") == {}
    assert read_tags(b"II*\x00\x08\x00\x00\x00", GPS_IFD) == {}


def test_orientation_out_of_range_is_upright():
    assert orientation_of(block(8)) == 8
    assert orientation_of(block(9)) == 1
    assert orientation_of(None) == 1


@given(st.binary(max_size=200), st.integers(0, 150))
def test_damage_never_raises(noise, start):
    damaged = bytearray(block())
    damaged[start : start + len(noise)] = noise
    for directory in (None, EXIF_IFD, GPS_IFD):
        read_tags(bytes(damaged), directory)
