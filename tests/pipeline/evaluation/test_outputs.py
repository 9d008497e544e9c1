from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import dataset, line, soft, write

from crackgauge.pipeline import evaluate

ALWAYS = ["metrics.json", "per_image.csv", "worst.png"]
CURVES = ["iou_threshold.png", "precision_recall.png", "reliability.png"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_masks_leave_figures_and_pictures_of_the_worst(tmp_path: Path) -> None:
    for name, row in (("b", 5), ("a", 9)):
        write(tmp_path / "found", f"{name}.png", line(row))
        write(tmp_path / "truth", f"{name}.png", line(5))
    evaluate(tmp_path / "found", tmp_path / "truth", tmp_path / "scores")
    assert names(tmp_path / "scores") == ALWAYS
    stored = json.loads((tmp_path / "scores/metrics.json").read_text())
    assert stored["inputs"]["truths"]["read_as"] == {"0/255": 2}
    assert set(stored["inputs"]["images"]) == {"a", "b"}
    entry = stored["f1@2px"]
    assert (entry["value"], entry["tolerance"], entry["tolerance_unit"]) == (0.5, 2, "px")
    assert {"definition", "pooling", "threshold", "threshold_source"} <= entry.keys()
    assert stored["false_positive_image_rate"]["value"] is None
    with (tmp_path / "scores/per_image.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["image"], row["f1@2px"]) for row in rows] == [
        ("a", "0.000000"),
        ("b", "1.000000"),
    ]
    assert rows[0]["threshold"] == ""


def test_probabilities_leave_curves_too(tmp_path: Path) -> None:
    root = dataset(tmp_path / "set", test={"a": line(5)})
    write(tmp_path / "found", "a.npy", soft(5, 12))
    evaluate(tmp_path / "found", root, tmp_path / "scores", threshold=0.3)
    assert names(tmp_path / "scores") == sorted(ALWAYS + CURVES)
    for name in [*CURVES, "worst.png"]:
        assert cv2.imread(str(tmp_path / "scores" / name)) is not None
    with (tmp_path / "scores/per_image.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["threshold"], row["threshold_source"]) == ("0.3", "given")


def test_every_picture_says_that_the_threshold_was_chosen_here(tmp_path: Path) -> None:
    """The same scores with the threshold given draw the same picture but for that line."""
    write(tmp_path / "found", "a.npy", soft(5, 12))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    chosen = evaluate(tmp_path / "found", truth, tmp_path / "chosen").evaluation.threshold
    evaluate(tmp_path / "found", truth, tmp_path / "given", threshold=chosen)
    for name in [*CURVES, "worst.png"]:
        pictures = [(tmp_path / out / name).read_bytes() for out in ("chosen", "given")]
        assert pictures[0] != pictures[1]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.npy", soft(5, 12))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    for out in ("first", "second"):
        evaluate(tmp_path / "found", truth, tmp_path / out)
    for name in names(tmp_path / "first"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_files_of_an_earlier_evaluation_do_not_stay(tmp_path: Path) -> None:
    write(tmp_path / "soft", "a.npy", soft(5, 12))
    write(tmp_path / "hard", "a.png", line(5))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    evaluate(tmp_path / "soft", truth, tmp_path / "scores")
    (tmp_path / "scores/notes.txt").write_text("mine")
    evaluate(tmp_path / "hard", truth, tmp_path / "scores", worst=0)
    assert names(tmp_path / "scores") == ["metrics.json", "notes.txt", "per_image.csv"]


@pytest.mark.parametrize(("most", "columns"), [(1, 1), (2, 2)])
def test_the_sheet_holds_as_many_as_are_asked_for(tmp_path: Path, most: int, columns: int) -> None:
    for number in range(3):
        write(tmp_path / "found", f"{number}.png", line(4 + number, height=200, width=200))
        write(tmp_path / "truth", f"{number}.png", line(4, height=200, width=200))
    evaluate(tmp_path / "found", tmp_path / "truth", tmp_path / "scores", worst=most)
    sheet = cv2.imread(str(tmp_path / "scores/worst.png"))
    dark = (sheet == 40).all(axis=2)  # the ground of pictures without a photo
    starts = np.diff((dark.sum(axis=0) > 100).astype(int)) == 1
    assert int(starts.sum()) == columns
