"""What a file is, by its first bytes; the name's suffix decides nothing.

A file named `.png` that holds a JPEG is read as the JPEG that it is. Only the formats of `READABLE`
are ever given to a decoder; every other file is refused here, before anything is decoded, with the
conversion named where the format is a known one.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from crackgauge.errors import (
    CORRUPT,
    EMPTY,
    MISSING,
    NOT_A_FILE,
    UNREADABLE,
    UNSUPPORTED,
    InputRefused,
)

Format = Literal["jpeg", "png", "tiff", "webp", "bmp", "matlab"]

READABLE = "JPEG, PNG, TIFF, WebP and BMP"
READABLE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".gtiff", ".webp", ".bmp"}
)
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif", ".avif"})
RAW_SUFFIXES = frozenset(
    {".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".sr2", ".orf", ".rw2", ".raf"}
    | {".pef", ".srw", ".3fr", ".iiq", ".rwl", ".x3f", ".raw"}
)
OTHER_IMAGE_SUFFIXES = frozenset(
    {".gif", ".jp2", ".j2k", ".jpx", ".jxl", ".psd", ".psb", ".exr", ".hdr", ".tga", ".ppm"}
    | {".pgm", ".pbm", ".pnm", ".ico", ".ecw", ".sid"}
)

_HEADER_BYTES = 64
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")

HEIF_SENTENCE = (
    "this is a HEIC or AVIF photo, which crackgauge does not read; convert it to JPEG first, "
    "for example `heif-convert photo.heic photo.jpg` or `magick photo.heic photo.jpg`"
)
RAW_SENTENCE = (
    "this is a camera's raw file (DNG and the like), which crackgauge does not read; develop it to "
    "JPEG or 16-bit TIFF first, for example `darktable-cli photo.dng photo.tif`"
)
_MAGICK_SENTENCE = (
    "this is a {name} file, which crackgauge does not read; convert it to PNG or TIFF first, "
    "for example `magick picture.{suffix} picture.png`"
)
_KNOWN_BUT_NOT_READ: tuple[tuple[bytes, str, str], ...] = (
    (b"GIF8", "GIF", "gif"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000", "jp2"),
    (b"\xff\x4f\xff\x51", "JPEG 2000", "j2k"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL", "jxl"),
    (b"\xff\x0a", "JPEG XL", "jxl"),
    (b"8BPS", "Photoshop", "psd"),
    (b"\x76\x2f\x31\x01", "OpenEXR", "exr"),
    (b"#?RADIANCE", "Radiance HDR", "hdr"),
    (b"P1\n", "Netpbm", "pbm"),
    (b"P4\n", "Netpbm", "pbm"),
    (b"P5\n", "Netpbm", "pgm"),
    (b"P6\n", "Netpbm", "ppm"),
)
_RAW_MAGIC = (b"FUJIFILM", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00", b"FOVb")


def identify(path: str | Path) -> Format:
    """Say what the file is by its first bytes.

    Raises:
        InputRefused: there is no such file, it is no regular file (a directory, a pipe, a device),
            it cannot be read, is empty, or holds another format than those of `READABLE`.
    """
    file = Path(path)
    with opened(file) as stream:
        return sniff(file, stream.read(_HEADER_BYTES))


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a regular, non-empty file for reading; pipes and devices are never opened.

    Raises:
        InputRefused: as in `identify`; also where reading in the body fails.
    """
    file = Path(path)
    with reading(file), open_regular(file) as stream:
        yield stream


def open_regular(file: Path, buffering: int = -1) -> BinaryIO:
    """Open a regular, non-empty file; the caller closes it. OSError passes through.

    Raises:
        InputRefused: a directory, pipe, socket, device or empty file.
    """
    _check_regular(file)
    # O_NONBLOCK keeps a pipe that took the file's place since the check from blocking for ever.
    return open(file, "rb", buffering, opener=_open_without_waiting)


def _open_without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the body into the refusal of the file that was read."""
    try:
        yield
    except OSError as error:
        raise _refusal_of(path, error) from error


def _check_regular(file: Path) -> None:
    """Refuse what is no regular file with something in it. OSError passes through."""
    try:
        status = file.stat()
    except ValueError as error:  # a NUL in the name
        raise InputRefused(file, MISSING, "no file can have this name; correct it") from error
    if stat.S_ISDIR(status.st_mode) and not os.access(file, os.R_OK | os.X_OK):
        raise InputRefused(
            file, UNREADABLE, "no permission to list this directory; change its permissions"
        )
    if stat.S_ISDIR(status.st_mode):
        raise InputRefused(
            file, NOT_A_FILE, "this is a directory, expected an image file; name the files in it"
        )
    if not stat.S_ISREG(status.st_mode):
        raise InputRefused(
            file, NOT_A_FILE, "this is a pipe, socket or device, expected an image file"
        )
    if status.st_size == 0:
        raise InputRefused(file, EMPTY, "the file has 0 bytes; copy it again from its source")


def _refusal_of(file: Path, error: OSError) -> InputRefused:
    if isinstance(error, FileNotFoundError):
        if file.is_symlink():
            return InputRefused(
                file, MISSING, "the link points to a file that does not exist; restore its target"
            )
        return InputRefused(file, MISSING, "there is no such file; check the path")
    if isinstance(error, PermissionError):
        return InputRefused(
            file, UNREADABLE, "no permission to read the file; change its permissions"
        )
    if isinstance(error, NotADirectoryError):
        return InputRefused(file, MISSING, "a part of the path is no directory; check the path")
    why = (error.strerror or str(error)).lower()
    return InputRefused(file, UNREADABLE, f"the file cannot be read ({why}); check link and disk")


def sniff(file: Path, head: bytes) -> Format:
    """Say what `head`, the first bytes of `file`, belongs to.

    Raises:
        InputRefused: none of the formats of `READABLE`.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        if head[8:10] == b"CR":  # Canon CR2 is a TIFF whose first page is a preview
            raise InputRefused(file, UNSUPPORTED, RAW_SENTENCE)
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if _is_bmp(head):
        return "bmp"
    if head.startswith(b"MATLAB 5.0 MAT-file"):
        return "matlab"
    raise _unreadable_format(file, head)


def _is_bmp(head: bytes) -> bool:
    """Two letters alone would take any text that begins with BM."""
    sizes = {12, 16, 40, 52, 56, 64, 108, 124}
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in sizes


def _unreadable_format(file: Path, head: bytes) -> InputRefused:
    if head[4:8] == b"ftyp":
        if any(brand in head[8:40] for brand in _HEIF_BRANDS):
            return InputRefused(file, UNSUPPORTED, HEIF_SENTENCE)
        if head[8:12] == b"crx ":
            return InputRefused(file, UNSUPPORTED, RAW_SENTENCE)
        return InputRefused(
            file,
            UNSUPPORTED,
            "this is a video, expected an image; take frames from it first, for example "
            "`ffmpeg -i video.mp4 frame-%05d.jpg`",
        )
    if head.startswith(b"MATLAB 7.3"):
        return InputRefused(
            file, UNSUPPORTED, "this is a MATLAB 7.3 file; save it again in MATLAB with `-v7`"
        )
    if head.startswith(_RAW_MAGIC):
        return InputRefused(file, UNSUPPORTED, RAW_SENTENCE)
    for magic, name, suffix in _KNOWN_BUT_NOT_READ:
        if head.startswith(magic):
            sentence = _MAGICK_SENTENCE.format(name=name, suffix=suffix)
            return InputRefused(file, UNSUPPORTED, sentence)
    return _by_suffix(file)


def _by_suffix(file: Path) -> InputRefused:
    """Content says nothing: say what the name promised."""
    suffix = file.suffix.lower()
    if suffix in READABLE_SUFFIXES or suffix == ".mat":
        return InputRefused(
            file,
            CORRUPT,
            f"the file is named {suffix} but begins like none of {READABLE}; "
            "copy it again from its source",
        )
    if suffix in HEIF_SUFFIXES:
        return InputRefused(file, UNSUPPORTED, HEIF_SENTENCE)
    if suffix in RAW_SUFFIXES:
        return InputRefused(file, UNSUPPORTED, RAW_SENTENCE)
    return InputRefused(
        file, UNSUPPORTED, f"this is no image that crackgauge reads; it reads {READABLE}"
    )
