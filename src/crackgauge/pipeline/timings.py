"""How long each input took: the one output that differs from run to run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crackgauge.files import write_text_atomic
from crackgauge.pipeline.tables import printable

TIMINGS_FILE = "timings.csv"


class Timing(NamedTuple):
    """Seconds of work for one input; decoding and finishing happen beside the network's work."""

    image: str
    megapixels: float
    decode_s: float
    network_s: float
    finish_s: float


def write_timings(out: Path, timings: Iterable[Timing]) -> None:
    """Write `timings.csv`, keeping the rows of earlier runs for inputs not timed now.

    Raises:
        StorageError: the file cannot be written.
    """
    path = out / TIMINGS_FILE
    rows = _read_rows(path)
    for timing in timings:
        rows[timing.image] = [
            timing.image,
            f"{timing.megapixels:.3f}",
            *(f"{value:.4f}" for value in timing[2:]),
        ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(Timing._fields)
    writer.writerows(rows[name] for name in sorted(rows))
    write_text_atomic(path, printable(stream.getvalue()))


def _read_rows(path: Path) -> dict[str, list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, ValueError, csv.Error):
        return {}
    if not rows or tuple(rows[0]) != Timing._fields:
        return {}
    return {row[0]: row for row in rows[1:] if len(row) == len(Timing._fields)}
