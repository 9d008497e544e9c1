from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.web.training_records import Progress, progress_of

HEAD = "epoch,step,loss,val_f1,val_precision,val_recall,threshold"


@pytest.mark.parametrize(
    ("journal", "expected"),
    [
        (None, Progress(0, {})),
        (f"{HEAD}\n", Progress(0, {})),
        (
            f"{HEAD}\n1,10,0.5,0.8,0.7,0.9,0.4\n2,20,0.25,0.6,0.5,0.75,0.5\n",
            Progress(
                2,
                {
                    "loss": 0.25,
                    "val_f1": 0.6,
                    "val_precision": 0.5,
                    "val_recall": 0.75,
                    "threshold": 0.5,
                    "best_val_f1": 0.8,
                },
            ),
        ),
        # An epoch that was not validated, a loss that is no number, a row that is half written.
        (f"{HEAD}\n1,10,nan,,,,\n", Progress(1, {})),
        (f"{HEAD}\n1,10,0.5,,,,\n,", Progress(1, {"loss": 0.5})),
    ],
)
def test_progress_is_that_of_the_journal(journal: str | None, expected: Progress, tmp_path: Path):
    if journal is not None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "journal.csv").write_text(journal)
    assert progress_of(tmp_path) == expected


@pytest.mark.parametrize(
    "journal", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"epoch\n" + b"9" * 5000 + b"\n", b'epoch\n"1']
)
def test_a_damaged_journal_tells_nothing(tmp_path: Path, journal: bytes):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.csv").write_bytes(journal)
    assert progress_of(tmp_path).scores == {}
