from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np


def write(folder: Path, stem: str, row: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((20, 10), np.uint8)
    mask[row] = 255
    cv2.imwrite(str(folder / f"{stem}.png"), mask)


def test_a_table_and_two_files(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a", 5)
    write(tmp_path / "found", "b", 9)
    write(tmp_path / "found", "stranger", 9)
    for stem in ("a", "b"):
        write(tmp_path / "truth", stem, 5)
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", "--out", tmp_path / "scores")
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()] == [
        ["2", "images,", "pooled"],
        ["tolerance", "precision", "recall", "F1"],
        ["0", "px", "0.5000", "0.5000", "0.5000"],
        ["2", "px", "0.5000", "0.5000", "0.5000"],
        ["5", "px", "1.0000", "1.0000", "1.0000"],
        ["1", "predictions", "without", "a", "truth", "are", "left", "out"],
    ]
    assert sorted(path.name for path in (tmp_path / "scores").iterdir()) == [
        "metrics.json",
        "per_image.csv",
    ]


def test_tolerances_can_be_chosen(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a", 9)
    write(tmp_path / "truth", "a", 5)
    options = ["--tolerance-px", "3.5", "--tolerance-px", "4"]
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", *options)
    assert [line.split()[0::4] for line in answer.out.splitlines()[2:]] == [
        ["3.5", "0.0000"],
        ["4", "1.0000"],
    ]


def test_wrong_thresholds_and_missing_predictions_are_one_sentence(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path / "found", "a", 9)
    write(tmp_path / "truth", "b", 5)
    missing = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert missing.code == 2
    assert "1 of 1 truths have no prediction, the first is b" in missing.err
    wrong = run("evaluate", tmp_path / "found", tmp_path / "truth", "--threshold", "50")
    assert wrong.code == 2
    assert "threshold: got 50, expected a probability in [0, 1]" in wrong.err
