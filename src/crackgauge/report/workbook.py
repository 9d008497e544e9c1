"""The tables as one workbook (XLSX), one sheet a table."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crackgauge.files import write_bytes_atomic
from crackgauge.report.tables import safe_cell
from crackgauge.report.wording import report_moment

if TYPE_CHECKING:
    import pandas as pd

# What a sheet can hold (ECMA-376: 2^20 rows), without its header.
MOST_ROWS = 2**20 - 1
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_CELL = 32_767
_DATE = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms)")


def write_workbook(
    path: str | Path, *, about: Mapping[str, str], tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write a sheet "about" and one for each table; atomic.

    Numbers are numbers, what is not known is an empty cell, and texts are never formulas. The
    header stays in view and can be filtered by.

    Args:
        path: ends in .xlsx.
        about: name -> value, such as the settings.
        tables: name of the sheet -> table; columns that hold lines are left out. Of a table with
            more than `MOST_ROWS` rows the first are written, and "about" says so.

    Raises:
        StorageError: the file cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    cut = {
        f"rows left out of {name}": f"{len(table) - MOST_ROWS}; all are in {name}.csv"
        for name, table in tables.items()
        if len(table) > MOST_ROWS
    }
    sheet = book.create_sheet("about")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    for name, value in {**about, **cut}.items():
        sheet.append([_text(name), _text(value)])
    for name, table in tables.items():
        _add_table(book, name, table)
    stream = io.BytesIO()
    book.save(stream)
    write_bytes_atomic(path, _without_time(stream))


def _add_table(book: Any, name: str, table: pd.DataFrame) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    columns = [column for column in table.columns if not column.startswith("line_")]
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "B2"
    for index, column in enumerate(columns, start=1):
        width = 30 if column in ("image", "severity_reason") else max(9, len(column) + 2)
        sheet.column_dimensions[get_column_letter(index)].width = width
    rows = min(len(table), MOST_ROWS)
    if columns:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{rows + 1}"
    header = [WriteOnlyCell(sheet, value=column) for column in columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for row in _rows(table[columns].head(MOST_ROWS)):
        sheet.append(row)


def _rows(table: pd.DataFrame) -> Iterator[list[Any]]:
    values = [table[column].tolist() for column in table.columns]
    for row in zip(*values, strict=True):
        yield [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value if isinstance(value, int) else _text(value) or None


def _text(value: Any) -> str:
    return _CONTROL.sub(" ", safe_cell(str(value)))[:_LONGEST_CELL]


def _without_time(stream: io.BytesIO) -> bytes:
    """Replace the times in a workbook, so that equal tables give equal bytes."""
    moment = report_moment()
    words = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as book, zipfile.ZipFile(out, "w") as fixed:
        for name in book.namelist():
            content = book.read(name)
            if name == "docProps/core.xml":
                content = _DATE.sub(rb"\g<1>" + words + rb"\g<3>", content)
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            fixed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
