"""The doctor's tables: problems.csv and pairs.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from crackgauge.data.doctor import DoctorReport
from crackgauge.data.doctor_pair import relative
from crackgauge.files import write_text_atomic

PROBLEM_COLUMNS = ("severity", "kind", "split", "stem", "other_split", "other", "path", "detail")
PAIR_COLUMNS = (
    "split",
    "stem",
    "group",
    "image",
    "mask",
    "height_px",
    "width_px",
    "mask_rule",
    "crack_share",
    "contrast_z",
)


def write_problems_csv(path: str | Path, report: DoctorReport) -> None:
    """Write one row a finding, problems first; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    rows = [[getattr(finding, column) for column in PROBLEM_COLUMNS] for finding in report.findings]
    _write(path, PROBLEM_COLUMNS, rows)


def write_pairs_csv(path: str | Path, report: DoctorReport) -> None:
    """Write one row a pair, sorted by stem; what is not known stays empty; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    base = report.root if report.root.is_dir() else report.root.parent
    rows: list[list[object]] = [
        [
            one.pair.split or "",
            one.pair.stem,
            one.pair.group,
            relative(one.pair.image, base),
            "" if one.pair.mask is None else relative(one.pair.mask, base),
            "" if one.height is None else one.height,
            "" if one.width is None else one.width,
            one.mask_rule or "",
            "" if one.crack_share is None else f"{one.crack_share:.6f}",
            "" if one.contrast is None else f"{one.contrast.z:.3f}",
        ]
        for one in report.examined
    ]
    _write(path, PAIR_COLUMNS, rows)


def _write(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)
    write_text_atomic(path, text.getvalue())


def _plain(value: object) -> object:
    """A name that a spreadsheet would run as a formula is written behind an apostrophe."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
