"""Size, orientation and wholeness of JPEG, PNG, WebP and BMP files, without decoding.

The decoders are lenient where a photograph is cut: they fill the rest with grey, do not check the
checksums of PNG, or open a canvas of any size first. These walkers look at the file's own
structure, so that a bomb is refused by its pixels and a cut file as cut. Sources: ITU T.81 (JPEG),
ISO 15948 (PNG), RFC 9649 (WebP), the Windows bitmap headers.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from crackgauge.errors import CORRUPT, TRUNCATED, UNSUPPORTED, InputRefused
from crackgauge.images.exif import orientation_of

RasterFormat = Literal["jpeg", "png", "webp", "bmp"]


# More of them than any camera or program writes; they would only keep the walkers busy.
_MAX_JUNK_BYTES = 65536
_MAX_CHUNKS = 1_000_000
_MAX_JPEG_SCANS = 200


@dataclass(frozen=True)
class Header:
    """What a file says of its picture.

    Attributes:
        height: stored rows, before turning.
        width: stored columns.
        exif: the EXIF block, or None.
        bits: of one sample.
        samples: of one pixel, as stored (1 for a palette).
        lossy: pixel values are not kept exactly.
        indexed: pixels are indices of a palette, as far as the header tells.
    """

    height: int
    width: int
    exif: bytes | None
    bits: int
    samples: int
    lossy: bool
    indexed: bool = False

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1 to 8."""
        return orientation_of(self.exif)


def read_header(stream: BinaryIO, kind: RasterFormat, path: Path) -> Header:
    """Read the header of a file from its first byte on.

    Raises:
        InputRefused: the header is cut, damaged, or of a kind that is not read (an animation).
    """
    walker = {"jpeg": _jpeg, "png": _png, "webp": _webp, "bmp": _bmp}[kind]
    try:
        header = walker(stream, path)
    except (struct.error, IndexError) as error:
        raise truncated(path) from error
    except ValueError as error:
        raise _endless(path) from error
    if header.height < 1 or header.width < 1:
        raise InputRefused(
            path,
            CORRUPT,
            f"the header says {header.width} x {header.height} pixels; "
            "copy the file again from its source",
        )
    return header


def truncated(path: Path, what: str = "the file ends before its picture does") -> InputRefused:
    """The refusal of a cut file."""
    return InputRefused(path, TRUNCATED, f"{what}; copy it again from its source")


def _endless(path: Path) -> InputRefused:
    return InputRefused(
        path, CORRUPT, "the file has far more parts than a picture needs; save the image again"
    )


def check_whole(content: bytes, kind: RasterFormat, path: Path) -> None:
    """Check that nothing is missing at the end and, for PNG, that no byte was changed.

    Raises:
        InputRefused: the file is cut or damaged.
    """
    if kind == "png":
        _check_png_chunks(content, path)
    elif kind == "jpeg":
        # Within the coded picture 0xFF is followed by 0 or a restart marker, so that the end
        # marker cannot occur by chance; that of a thumbnail lies before the scan.
        start = start_of_scan(content, path)
        if content.find(b"\xff\xd9", start) < 0:
            raise truncated(path, "the JPEG has no end marker, so a part is missing")
        if content.count(b"\xff\xda", start) > _MAX_JPEG_SCANS:
            raise _endless(path)
    elif kind == "webp":
        size = int.from_bytes(content[4:8], "little") + 8
        if len(content) < size:
            raise truncated(path, f"the file has {len(content)} bytes of {size}")
    else:
        size = int.from_bytes(content[2:6], "little")
        if len(content) < size:
            raise truncated(path, f"the file has {len(content)} bytes of {size}")


def _jpeg_segments(stream: BinaryIO) -> list[tuple[int, int, int]]:
    """(marker, first byte of the payload, its length) up to the start of the scan."""
    stream.seek(2)
    position, junk, segments = 2, 0, []
    while True:
        byte = stream.read(1)
        position += 1
        if not byte:
            raise IndexError
        if byte != b"\xff":
            junk += 1
            if junk > _MAX_JUNK_BYTES:
                raise ValueError("no marker")
            continue
        while byte == b"\xff":
            byte = stream.read(1)
            position += 1
        marker = byte[0]
        if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            continue
        if marker == 0xD9:
            raise IndexError
        (length,) = struct.unpack(">H", stream.read(2))
        segments.append((marker, position + 2, length - 2))
        if marker == 0xDA:
            return segments
        position += length
        stream.seek(position)


_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(stream: BinaryIO, path: Path) -> Header:
    frame: tuple[int, int, int, int] | None = None
    exif: bytes | None = None
    for marker, start, length in _jpeg_segments(stream):
        if marker in _JPEG_FRAMES and frame is None:
            stream.seek(start)
            frame = struct.unpack(">BHHB", stream.read(6))
        elif marker == 0xE1 and exif is None:
            stream.seek(start)
            block = stream.read(max(length, 0))
            exif = block if block.startswith(b"Exif\x00") else None
    if frame is None:
        raise InputRefused(path, CORRUPT, "the JPEG has no frame header; copy it again")
    bits, height, width, samples = frame
    if bits != 8:
        raise InputRefused(
            path, UNSUPPORTED, f"a JPEG of {bits} bits, expected 8; convert it to PNG or TIFF"
        )
    return Header(height, width, exif, bits, samples, lossy=True)


def start_of_scan(content: bytes, path: Path) -> int:
    """Where the first scan of a JPEG begins.

    Raises:
        InputRefused: the file ends before it.
    """
    try:
        return _jpeg_segments(io.BytesIO(content))[-1][1]
    except (struct.error, IndexError) as error:
        raise truncated(path) from error


def _png(stream: BinaryIO, path: Path) -> Header:
    """Walk to the end, for the EXIF chunk may stand behind the picture."""
    stream.seek(8)
    frame: tuple[int, ...] | None = None
    exif: bytes | None = None
    for _ in range(_MAX_CHUNKS):
        length, name = struct.unpack(">I4s", stream.read(8))
        if name == b"IHDR" and frame is None:
            frame = struct.unpack(">IIBB", stream.read(10))
            length -= 10
        elif name == b"eXIf" and length <= 1 << 20:
            exif = stream.read(length)
            length = 0
        elif name == b"acTL":
            raise _animation(path)
        elif name == b"IEND":
            break
        stream.seek(length + 4, io.SEEK_CUR)
    else:
        raise ValueError("too many chunks")
    if frame is None:
        raise InputRefused(path, CORRUPT, "the PNG has no header chunk; copy it again")
    width, height, bits, colour = frame
    samples = {2: 3, 4: 2, 6: 4}.get(colour, 1)
    return Header(height, width, exif, bits, samples, lossy=False, indexed=colour == 3)


def _check_png_chunks(content: bytes, path: Path) -> None:
    view = memoryview(content)
    position = 8
    while position + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            break
        critical = not name[0] & 0x20
        if (
            critical
            and zlib.crc32(view[position + 4 : end]) != struct.unpack_from(">I", content, end)[0]
        ):
            raise InputRefused(
                path,
                CORRUPT,
                "a checksum of the PNG does not fit its bytes, so it was damaged; copy it again "
                "from its source",
            )
        if name == b"IEND":
            return
        position = end + 4
    raise truncated(path, "the PNG has no end chunk, so a part is missing")


def critical_chunks(content: bytes) -> bytes:
    """A whole PNG without what its pixels do not need.

    libpng prints warnings on the terminal, past Python, about profiles and other chunks.
    """
    view = memoryview(content)
    parts, position = [view[:8]], 8
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if not name[0] & 0x20:
            parts.append(view[position:end])
        if name == b"IEND":
            break
        position = end
    return b"".join(parts)


def _webp(stream: BinaryIO, path: Path) -> Header:
    stream.seek(0)
    total = len(stream.read(12))
    height = width = 0
    exif: bytes | None = None
    lossy = False
    samples = 3
    for _ in range(_MAX_CHUNKS):
        chunk = stream.read(8)
        if len(chunk) < 8:
            break
        name, length = struct.unpack("<4sI", chunk)
        body = stream.read(min(length, 10 if name != b"EXIF" else 1 << 20))
        if name == b"VP8X":
            if body[0] & 0x02:
                raise _animation(path)
            samples = 4 if body[0] & 0x10 else 3
            width = int.from_bytes(body[4:7], "little") + 1
            height = int.from_bytes(body[7:10], "little") + 1
        elif name == b"VP8 ":
            lossy = True
            if not height:
                width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
        elif name == b"VP8L" and not height:
            packed = struct.unpack_from("<I", body, 1)[0]
            width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        elif name == b"EXIF":
            exif = body
        total += 8 + length + length % 2
        stream.seek(total)
    if not height:
        raise truncated(path)
    return Header(height, width, exif, 8, samples, lossy)


def _animation(path: Path) -> InputRefused:
    return InputRefused(
        path, UNSUPPORTED, "this is an animation, expected one picture; save its frames as files"
    )


def _bmp(stream: BinaryIO, path: Path) -> Header:  # noqa: ARG001  one signature for all walkers
    stream.seek(14)
    head = stream.read(40)
    if struct.unpack_from("<I", head)[0] == 12:
        width, height, _planes, bits = struct.unpack_from("<HHHH", head, 4)
    else:
        width, height, _planes, bits = struct.unpack_from("<iiHH", head, 4)
    samples = {24: 3, 32: 4, 16: 3}.get(bits, 1)
    return Header(abs(height), width, None, bits, samples, lossy=False)
