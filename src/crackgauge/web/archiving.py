"""A folder as one ZIP, made while it is sent: nothing is written to the disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

_CHUNK_BYTES = 1 << 18


class _Taken(io.RawIOBase):
    """Collects what is written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        part = bytes(content)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(folder: Path) -> Iterator[bytes]:
    """Give a ZIP of a folder in pieces; photos are packed already, so nothing is packed again.

    The same files make the same bytes: entries are sorted and have no date.
    """
    taken = _Taken()
    with zipfile.ZipFile(taken, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while part := source.read(_CHUNK_BYTES):
                    target.write(part)
                    yield taken.take()
    yield taken.take()
