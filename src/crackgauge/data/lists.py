"""List files: one image a line, or an image and its mask."""

from __future__ import annotations

import csv
import os
from collections.abc import Container, Sequence
from pathlib import Path
from typing import NamedTuple

from crackgauge.errors import DatasetError
from crackgauge.files import write_text_atomic

LIST_SUFFIXES = frozenset({".txt", ".lst", ".csv", ".tsv"})


class ListRow(NamedTuple):
    """One line: its number from 1, the image, and the mask where there are two columns."""

    number: int
    image: str
    mask: str | None


def read_list(path: str | Path, *, names: Container[str] = ()) -> list[ListRow]:
    """Read a list file of one or two columns, separated by a tab, a comma or spaces.

    Empty lines, lines that begin with `#` and a first line `image mask` are passed over. A line
    with a tab is split at tabs, else at commas if it has one, else at spaces; so that a path with
    spaces needs a tab or a comma. A line that is as a whole one of `names` is one column.

    Raises:
        DatasetError: the file is no UTF-8 text, or a line has three columns or more.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is no UTF-8 text, expected a list of file names") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    rows: list[ListRow] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        line = line.strip()
        columns = [line] if line in names else _columns(line)
        if not rows and [column.lower() for column in columns] in (["image", "mask"], ["image"]):
            continue
        if len(columns) > 2:
            raise DatasetError(
                f"{path}: line {number} has {len(columns)} columns, expected one or two (image, "
                "mask); separate them by a tab where names have spaces"
            )
        rows.append(ListRow(number, columns[0], columns[1] if len(columns) == 2 else None))
    return rows


def _columns(line: str) -> list[str]:
    if "\t" in line:
        return [column.strip() for column in line.split("\t")]
    if "," in line:
        return [column.strip() for column in next(csv.reader([line], skipinitialspace=True))]
    return line.split()


def write_list(path: str | Path, rows: Sequence[tuple[Path, Path]]) -> None:
    """Write images and masks as two columns with a tab, relative to the list's own folder.

    Raises:
        DatasetError: a name holds a tab or a line end.
        StorageError: the file cannot be written.
    """
    target = Path(path)
    lines = []
    for image, mask in rows:
        columns = [relative_path(image, target.parent), relative_path(mask, target.parent)]
        if any(set(column) & set("\t\r\n") for column in columns):
            raise DatasetError(f"{columns[0]!r}: a name with a tab or a line end cannot be listed")
        lines.append("\t".join(columns) + "\n")
    write_text_atomic(target, "".join(lines))


def relative_path(path: Path, folder: Path) -> str:
    """The path as seen from a list's folder, with `/`; whole where there is no way to it."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive of a Windows machine
        return path.resolve().as_posix()
