"""Writing files so that a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from crackgauge.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


def storage_error(path: Path, error: OSError) -> StorageError:
    """Word an operating system's refusal to write `path`."""
    if error.errno in _FULL:
        return StorageError(
            f"{path}: the disk is full ({error.strerror}); nothing already written is lost. "
            "Free some space and run the same command again."
        )
    if error.errno in _DENIED:
        return StorageError(
            f"{path}: cannot be written ({error.strerror}). Choose another output folder."
        )
    return StorageError(f"{path}: cannot be written ({error.strerror or error}).")


@contextlib.contextmanager
def storing(path: str | Path) -> Iterator[None]:
    """Turn an `OSError` of the body into a `StorageError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise storage_error(Path(path), error) from error


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary sibling of `path` to write; at success it takes the name `path`.

    The sibling keeps the suffix, because encoders choose the format by it. At success the file is
    flushed to the disk before it is renamed, at failure it is removed and `path` stays as it was.

    Raises:
        StorageError: the folder cannot be made, or the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.tmp{target.suffix}")
    try:
        with storing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            temporary.replace(target)
            _sync_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` at once.

    Raises:
        StorageError: the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text_atomic(path: str | Path, content: str) -> None:
    """Write `content` as UTF-8 with `\\n` line ends to `path` at once.

    Raises:
        StorageError: the file cannot be written.
    """
    write_bytes_atomic(path, content.encode("utf-8"))


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
