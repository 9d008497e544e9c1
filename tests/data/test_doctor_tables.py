from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crackgauge.data.doctor import check
from crackgauge.data.doctor_tables import (
    PAIR_COLUMNS,
    PROBLEM_COLUMNS,
    write_pairs_csv,
    write_problems_csv,
)
from crackgauge.images import write_mask


def test_the_tables_hold_every_finding_and_every_pair(
    fill: Callable[..., Path], tmp_path: Path
) -> None:
    root = fill("images", "masks", "-1", "a", "b")
    write_mask(root / "masks" / "a.png", np.zeros((96, 144), dtype=np.bool_))
    (root / "masks" / "b.png").unlink()
    report = check(root)
    write_problems_csv(tmp_path / "problems.csv", report)
    write_pairs_csv(tmp_path / "pairs.csv", report)
    problems = list(csv.reader((tmp_path / "problems.csv").read_text().splitlines()))
    assert problems[0] == list(PROBLEM_COLUMNS)
    assert [row[:4] for row in problems[1:]] == [
        ["problem", "no-mask", "", "b"],
        ["note", "mask-empty", "", "a"],
    ]
    pairs = list(csv.DictReader((tmp_path / "pairs.csv").read_text().splitlines()))
    assert list(pairs[0]) == list(PAIR_COLUMNS)
    # A name that a spreadsheet would take for a formula is quoted.
    assert [pair["stem"] for pair in pairs] == ["'-1", "a", "b"]
    assert pairs[0]["crack_share"] == f"{(51 + 60 + 27) * 3 / (96 * 144):.6f}"
    assert (pairs[1]["crack_share"], pairs[1]["contrast_z"]) == ("0.000000", "")
    assert (pairs[2]["mask"], pairs[2]["height_px"]) == ("", "96")


def test_a_clean_set_has_a_table_of_its_heading_alone(
    fill: Callable[..., Path], tmp_path: Path
) -> None:
    write_problems_csv(tmp_path / "problems.csv", check(fill("images", "masks", "a")))
    assert (tmp_path / "problems.csv").read_text() == ",".join(PROBLEM_COLUMNS) + "\n"
