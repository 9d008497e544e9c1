from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from crackgauge.errors import InputRefused
from crackgauge.images.headers import check_whole, read_header


def header(content: bytes, kind):
    return read_header(io.BytesIO(content), kind, Path("x"))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "bmp"])
def test_size_without_decoding(rgb, write, kind):
    found = header(write("i.bin", rgb, kind.upper()).read_bytes(), kind)
    assert (found.height, found.width, found.orientation) == (40, 56, 1)


def test_bytes_behind_the_end_are_no_harm(rgb, write):
    for kind in ("jpeg", "png", "webp", "bmp"):
        content = write("i.bin", rgb, kind.upper()).read_bytes()
        check_whole(content + b"a trailer of the camera", kind, Path("x"))


def test_the_end_marker_of_a_thumbnail_is_not_that_of_the_picture(rgb, write):
    content = write("i.jpg", rgb, "JPEG").read_bytes()
    thumbnail = b"\xff\xe1" + struct.pack(">H", 6) + b"\xff\xd8\xff\xd9"
    assert header(content[:2] + thumbnail + content[2:], "jpeg").width == 56
    with pytest.raises(InputRefused) as caught:
        check_whole(content[:2] + thumbnail + content[2:-2], "jpeg", Path("x"))
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("jpeg", b"\xff\xd8" + bytes(100_000) + b"\xff\xd9"),
        ("png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sI", 0, b"abcd", 0) * 1_000_001),
    ],
)
def test_endless_structures_are_left_early(kind, content):
    with pytest.raises(InputRefused) as caught:
        header(content, kind)
    assert caught.value.reason == "corrupt"


def test_a_jpeg_of_a_thousand_scans_is_refused(rgb, write):
    content = write("i.jpg", rgb, "JPEG").read_bytes()
    with pytest.raises(InputRefused) as caught:
        check_whole(content[:-2] + b"\xff\xda\x00\x02" * 1000 + b"\xff\xd9", "jpeg", Path("x"))
    assert caught.value.reason == "corrupt"


def test_no_pixels_is_corrupt(rgb, write):
    content = bytearray(write("i.bmp", rgb, "BMP").read_bytes())
    content[18:22] = bytes(4)
    with pytest.raises(InputRefused):
        header(bytes(content), "bmp")
