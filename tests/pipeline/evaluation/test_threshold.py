from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import dataset, line, soft, write

from crackgauge.errors import DatasetError, UsageError
from crackgauge.images import read_image
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import evaluate, predict
from crackgauge.pipeline.evaluation.threshold import read_choice


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """A dataset whose validation wants the weak row, whose test does not; and soft predictions."""
    dataset(
        tmp_path / "set",
        val={"v": line(5, 12)},
        test={"a": line(5)},
    )
    for name in ("v", "a"):
        write(tmp_path / "found", f"{name}.npy", soft(5, 12))
    return tmp_path


def test_from_the_metrics_of_an_earlier_evaluation(scored: Path) -> None:
    root, found = scored / "set", scored / "found"
    earlier = evaluate(found, root, scored / "val_scores", split="val")
    for place in (scored / "val_scores", scored / "val_scores/metrics.json"):
        report = evaluate(found, root, split="test", threshold_from=place)
        assert report.evaluation.threshold == earlier.scores["ods@2px"].threshold
        source = report.evaluation.threshold_source
        assert source.words.endswith("metrics.json (1 image), best pooled F1 at 2 px")
        assert not source.evaluated_set


def test_metrics_of_the_scored_images_are_refused(scored: Path) -> None:
    root, found = scored / "set", scored / "found"
    evaluate(found, root, scored / "all_scores")
    with pytest.raises(UsageError, match="1 of its images are scored, the first is a"):
        evaluate(found, root, split="test", threshold_from=scored / "all_scores")


def test_an_image_is_known_under_another_name(scored: Path) -> None:
    evaluate(scored / "found", scored / "set", scored / "scores", split="test")
    write(scored / "renamed_truth", "z.png", line(5))
    write(scored / "renamed", "z.npy", soft(5, 12))
    with pytest.raises(UsageError, match="1 of its images are scored, the first is z"):
        evaluate(scored / "renamed", scored / "renamed_truth", threshold_from=scored / "scores")


def test_one_name_in_two_sets_is_no_overlap(scored: Path) -> None:
    write(scored / "other_truth", "a.png", line(7))
    evaluate(scored / "found", scored / "other_truth", scored / "scores")
    report = evaluate(
        scored / "found", scored / "set", split="test", threshold_from=scored / "scores"
    )
    assert not report.evaluation.threshold_source.evaluated_set


@pytest.mark.parametrize("split", ["test", None])
def test_a_split_of_the_scored_images_is_refused(scored: Path, split: str | None) -> None:
    name = "test" if split else "val"
    with pytest.raises(UsageError, match="of its images are scored"):
        evaluate(scored / "found", scored / "set", split=split, threshold_from=name)


def test_a_split_that_holds_a_scored_image_under_another_name_is_refused(scored: Path) -> None:
    write(scored / "set/masks", "v.png", line(5))  # the truth of a
    with pytest.raises(UsageError, match="threshold-from set val: 1 of its images are scored"):
        evaluate(scored / "found", scored / "set", split="test", threshold_from="val")


def two_splits_of_one_name(tmp_path: Path) -> Path:
    for split, row in (("val", 7), ("test", 5)):
        write(tmp_path / "set" / split / "masks", "001.png", line(row))
        write(tmp_path / "set" / split / "images", "001.png", np.full((20, 10, 3), 99, np.uint8))
    write(tmp_path / "found", "001.npy", soft(5, 12))
    return tmp_path / "set"


def test_one_prediction_is_not_taken_for_two_images(tmp_path: Path) -> None:
    root = two_splits_of_one_name(tmp_path)
    with pytest.raises(UsageError, match="001 is the name of an image that is scored and of one"):
        evaluate(tmp_path / "found", root, split="test", threshold_from="val")
    with pytest.raises(DatasetError, match="have the same name, so that predictions cannot"):
        evaluate(tmp_path / "found", root)
    assert evaluate(tmp_path / "found", root, split="test").evaluation.names == ("001",)


def test_a_choice_without_a_crack_is_none(scored: Path) -> None:
    nothing = line()
    write(scored / "no_truth", "a.png", nothing)
    found = scored / "found"
    evaluate(found, scored / "no_truth", scored / "scores", threshold=0.5)
    with pytest.raises(UsageError, match="none of its truths holds a crack"):
        evaluate(found, scored / "set", split="test", threshold_from=scored / "scores")
    with pytest.raises(UsageError, match="none is better than another"):
        evaluate(found, scored / "no_truth")


def test_neither_a_split_nor_a_file(scored: Path) -> None:
    with pytest.raises(UsageError, match=r"--threshold-from vla: .*it has: test, val"):
        evaluate(scored / "found", scored / "set", split="test", threshold_from="vla")


def test_other_files_are_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    for text in ("no json", "[]", "{}", '{"inputs": {"images": [1]}}'):
        path.write_text(text)
        with pytest.raises(UsageError, match=r"is no metrics\.json that"):
            read_choice(path)
    path.write_text(json.dumps({"inputs": {"images": {"a": "1"}}, "f1@2px": {}}))
    with pytest.raises(UsageError, match="has no ods@2px with a threshold"):
        read_choice(path)


def test_a_model_chooses_on_a_split(tmp_path: Path, predictor: Predictor) -> None:
    truth = line(29, 30, 31, height=64, width=96)
    # One photo twice, but for a pixel of its truth: what is best on the one is so on the other.
    almost = truth.copy()
    almost[29, 0] = False
    root = dataset(tmp_path / "set", val={"v": almost}, test={"a": truth})
    write(root / "images", "v.png", read_image(root / "images/a.png"))
    report = evaluate(model=predictor, data=root, split="test", threshold_from="val")
    assert report.evaluation.threshold_source.words.startswith("set val (1 image)")
    assert report.scores["f1@2px"].value == report.scores["ods@2px"].value


def test_without_2_px_among_the_tolerances(scored: Path) -> None:
    report = evaluate(
        scored / "found", scored / "set", scored / "scores", split="test", tolerances_px=(0,)
    )
    assert report.evaluation.threshold_source.evaluated_set
    assert (scored / "scores/worst.png").is_file()
    with pytest.raises(UsageError, match="with the tolerance of 2 px"):
        evaluate(scored / "found", scored / "set", split="val", threshold_from=scored / "scores")


@pytest.mark.parametrize(("split", "marked"), [("val", True), ("test", False)])
def test_a_models_own_threshold_may_come_from_a_val_split(
    tmp_path: Path, predictor: Predictor, split: str, marked: bool
) -> None:
    root = dataset(tmp_path / "set", val={"v": line(5)}, test={"a": line(5)})
    report = evaluate(model=predictor, data=root, split=split)
    source = report.evaluation.threshold_source
    assert source.evaluated_set is marked
    assert source.words.endswith("perhaps on these very images") is marked
    assert not evaluate(
        model=predictor, data=root, split="val", threshold=0.5
    ).evaluation.threshold_source.evaluated_set


def test_predict_records_where_its_threshold_comes_from(
    tmp_path: Path, predictor: Predictor
) -> None:
    root = dataset(tmp_path / "set", val={"v": line(5)}, test={"a": line(5)})
    for threshold, words in ((None, "the model's own"), (0.5, "given")):
        out = tmp_path / words
        predict(root / "images", out, model=predictor, threshold=threshold)
        source = evaluate(out, root, split="val").evaluation.threshold_source
        assert source.words.startswith(f"recorded by crackgauge predict in run.json: {words}")
        assert source.evaluated_set is (threshold is None)
