"""Tables that a run writes itself; those of cracks are the report's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from crackgauge.files import write_text_atomic
from crackgauge.pipeline.summary import SetAside

SET_ASIDE_FILE = "set_aside.csv"


def write_set_aside(out: Path, refused: Iterable[SetAside]) -> None:
    """Write `set_aside.csv` (path, reason, sentence), sorted; only the header if all went well.

    Raises:
        StorageError: the file cannot be written.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(SetAside._fields)
    writer.writerows(sorted(refused))
    write_text_atomic(out / SET_ASIDE_FILE, printable(stream.getvalue()))


def printable(text: str) -> str:
    """Return text that UTF-8 can hold.

    The bytes of a file name that are no UTF-8 become an escape, as Python shows them.

    >>> len(printable(chr(0xDCE9))), printable("café")
    (6, 'café')
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
