"""The tables that users load elsewhere: images.csv, cracks.csv, branches.csv.

UTF-8, commas, one header line; a number that is not known is empty. Numbers have the same count
of decimals everywhere, so that equal surveys give equal files. A name that a spreadsheet would
take for a formula (it begins with = + - @ or a control character) gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crackgauge.files import write_text_atomic
from crackgauge.measure import Survey
from crackgauge.measure.columns import (
    BRANCH_COLUMNS,
    CRACK_COLUMNS,
    IMAGE_COLUMNS,
    ZONE_COLUMNS,
    Kind,
    as_frame,
)

if TYPE_CHECKING:
    import pandas as pd

_ALWAYS = ("images", "cracks", "branches")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Decimals by the end of the column's name, the first that fits; `None` writes all digits there are.
_DECIMALS: tuple[tuple[str, int | None], ...] = (
    ("mm_per_px", None),
    ("latitude_deg", 7),
    ("longitude_deg", 7),
    ("_ratio", 8),
    ("_deg", 2),
    ("_m", 2),
    ("", 4),
)


def write_images_csv(path: str | Path, images: pd.DataFrame) -> None:
    """Write one row an image, `measure.columns.IMAGE_COLUMNS`, sorted by image; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, images, IMAGE_COLUMNS, ["image"])


def write_cracks_csv(path: str | Path, cracks: pd.DataFrame) -> None:
    """Write one row a crack, `measure.columns.CRACK_COLUMNS`, sorted by image and crack; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, cracks, CRACK_COLUMNS, ["image", "crack_id"])


def write_branches_csv(path: str | Path, branches: pd.DataFrame) -> None:
    """Write one row a branch, `measure.columns.BRANCH_COLUMNS` but its lines, sorted; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, branches, BRANCH_COLUMNS, ["image", "crack_id", "branch_id"])


def survey_tables(survey: Survey) -> dict[str, pd.DataFrame]:
    """Return a survey's tables by name, those that it has rows or columns in any case for.

    A table of zones without rows is left out: nobody named any.
    """
    tables = {each.name: getattr(survey, each.name) for each in fields(survey)}
    return {name: table for name, table in tables.items() if name in _ALWAYS or len(table)}


def write_tables(out: str | Path, survey: Survey) -> list[str]:
    """Write `images.csv`, `cracks.csv` and `branches.csv`, and `zones.csv` where there are zones.

    Returns:
        The names of the files.

    Raises:
        StorageError: a file cannot be written.
    """
    folder, written = Path(out), []
    for name, table in survey_tables(survey).items():
        writer = {
            "images": write_images_csv,
            "cracks": write_cracks_csv,
            "branches": write_branches_csv,
        }.get(name, write_zones_csv)
        writer(folder / f"{name}.csv", table)
        written.append(f"{name}.csv")
    return written


def write_zones_csv(path: str | Path, zones: pd.DataFrame) -> None:
    """Write one row a zone of an image, `measure.columns.ZONE_COLUMNS`, sorted; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, zones, ZONE_COLUMNS, ["image", "zone"])


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula and that UTF-8 can write.

    >>> safe_cell("=HYPERLINK(0).jpg"), safe_cell("deck-1.jpg")
    ("'=HYPERLINK(0).jpg", 'deck-1.jpg')
    """
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def write_table(
    path: str | Path, table: pd.DataFrame, columns: dict[str, Kind], order: list[str]
) -> None:
    """Write a table with exactly these columns but its lines, sorted by `order`; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    columns = {name: kind for name, kind in columns.items() if kind != "line"}
    frame = as_frame(table, columns).sort_values(order, kind="stable")
    cells = [map(_formatter(name, kind), frame[name].tolist()) for name, kind in columns.items()]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*cells, strict=True))
    write_text_atomic(path, stream.getvalue())


def _formatter(name: str, kind: Kind) -> Callable[[Any], str]:
    if kind == "str":
        return lambda value: safe_cell(str(value))
    if kind == "int":
        return str
    decimals = next(count for end, count in _DECIMALS if name.endswith(end))
    return lambda value: _number(value, decimals)


def _number(value: float, decimals: int | None) -> str:
    if math.isnan(value):
        return ""
    if decimals is None:
        return repr(value)
    return f"{value:z.{decimals}f}"
