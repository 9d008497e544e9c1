from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from crackgauge.errors import CrackgaugeError, DatasetError, UsageError
from crackgauge.pipeline import evaluate


def write(folder: Path, name: str, row: int, *, value: int = 255, height: int = 20) -> None:
    """A mask of 10 pixels in one row of a 20 x 10 image."""
    folder.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((height, 10), np.uint8)
    mask[row] = value
    cv2.imwrite(str(folder / name), mask)


def test_scores_are_pooled_over_the_images(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", 5)  # exact
    write(tmp_path / "found", "b.png", 9)  # 4 px off
    for name in ("a.png", "b.png"):
        write(tmp_path / "truth", name, 5)
    report = evaluate(tmp_path / "found", tmp_path / "truth", tmp_path / "scores")
    assert [report.scores.pooled(px).f1 for px in (0, 2, 5)] == [0.5, 0.5, 1.0]
    stored = json.loads((tmp_path / "scores/metrics.json").read_text())
    assert stored["images"] == 2
    assert stored["metrics"]["f1@2px"]["value"] == 0.5
    with (tmp_path / "scores/per_image.csv").open() as stream:
        rows = {row["image"]: row for row in csv.DictReader(stream)}
    assert [rows[name]["f1@2px"] for name in ("a", "b")] == ["1.000000", "0.000000"]


def test_what_predict_wrote_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "out/masks", "a.png", 5)
    write(tmp_path / "truth", "a.bmp", 5)
    report = evaluate(tmp_path / "out", tmp_path / "truth")
    assert report.scores.pooled(0).f1 == 1.0
    assert report.predictions == tmp_path / "out/masks"


def test_a_threshold_reads_probabilities(tmp_path: Path) -> None:
    folder = tmp_path / "out/probabilities"
    folder.mkdir(parents=True)
    steps = np.zeros((20, 10), np.uint16)
    steps[5], steps[12] = 40_000, 20_000  # 0.61 and 0.31
    cv2.imwrite(str(folder / "a.png"), steps)
    write(tmp_path / "truth", "a.png", 5)
    high = evaluate(tmp_path / "out", tmp_path / "truth", threshold=0.5).scores.pooled(0)
    low = evaluate(tmp_path / "out", tmp_path / "truth", threshold=0.3).scores.pooled(0)
    assert (high.precision, high.recall) == (1.0, 1.0)
    assert (low.precision, low.recall) == (0.5, 1.0)


def test_a_split_of_a_dataset(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "set/images", f"{name}.png", 1)
        write(tmp_path / "set/masks", f"{name}.png", 5)
        write(tmp_path / "found", f"{name}.png", 5 if name == "a" else 15)
    (tmp_path / "set/train.txt").write_text("b\n")
    (tmp_path / "set/test.txt").write_text("a\n")
    report = evaluate(tmp_path / "found", tmp_path / "set", split="test")
    assert report.scores.pooled(0).f1 == 1.0
    assert report.without_truth == ["b"]


def test_the_encoding_of_the_truths_is_stated(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", 5)
    write(tmp_path / "truth", "a.png", 5, value=1)
    report = evaluate(tmp_path / "found", tmp_path / "truth")
    assert report.scores.pooled(0).f1 == 1.0
    assert sum(report.truth_rules.values()) == 1


def test_a_truth_without_a_prediction_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", 5)
    write(tmp_path / "truth", "a.png", 5)
    write(tmp_path / "truth", "b.png", 5)
    with pytest.raises(DatasetError, match="1 of 2 truths have no prediction, the first is b"):
        evaluate(tmp_path / "found", tmp_path / "truth", tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_sizes_must_agree(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", 5)
    write(tmp_path / "truth", "a.png", 5, height=21)
    with pytest.raises(UsageError, match=r"prediction of a is 20x10 and truth of a is 21x10"):
        evaluate(tmp_path / "found", tmp_path / "truth")


def test_a_prediction_that_cannot_be_read_is_no_score(tmp_path: Path) -> None:
    write(tmp_path / "truth", "a.png", 5)
    (tmp_path / "found").mkdir()
    (tmp_path / "found/a.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"a\.png: empty: .*nothing was scored"):
        evaluate(tmp_path / "found", tmp_path / "truth")


def test_two_predictions_of_one_name(tmp_path: Path) -> None:
    write(tmp_path / "truth", "a.png", 5)
    write(tmp_path / "found", "a.png", 5)
    write(tmp_path / "found", "a.bmp", 5)
    with pytest.raises(DatasetError, match="same name but for the suffix"):
        evaluate(tmp_path / "found", tmp_path / "truth")


@pytest.mark.parametrize("missing", ["found", "truth"])
def test_folders_that_are_not_there(tmp_path: Path, missing: str) -> None:
    for name in {"found", "truth"} - {missing}:
        write(tmp_path / name, "a.png", 5)
    with pytest.raises(CrackgaugeError, match=missing):
        evaluate(tmp_path / "found", tmp_path / "truth")


@pytest.mark.data
def test_the_truths_of_crackforest_against_themselves(data_dir: Path) -> None:
    report = evaluate(data_dir / "cfd/groundTruth", data_dir / "cfd", split="test")
    assert len(report.scores.images) == 46
    assert report.scores.pooled(0).f1 == 1.0
    assert len(report.without_truth) == 72
