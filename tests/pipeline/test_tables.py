from __future__ import annotations

from pathlib import Path

from crackgauge.pipeline.summary import SetAside
from crackgauge.pipeline.tables import write_set_aside


def test_rows_are_sorted_and_quoted(tmp_path: Path) -> None:
    refused = [
        SetAside("b.jpg", "empty", "got 0 bytes, expected more"),
        SetAside("a", "corrupt", "x"),
    ]
    write_set_aside(tmp_path, refused)
    assert (tmp_path / "set_aside.csv").read_text() == (
        'path,reason,sentence\na,corrupt,x\nb.jpg,empty,"got 0 bytes, expected more"\n'
    )


def test_nothing_refused_leaves_the_header(tmp_path: Path) -> None:
    write_set_aside(tmp_path, [])
    assert (tmp_path / "set_aside.csv").read_text() == "path,reason,sentence\n"
