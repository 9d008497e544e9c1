"""The kinds of damage of `corruptions.py`: each makes one file and says what to expect of it.

`refused`: it must be set aside. `answered`: it is odd but whole, and must be read. `either`: damage
that the format cannot always tell (a flipped bit in a JPEG) may be read or refused.
"""

from __future__ import annotations

import functools
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from crackgauge.images import read_image

Expectation = Literal["refused", "answered", "either"]
Pixels = npt.NDArray[np.uint8]


class Good(NamedTuple):
    """A good file: its bytes, its usual suffix, and the encoder's name."""

    content: bytes
    suffix: str
    encoder: str


def _pillow(kind: str, **options: Any) -> Callable[[Pixels], bytes]:
    def encode(pixels: Pixels) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, kind, **options)
        return stream.getvalue()

    return encode


def _tiff(**options: Any) -> Callable[[Pixels], bytes]:
    def encode(pixels: Pixels) -> bytes:
        stream = io.BytesIO()
        tifffile.imwrite(stream, pixels, photometric="rgb", metadata=None, **options)
        return stream.getvalue()

    return encode


def _turned_jpeg(pixels: Pixels) -> bytes:
    exif = Image.Exif()
    exif[274] = 6
    return _pillow("JPEG", quality=90, exif=exif)(pixels)


ENCODERS: dict[str, tuple[str, Callable[[Pixels], bytes]]] = {
    "jpeg": (".jpg", _turned_jpeg),
    "jpeg-progressive": (".jpeg", _pillow("JPEG", quality=90, progressive=True)),
    "png": (".png", _pillow("PNG")),
    "webp": (".webp", _pillow("WEBP", quality=85, method=0)),
    "bmp": (".bmp", _pillow("BMP")),
    "tiff-plain": (".tif", _tiff()),
    "tiff-tiles": (".tif", _tiff(tile=(128, 128), compression="zlib")),
    "tiff-strips": (".tiff", _tiff(rowsperstrip=16, compression="lzw", bigtiff=True)),
}


class Bench:
    """Where good files come from and bad ones go.

    Args:
        images: good images.
        folder: receives the bad files.
        elsewhere: receives what links point to.
        rng: source of all choices.
    """

    def __init__(
        self, images: list[Path], folder: Path, elsewhere: Path, rng: np.random.Generator
    ) -> None:
        self.images, self.folder, self.elsewhere, self.rng = images, folder, elsewhere, rng
        self._encoded = functools.lru_cache(maxsize=None)(self._encode)

    def good(self, *, only: tuple[str, ...] = tuple(ENCODERS)) -> Good:
        """A good image, chosen by chance, in a format chosen by chance."""
        encoder = str(self.rng.choice(only))
        content = self._encoded(int(self.rng.integers(len(self.images))), encoder)
        return Good(content, ENCODERS[encoder][0], encoder)

    def write(self, stem: str, suffix: str, content: bytes) -> None:
        (self.folder / f"{stem}{suffix}").write_bytes(content)

    def _encode(self, number: int, encoder: str) -> bytes:
        return ENCODERS[encoder][1](read_image(self.images[number]))


def cut(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    bench.write(stem, good.suffix, good.content[: int(bench.rng.integers(1, len(good.content)))])
    return "refused"


def cut_and_closed(bench: Bench, stem: str) -> Expectation:
    """What recovery tools make of a cut JPEG: the end marker is there, a part is not."""
    good = bench.good(only=("jpeg",))
    share = bench.rng.uniform(0.3, 0.95)
    bench.write(stem, good.suffix, good.content[: int(share * len(good.content))] + b"\xff\xd9")
    return "refused"


def zeros_at_the_end(bench: Bench, stem: str) -> Expectation:
    """What a broken copy leaves: the right size, but zeros from some byte on."""
    good = bench.good()
    kept = int(bench.rng.uniform(0.1, 0.95) * len(good.content))
    bench.write(stem, good.suffix, good.content[:kept] + bytes(len(good.content) - kept))
    checked = good.encoder in ("jpeg", "jpeg-progressive", "png")
    return "refused" if checked else "either"


def bit_flips(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    content = bytearray(good.content)
    for position in bench.rng.integers(0, len(content), int(bench.rng.integers(1, 33))):
        content[position] ^= 1 << int(bench.rng.integers(8))
    bench.write(stem, good.suffix, content)
    return "either"


def header_flips(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    content = bytearray(good.content)
    # TIFF keeps its directory at either end.
    ends = [0, len(content) - 160] if good.suffix.startswith(".tif") else [0]
    start = int(bench.rng.choice(ends))
    for position in start + bench.rng.integers(0, 160, int(bench.rng.integers(1, 9))):
        content[position] = int(bench.rng.integers(256))
    bench.write(stem, good.suffix, content)
    return "either"


def wrong_suffix(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    others = sorted({suffix for suffix, _ in ENCODERS.values()} - {good.suffix})
    bench.write(stem, str(bench.rng.choice(others)), good.content)
    return "answered"


def bomb(bench: Bench, stem: str) -> Expectation:
    """Small files of many pixels, by their header or in earnest."""
    makers = (_png_of_zeros, _png_header, _jpeg_header, _tiff_header, _bmp_header, _webp_header)
    suffix, content = makers[int(bench.rng.integers(len(makers)))](bench)
    bench.write(stem, suffix, content)
    return "refused"


def _png(width: int, height: int, packed: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + _crc(name + content)

    def _crc(content: bytes) -> bytes:
        return struct.pack(">I", zlib.crc32(content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@functools.cache
def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    step = bytes(1 << 20)
    return b"".join(packer.compress(step) for _ in range(megabytes)) + packer.flush()


def _png_of_zeros(bench: Bench) -> tuple[str, bytes]:  # noqa: ARG001  one signature for all
    return ".png", _png(20_000, 20_000, _zeros(1145))


def _png_header(bench: Bench) -> tuple[str, bytes]:
    side = int(bench.rng.integers(20_000, 2**31 - 1))
    return ".png", _png(side, side, zlib.compress(bytes(1000)))


def _jpeg_header(bench: Bench) -> tuple[str, bytes]:
    content = bytearray(bench.good(only=("jpeg",)).content)
    frame = content.find(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return ".jpg", bytes(content)


def _tiff_header(bench: Bench) -> tuple[str, bytes]:
    pixels = np.zeros((64, 64, 3), np.uint8)
    content = bytearray(_tiff(compression="zlib")(pixels))
    side = int(bench.rng.integers(20_000, 1_000_000))
    with tifffile.TiffFile(io.BytesIO(bytes(content))) as tif:
        page = tif.pages.first
        for tag in (256, 257, 278):
            offset = page.tags[tag].offset
            content[offset + 2 : offset + 4] = struct.pack("<H", 4)
            content[offset + 8 : offset + 12] = struct.pack("<I", side)
    return ".tif", bytes(content)


def _bmp_header(bench: Bench) -> tuple[str, bytes]:
    content = bytearray(bench.good(only=("bmp",)).content)
    content[18:26] = struct.pack("<ii", 60_000, 60_000)
    return ".bmp", bytes(content)


def _webp_header(bench: Bench) -> tuple[str, bytes]:
    canvas = struct.pack("<4sIB3x", b"VP8X", 10, 0x10) + (b"\xff\x3f\x00" * 2)
    body = b"WEBP" + canvas + bench.good(only=("webp",)).content[12:]
    return ".webp", b"RIFF" + struct.pack("<I", len(body)) + body


def no_bytes(bench: Bench, stem: str) -> Expectation:
    bench.write(stem, bench.good().suffix, b"")
    return "refused"


def directory(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    path = bench.folder / f"{stem}{good.suffix}"
    path.mkdir()
    if bench.rng.random() < 0.5:
        (path / "inside.jpg").write_bytes(good.content)
    return "refused"


def link(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    path = bench.folder / f"{stem}{good.suffix}"
    kind = int(bench.rng.integers(4))
    target = bench.elsewhere / f"{stem}{good.suffix}"
    if kind == 0:
        target.write_bytes(good.content)
    elif kind == 1:
        target.mkdir()
    elif kind == 2:
        target = path  # a link to itself
    path.symlink_to(target)
    return "answered" if kind == 0 else "refused"


def unreadable(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    bench.write(stem, good.suffix, good.content)
    (bench.folder / f"{stem}{good.suffix}").chmod(0)
    return "refused"


def pipe(bench: Bench, stem: str) -> Expectation:
    os.mkfifo(bench.folder / f"{stem}.jpg")
    return "refused"


_OTHER_CONTENTS = (
    b"Minutes of the bridge inspection of 4 March, written down by hand.\n" * 40,
    b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 20,
    b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)) * 8,
    b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000),
    b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41" + bytes(2000),
    b"GIF89a\x40\x00\x40\x00\x80\x00\x00" + bytes(500),
    b"\x7fELF\x02\x01\x01" + bytes(2000),
    b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(500),
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 123456\n",
)


def swapped_content(bench: Bench, stem: str) -> Expectation:
    number = int(bench.rng.integers(len(_OTHER_CONTENTS)))
    bench.write(stem, bench.good().suffix, _OTHER_CONTENTS[number])
    return "refused"


def garbage_header(bench: Bench, stem: str) -> Expectation:
    good = bench.good()
    length = int(bench.rng.integers(16, 513))
    bench.write(stem, good.suffix, bench.rng.bytes(length) + good.content[length:])
    return "refused"


# kind -> how many of 2,000
KINDS: dict[Callable[[Bench, str], Expectation], int] = {
    cut: 400,
    cut_and_closed: 60,
    zeros_at_the_end: 140,
    bit_flips: 400,
    header_flips: 250,
    wrong_suffix: 120,
    bomb: 120,
    no_bytes: 60,
    directory: 70,
    link: 120,
    unreadable: 70,
    pipe: 20,
    swapped_content: 90,
    garbage_header: 80,
}
