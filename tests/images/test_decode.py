from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from crackgauge.errors import InputRefused
from crackgauge.images import image_size, read_image

LOSSLESS = [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("TIFF", {})]


def refused(path: Path, **options: Any) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_image(path, **options)
    assert caught.value.path == path
    assert caught.value.sentence
    return caught.value


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_lossless_formats_give_the_same_pixels(rgb, write, kind, options):
    image = read_image(write("image.bin", rgb, kind, **options))
    assert image.dtype == np.uint8
    assert image.flags.writeable
    assert np.array_equal(image, rgb)


def test_jpeg_equals_pillow(rgb, write):
    path = write("image.jpg", rgb, "JPEG", quality=90)
    assert np.array_equal(read_image(path), np.asarray(Image.open(path)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied_as_pillow_does(rgb, write, kind, orientation):
    options = {} if kind == "PNG" else {"quality": 95}
    path = write("image.bin", rgb, kind, orientation=orientation, **options)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert np.array_equal(read_image(path), expected)
    assert image_size(path) == expected.shape[:2]


def test_orientation_6_is_a_turn_to_the_right(write):
    path = write("image.png", np.array([[0, 128, 255]], np.uint8), "PNG", orientation=6)
    assert read_image(path)[:, :, 0].tolist() == [[0], [128], [255]]


def test_grey_is_repeated(write):
    path = write("image.png", np.array([[7, 9]], np.uint8), "PNG")
    assert read_image(path).tolist() == [[[7, 7, 7], [9, 9, 9]]]


def test_palette_is_looked_up(write):
    image = Image.fromarray(np.array([[0, 1, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    expected = [[[10, 20, 30], [40, 50, 60], [40, 50, 60]]]
    assert read_image(write("image.png", image, "PNG")).tolist() == expected


def test_alpha_is_ignored_and_the_stored_colour_kept(write):
    path = write("image.png", np.array([[[1, 2, 3, 0], [4, 5, 6, 255]]], np.uint8), "PNG")
    assert read_image(path).tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_16_bit_grey_is_scaled_by_257(write):
    values = np.array([[0, 128, 129, 257, 25700, 65535]], np.uint16)
    path = write("image.png", Image.fromarray(values), "PNG")
    assert read_image(path)[0, :, 0].tolist() == [0, 0, 1, 1, 100, 255]


def test_16_bit_colour_png_keeps_its_low_bytes(tmp_path):
    # Pillow would read 0x00ff as 0; 255 / 257 rounds to 1.
    raw = b"\x00" + struct.pack(">3H", 255, 65535, 0)
    path = tmp_path / "deep.png"
    path.write_bytes(png(1, 1, raw, depth=16, colour=2))
    assert read_image(path).tolist() == [[[1, 255, 0]]]


def test_cmyk_white_and_black_ink(write):
    image = Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8), "CMYK")
    assert read_image(write("i.tif", image, "TIFF")).tolist() == [[[255] * 3, [0] * 3]]


def test_images_that_are_unpacked_strip_by_strip(write):
    pixels = (np.arange(3 * 2100 * 2003) % 251).astype(np.uint8).reshape(2100, 2003, 3)
    assert pixels.shape[0] * pixels.shape[1] > 1 << 22
    assert np.array_equal(read_image(write("i.bmp", pixels, "BMP")), pixels)
    grey = read_image(write("i.bmp", pixels[..., 0], "BMP"))
    assert np.array_equal(grey[..., 2], pixels[..., 0])


def test_content_decides_not_the_suffix(rgb, write):
    assert np.array_equal(read_image(write("image.jpg", rgb, "PNG")), rgb)


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
    ],
)
def test_a_file_cut_anywhere_is_refused(rgb, write, kind, options):
    path = write("image.bin", rgb, kind, **options)
    content = path.read_bytes()
    cuts = {1, 4, 20, len(content) - 1, len(content) - 2, *range(30, len(content), 97)}
    for cut in sorted(cuts):
        path.write_bytes(content[:cut])
        assert refused(path).reason in ("truncated", "corrupt", "unsupported")


def test_a_jpeg_cut_in_half_is_called_truncated(rgb, write):
    path = write("image.jpg", rgb, "JPEG")
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path).reason == "truncated"


def test_a_jpeg_whose_second_half_is_zeros_is_refused(rgb, write):
    path = write("image.jpg", rgb, "JPEG")
    content = path.read_bytes()
    path.write_bytes(content[:-200] + bytes(200))
    assert refused(path).reason == "truncated"


def test_a_changed_byte_in_a_png_is_found_by_its_checksum(rgb, write):
    path = write("image.png", rgb, "PNG")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert refused(path).reason == "corrupt"


def test_a_bomb_is_refused_by_its_pixels_before_it_is_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(100_000, 100_000, bytes(1000)))
    error = refused(path)
    assert error.reason == "too-large"
    assert "100000 x 100000" in error.sentence


def test_max_pixels_is_the_limit_itself(rgb, write):
    path = write("image.png", rgb, "PNG")
    assert read_image(path, max_pixels=40 * 56).shape == (40, 56, 3)
    assert refused(path, max_pixels=40 * 56 - 1).reason == "too-large"


def test_an_animation_is_refused(rgb, write):
    frames = [Image.fromarray(rgb), Image.fromarray(rgb[::-1])]
    for kind in ("PNG", "WEBP"):
        path = write("a.bin", frames[0], kind, save_all=True, append_images=frames[1:])
        assert refused(path).reason == "unsupported"


def test_names_that_are_no_files(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    reasons = {
        name: refused(tmp_path / f"{name}.jpg").reason
        for name in ("empty", "folder", "dangling", "loop", "missing")
    }
    assert reasons == {
        "empty": "empty",
        "folder": "not-a-file",
        "dangling": "missing",
        "loop": "unreadable",
        "missing": "missing",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refused(tmp_path / "pipe.jpg").reason == "not-a-file"


def test_a_name_with_a_zero_byte_and_a_file_as_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    assert refused(tmp_path / "a\x00b.jpg").reason == "missing"
    assert refused(tmp_path / "file" / "a.jpg").reason == "missing"


def test_a_link_to_a_photo_is_read(rgb, write, tmp_path):
    (tmp_path / "link.png").symlink_to(write("image.png", rgb, "PNG"))
    assert np.array_equal(read_image(tmp_path / "link.png"), rgb)


def test_a_matlab_file_is_no_image(tmp_path):
    path = tmp_path / "truth.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    assert refused(path).reason == "bad-encoding"


def test_libpng_does_not_talk_past_python(rgb, write, capfd):
    content = write("image.png", rgb, "PNG").read_bytes()
    profile = chunk(b"iCCP", b"odd\x00\x00" + zlib.compress(b"no profile"))
    path = write("image.png", rgb, "PNG")
    path.write_bytes(content[:33] + profile + chunk(b"eXIf", b"odd")[:-1] + b"?" + content[33:])
    assert np.array_equal(read_image(path), rgb)
    assert capfd.readouterr() == ("", "")


@pytest.mark.data
def test_every_image_of_the_public_sets_is_read(data_dir):
    images = [path for path in sorted(data_dir.glob("*/**/*.jpg")) if "_lab" not in str(path)]
    assert len(images) > 1000
    for path in images:
        image = read_image(path)
        assert image.shape == (*image_size(path), 3)
