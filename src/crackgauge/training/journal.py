"""The journal of a training: one row an epoch, the same bytes whether it was stopped or not.

Times go to a file of their own, because they differ from run to run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from crackgauge.files import storing, write_text_atomic

COLUMNS = (
    "epoch",
    "step",
    "learning_rate",
    "loss",
    "skipped_steps",
    "predicted_share",
    "collapse",
    "val_f1",
    "val_precision",
    "val_recall",
    "val_f1_0px",
    "threshold",
    "best",
    "added_patches",
)
TIMING_COLUMNS = ("epoch", "step", "elapsed_s", "patches_per_s", "megapixels_per_s")


class Journal:
    """A CSV file that grows by rows and can be cut back to the rows that a state knows of."""

    def __init__(self, path: Path, columns: tuple[str, ...] = COLUMNS) -> None:
        self.path = path
        self._columns = columns

    def start(self, rows: int) -> None:
        """Keep the header and the first `rows` rows; make the file where there is none.

        Raises:
            StorageError: the file cannot be written.
        """
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = lines[1 : rows + 1]
        write_text_atomic(self.path, "\n".join([",".join(self._columns), *kept]) + "\n")

    def add(self, row: Mapping[str, object]) -> None:
        """Append one row; floats are written with nine significant digits.

        Raises:
            StorageError: the file cannot be written.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_format(row.get(column)) for column in self._columns)
        with storing(self.path), self.path.open("a", encoding="utf-8", newline="") as stream:
            stream.write(text.getvalue())


def _format(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else value
