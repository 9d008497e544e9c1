from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.evaluation.scored_files import dataset, line, soft, write

from crackgauge.errors import UsageError
from crackgauge.pipeline import ProgressEvent, evaluate
from crackgauge.pipeline.evaluation.comparison import Comparison


def two_sides(tmp_path: Path, count: int) -> Path:
    """A is right in every image; B is 4 px off in the odd ones."""
    for number in range(count):
        write(tmp_path / "truth", f"{number:02d}.png", line(5))
        write(tmp_path / "a", f"{number:02d}.png", line(5))
        write(tmp_path / "b", f"{number:02d}.png", line(5 if number % 2 == 0 else 9))
    return tmp_path


def compared(tmp_path: Path, count: int) -> Comparison:
    two_sides(tmp_path, count)
    report = evaluate(
        tmp_path / "a", tmp_path / "truth", tmp_path / "scores", against=tmp_path / "b"
    )
    assert report.comparison is not None
    return report.comparison


def test_hand_made_masks(tmp_path: Path) -> None:
    comparison = compared(tmp_path, 12)
    by_key = {each.key: each for each in comparison.differences}
    f1 = by_key["f1@2px"]
    assert (f1.a, f1.b, f1.difference) == (1.0, 0.5, 0.5)
    assert 0 < f1.low < 0.5 < f1.high < 1
    assert f1.excludes_zero
    wide = by_key["f1@5px"]
    assert (wide.difference, wide.low, wide.high, wide.excludes_zero) == (0, 0, 0, False)
    assert (comparison.groups, comparison.warning) == (12, "")
    stored = json.loads((tmp_path / "scores/comparison.json").read_text())
    assert stored["resamples"] == 2000
    assert stored["differences"]["f1@2px"]["excludes_zero"] is True
    assert stored["differences"]["f1@2px"]["low"] == f1.low
    assert stored["inputs_of_b"]["predictions"]["read_as"] == "masks"


def test_few_source_photos_are_warned_of(tmp_path: Path) -> None:
    comparison = compared(tmp_path, 9)
    assert comparison.warning.startswith("only 9 source photos were drawn from")
    assert comparison.to_json()["few_groups"] is True


def test_crops_of_one_photo_are_drawn_together(tmp_path: Path) -> None:
    two_sides(tmp_path, 12)
    report = evaluate(
        tmp_path / "a",
        tmp_path / "truth",
        against=tmp_path / "b",
        group_pattern=r"^(.)",  # 00 to 09, 10 and 11
    )
    assert report.comparison is not None
    assert report.comparison.groups == 2


def test_one_source_photo_is_too_few(tmp_path: Path) -> None:
    two_sides(tmp_path, 3)
    seen: list[ProgressEvent] = []
    with pytest.raises(UsageError, match="images of 1 source photo, expected 2 or more"):
        evaluate(
            tmp_path / "a",
            tmp_path / "truth",
            against=tmp_path / "b",
            group_pattern="^0",
            progress=seen.append,
        )
    assert not seen  # it is known before anything is predicted


@pytest.mark.parametrize(
    "option",
    [{"against_are": "masks"}, {"against_threshold": 0.5}, {"against_threshold_from": "v"}],
)
def test_options_of_b_need_b(tmp_path: Path, option: dict[str, Any]) -> None:
    two_sides(tmp_path, 2)
    with pytest.raises(UsageError, match="give --against too"):
        evaluate(tmp_path / "a", tmp_path / "truth", **option)


def test_each_side_has_its_own_threshold(tmp_path: Path) -> None:
    root = dataset(
        tmp_path / "set", val={"v": line(5, 6)}, test={name: line(5) for name in ("t", "u")}
    )
    for name in ("v", "t", "u"):
        write(tmp_path / "a", f"{name}.npy", soft(5, 12))
        write(tmp_path / "b", f"{name}.npy", soft(5, 12, high=0.3, low=0.2))
    chosen = evaluate(
        tmp_path / "a", root, split="test", threshold_from="val", against=tmp_path / "b"
    )
    assert chosen.comparison is not None
    thresholds = [chosen.evaluation.threshold, chosen.comparison.evaluation.threshold]
    assert 0.4 < (thresholds[0] or 0) <= 0.8
    assert 0.2 < (thresholds[1] or 0) <= 0.3
    given = evaluate(
        tmp_path / "a",
        root,
        split="test",
        threshold=0.5,
        against=tmp_path / "b",
        against_threshold=0.25,
    )
    assert given.comparison is not None
    assert given.comparison.evaluation.threshold == 0.25
    free = evaluate(tmp_path / "a", root, split="test", against=tmp_path / "b")
    assert free.comparison is not None
    stored = free.comparison.to_json()
    assert stored["inputs_of_b"]["threshold_from_evaluated_images"] is True
    for name in ("threshold_of_a", "threshold_of_b"):
        assert stored[name]["threshold_from_evaluated_images"] is True
    flatters = {
        key: entry["threshold_from_evaluated_images"]
        for key, entry in given.comparison.to_json()["differences"].items()
    }
    assert [flatters[key] for key in ("f1@2px", "ods@2px", "ap@2px")] == [False, True, False]
    assert stored["differences"]["f1@2px"]["threshold_from_evaluated_images"] is True


def test_the_choice_of_a_is_not_that_of_b(tmp_path: Path) -> None:
    root = dataset(
        tmp_path / "set", val={"v": line(7)}, test={name: line(5) for name in ("t", "u")}
    )
    for name in ("v", "t", "u"):
        for side in ("a", "b"):
            write(tmp_path / side, f"{name}.npy", soft(5, 12))
    for side in ("a", "b"):
        evaluate(tmp_path / side, root, tmp_path / f"val_{side}", split="val")
    with pytest.raises(UsageError, match="--against-threshold-from"):
        evaluate(
            tmp_path / "a",
            root,
            split="test",
            threshold_from=tmp_path / "val_a",
            against=tmp_path / "b",
        )
    report = evaluate(
        tmp_path / "a",
        root,
        split="test",
        threshold_from=tmp_path / "val_a",
        against=tmp_path / "b",
        against_threshold_from=tmp_path / "val_b",
    )
    assert report.comparison is not None
    assert "val_b" in report.comparison.evaluation.threshold_source.words


def test_masks_against_probabilities(tmp_path: Path) -> None:
    for name in ("t", "u"):
        write(tmp_path / "truth", f"{name}.png", line(5))
        write(tmp_path / "a", f"{name}.png", line(5))
        write(tmp_path / "b", f"{name}.npy", soft(5, 12) * 10 - 5)
    report = evaluate(
        tmp_path / "a",
        tmp_path / "truth",
        against=tmp_path / "b",
        against_are="logits",
        threshold=0.5,
    )
    assert report.evaluation.threshold is None
    assert report.comparison is not None
    assert report.comparison.evaluation.threshold == 0.5
    assert {each.key for each in report.comparison.differences} == set(report.scores)
