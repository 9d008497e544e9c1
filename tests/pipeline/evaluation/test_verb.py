from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import dataset, line, soft, write

from crackgauge.errors import CrackgaugeError, DatasetError, UsageError
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import ProgressEvent, evaluate


def test_scores_are_pooled_over_the_images(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))  # exact
    write(tmp_path / "found", "b.png", line(9))  # 4 px off
    for name in ("a.png", "b.png"):
        write(tmp_path / "truth", name, line(5))
    report = evaluate(tmp_path / "found", tmp_path / "truth")
    keys = ("f1@0px", "f1@2px", "f1@5px")
    assert [report.scores[key].value for key in keys] == [0.5, 0.5, 1.0]
    assert report.scores["f1@2px"].threshold_source.words == "masks were given"
    assert report.inputs["predictions"]["encodings"] == {"0/255": 2}


def test_a_threshold_takes_the_probabilities_of_predict(tmp_path: Path) -> None:
    write(tmp_path / "out/masks", "a.png", line(5))
    write(tmp_path / "out/probabilities", "a.png", (soft(5, 12) * 65535).astype(np.uint16))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    masks = evaluate(tmp_path / "out", truth)
    assert (masks.inputs["predictions"]["read_as"], masks.scores["f1@0px"].value) == ("masks", 1.0)
    high = evaluate(tmp_path / "out", truth, threshold=0.5).scores
    low = evaluate(tmp_path / "out", truth, threshold=0.3).scores
    assert [high[f"{key}@0px"].value for key in ("precision", "recall")] == [1.0, 1.0]
    assert [low[f"{key}@0px"].value for key in ("precision", "recall")] == [0.5, 1.0]
    assert low["f1@0px"].threshold_source.words == "given"


def test_the_threshold_that_predict_recorded(tmp_path: Path) -> None:
    write(tmp_path / "out/masks", "a.png", line(5))
    write(tmp_path / "out/probabilities", "a.tif", soft(5, 12))
    run = {"command": "predict", "threshold": 0.3, "model": "abc", "source": "/home/somebody"}
    (tmp_path / "out/run.json").write_text(json.dumps(run))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    for root in (tmp_path / "out", tmp_path / "out/probabilities"):
        report = evaluate(root, truth)
        assert report.scores["precision@0px"].value == 0.5
        assert report.evaluation.threshold == 0.3
        words = report.evaluation.threshold_source.words
        assert words == "recorded by crackgauge predict in run.json"
        assert report.inputs["predictions"]["run"] == {
            "command": "predict",
            "model": "abc",
            "threshold": 0.3,
        }
    assert evaluate(tmp_path / "out/masks", truth).evaluation.threshold is None


def test_a_split_of_a_dataset(tmp_path: Path) -> None:
    root = dataset(tmp_path / "set", train={"b": line(5)}, test={"a": line(5)})
    for name, row in (("a", 5), ("b", 15)):
        write(tmp_path / "found", f"{name}.png", line(row))
    report = evaluate(tmp_path / "found", root, split="test")
    assert report.scores["f1@0px"].value == 1.0
    assert report.without_truth == ("b",)
    assert report.truths == "set test"


def test_a_threshold_chosen_on_a_split(tmp_path: Path) -> None:
    # On val the weak row is crack too, so that 0.4 is best; on test it is a false alarm.
    root = dataset(tmp_path / "set", val={"v": line(5, 12)}, test={"a": line(5)})
    for name in ("v", "a"):
        write(tmp_path / "found", f"{name}.npy", soft(5, 12))
    report = evaluate(tmp_path / "found", root, split="test", threshold_from="val")
    assert report.evaluation.threshold is not None
    assert 0.05 < report.evaluation.threshold <= 0.4
    source = report.evaluation.threshold_source
    assert source == ("set val (1 image), best pooled F1 at 2 px", False)
    assert report.scores["precision@0px"].value == 0.5
    assert report.without_truth == ()


def test_a_threshold_chosen_on_the_evaluated_images_is_marked_everywhere(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.npy", soft(5, 12))
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    report = evaluate(tmp_path / "found", truth, tmp_path / "scores")
    assert report.scores["f1@0px"].value == 1.0
    assert report.evaluation.threshold_source.evaluated_set
    stored = json.loads((tmp_path / "scores/metrics.json").read_text())
    for entry in (stored["inputs"], stored["f1@2px"], stored["iou"], stored["ods@2px"]):
        assert entry["threshold_from_evaluated_images"] is True
        assert "evaluated images" in entry["threshold_source"]
    with (tmp_path / "scores/per_image.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert row["threshold_source"].startswith("chosen on the evaluated images themselves")
    assert row["threshold_from_evaluated_images"] == "true"


def test_a_model_on_a_dataset(tmp_path: Path, predictor: Predictor) -> None:
    truth = line(29, 30, 31, height=64, width=96)
    root = dataset(tmp_path / "set", test={"a": truth})
    seen: list[ProgressEvent] = []
    report = evaluate(
        model=predictor, data=root, split="test", out=tmp_path / "scores", progress=seen.append
    )
    expected = predictor.predict(root / "images/a.png") >= predictor.threshold
    assert report.evaluation.pooled(0).predicted == expected.sum()
    assert report.evaluation.threshold_source.words == "the model's own"
    assert report.inputs["predictions"]["sha256"] == predictor.digest
    assert [event[:3] for event in seen] == [(1, 1, "a")]


def test_the_default_model_by_name_against_another_one(
    tmp_path: Path, contrast_model: Path
) -> None:
    truth = line(29, 30, 31, height=64, width=96)
    root = dataset(tmp_path / "set", test=dict.fromkeys("ab", truth))
    report = evaluate(model="default", data=root, split="test", against=contrast_model, threads=1)
    assert report.evaluation.threshold_source.words.startswith("the model's own (best pooled F1")
    assert report.comparison is not None
    assert report.comparison.b == f"model {contrast_model}"


def test_lists_of_predictions_truths_and_pairs(tmp_path: Path) -> None:
    write(tmp_path / "found/x", "a.png", line(5))
    write(tmp_path / "found/y", "a.png", line(9))
    for folder in ("x", "y"):
        write(tmp_path / "truth" / folder, "a.png", line(5))
    (tmp_path / "found.txt").write_text("found/x/a.png\nfound/y/a.png\n")
    (tmp_path / "truth.lst").write_text("truth/x/a.png\ntruth/y/a.png\n")
    (tmp_path / "pairs.csv").write_text(
        "found/x/a.png,truth/y/a.png\nfound/y/a.png,truth/x/a.png\n"
    )
    by_list = evaluate(tmp_path / "found.txt", tmp_path / "truth.lst")
    assert by_list.evaluation.names == ("x/a", "y/a")
    by_folder = evaluate(tmp_path / "found.txt", tmp_path / "truth")
    by_pairs = evaluate(tmp_path / "pairs.csv")
    for report in (by_list, by_folder, by_pairs):
        assert report.scores["f1@0px"].value == 0.5
    with pytest.raises(UsageError, match="lists truths too"):
        evaluate(tmp_path / "pairs.csv", tmp_path / "truth")
    with pytest.raises(UsageError, match="got no TRUTHS"):
        evaluate(tmp_path / "found.txt")


def test_one_file_against_one_file(tmp_path: Path) -> None:
    found = write(tmp_path, "prediction.png", line(5))
    truth = write(tmp_path, "label.png", line(5))
    assert evaluate(found, truth).scores["f1@0px"].value == 1.0


def test_the_encoding_of_the_truths_is_stated_and_can_be_chosen(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    labels = np.where(line(5), 2, np.where(line(12), 3, 0)).astype(np.uint8)
    truth = write(tmp_path / "truth", "a.png", labels).parent
    with pytest.raises(DatasetError, match="bad-encoding"):
        evaluate(tmp_path / "found", truth)
    by_rule = evaluate(tmp_path / "found", truth, truth_rule="nonzero")
    assert (by_rule.truth_rules, by_rule.scores["recall@0px"].value) == ({"nonzero": 1}, 0.5)
    by_label = evaluate(tmp_path / "found", truth, crack_labels=[2])
    assert (by_label.truth_rules, by_label.scores["recall@0px"].value) == ({"labels 2": 1}, 1.0)
    with pytest.raises(UsageError, match="mask rule 'half' is unknown"):
        evaluate(tmp_path / "found", truth, truth_rule="half")


def test_tolerances_of_the_diagonal(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(9, height=40, width=30))  # diagonal 50 px
    truth = write(tmp_path / "truth", "a.png", line(5, height=40, width=30)).parent
    report = evaluate(
        tmp_path / "found", truth, tolerances_px=(3,), tolerances_diagonal=(0.08, 0.07)
    )
    keys = ("f1@3px", "f1@0.08diag", "f1@0.07diag")
    assert [report.scores[key].value for key in keys] == [0.0, 1.0, 0.0]


def test_super_resolved_images(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "truth", "a.png", line(5))
    write(tmp_path / "sr", "a.png", np.full((20, 12, 3), 110, np.uint8))
    write(tmp_path / "hr", "a.png", np.full((20, 12, 3), 100, np.uint8))
    report = evaluate(
        tmp_path / "found",
        tmp_path / "truth",
        images=tmp_path / "sr",
        originals=tmp_path / "hr",
    )
    assert report.scores["psnr"].value == pytest.approx(20 * np.log10(255 / 10))
    assert "psnr" not in evaluate(tmp_path / "found", tmp_path / "truth").scores
    with pytest.raises(UsageError, match="--images and --originals go together"):
        evaluate(tmp_path / "found", tmp_path / "truth", images=tmp_path / "sr")
    write(tmp_path / "truth", "b.png", line(5))
    write(tmp_path / "found", "b.png", line(5))
    with pytest.raises(DatasetError, match="1 of 2 truths have no image there, the first is b"):
        evaluate(
            tmp_path / "found",
            tmp_path / "truth",
            images=tmp_path / "sr",
            originals=tmp_path / "hr",
        )


def test_enlarged_images_of_two_sizes(tmp_path: Path) -> None:
    for folder, height in (("found", 20), ("truth", 20)):
        write(tmp_path / folder, "a.png", line(5, height=height))
    write(tmp_path / "sr", "a.png", np.zeros((20, 10, 3), np.uint8))
    write(tmp_path / "hr", "a.png", np.zeros((40, 10, 3), np.uint8))
    with pytest.raises(UsageError, match=r"10 x 20 px and .* is 10 x 40 px"):
        evaluate(
            tmp_path / "found",
            tmp_path / "truth",
            images=tmp_path / "sr",
            originals=tmp_path / "hr",
        )


def test_source_photos_by_a_pattern(tmp_path: Path) -> None:
    for name in ("p_1", "p_2", "q_1"):
        write(tmp_path / "found", f"{name}.png", line(5))
        write(tmp_path / "truth", f"{name}.png", line(5))
    report = evaluate(tmp_path / "found", tmp_path / "truth", group_pattern=r"^(.)_")
    assert report.evaluation.groups == ("p", "p", "q")
    assert report.inputs["source_photos"] == 2
    with pytest.raises(DatasetError, match="group pattern"):
        evaluate(tmp_path / "found", tmp_path / "truth", group_pattern="z")


def test_a_truth_without_a_prediction_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    for name in ("a.png", "b.png"):
        write(tmp_path / "truth", name, line(5))
    with pytest.raises(DatasetError, match="1 of 2 truths have no prediction, the first is b"):
        evaluate(tmp_path / "found", tmp_path / "truth", tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_a_prediction_that_cannot_be_read_is_no_score(tmp_path: Path) -> None:
    write(tmp_path / "truth", "a.png", line(5))
    (tmp_path / "found").mkdir()
    (tmp_path / "found/a.png").write_bytes(b"")
    for kind in ("auto", "masks"):
        with pytest.raises(DatasetError, match=r"a\.png: empty: .*nothing was scored"):
            evaluate(tmp_path / "found", tmp_path / "truth", predictions_are=kind)


@pytest.mark.parametrize("missing", ["found", "truth"])
def test_folders_that_are_not_there(tmp_path: Path, missing: str) -> None:
    for name in {"found", "truth"} - {missing}:
        write(tmp_path / name, "a.png", line(5))
    with pytest.raises(CrackgaugeError, match=missing):
        evaluate(tmp_path / "found", tmp_path / "truth")


def test_what_does_not_go_together(tmp_path: Path, predictor: Predictor) -> None:
    found = write(tmp_path / "found", "a.png", line(5)).parent
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    refused = {
        "give --model and --data": {"model": predictor},
        "and no PREDICTIONS": {"predictions": found, "model": predictor, "data": truth},
        "or --model and --data": {"predictions": found, "data": truth},
        "give PREDICTIONS and TRUTHS": {"truths": truth},
        "masks have no threshold": {"predictions": found, "truths": truth, "threshold": 0.5},
        "got 50, expected a probability": {
            "predictions": found,
            "truths": truth,
            "threshold": 50,
        },
        "contradict each other": {
            "predictions": found,
            "truths": truth,
            "threshold": 0.5,
            "threshold_from": "val",
        },
        "with predictions, a model with a model": {
            "predictions": found,
            "truths": truth,
            "against": predictor,
        },
        "or give --model": {"predictions": found, "truths": truth, "augmentation": "flips"},
        "--tta and --tile": {"predictions": found, "truths": truth, "tile": 512},
        "expected 0 to 100 pictures": {"predictions": found, "truths": truth, "worst": 101},
        "so it has no split|no images with masks": {
            "predictions": found,
            "truths": truth,
            "split": "test",
        },
    }
    for sentence, options in refused.items():
        with pytest.raises(CrackgaugeError, match=sentence):
            evaluate(**options)  # type: ignore[arg-type]


def test_a_model_needs_photos(tmp_path: Path, predictor: Predictor) -> None:
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    with pytest.raises(DatasetError, match="the photo of a is not known"):
        evaluate(model=predictor, data=truth)
    root = dataset(tmp_path / "set", test={"a": line(5)})
    with pytest.raises(UsageError, match="leave --predictions-are and"):
        evaluate(model=predictor, data=root, predictions_are="logits")
    write(root / "images", "a.png", np.zeros((40, 20, 3), np.uint8))
    with pytest.raises(UsageError, match=r"is 20 x 40 px .* is 10 x 20 px .*exactly double"):
        evaluate(model=predictor, data=root)


def test_nothing_is_written_among_the_inputs(tmp_path: Path) -> None:
    found = write(tmp_path / "found", "a.png", line(5)).parent
    truth = write(tmp_path / "truth", "a.png", line(5)).parent
    for out in (found, truth):
        with pytest.raises(UsageError, match="is a folder of what is scored"):
            evaluate(found, truth, out)
    with pytest.raises(UsageError, match="is a file, expected a folder"):
        evaluate(found, truth, found / "a.png")
    evaluate(found, truth, found / "scores")
    assert evaluate(found, truth, found / "scores").without_truth == ()


@pytest.mark.data
def test_the_truths_of_crackforest_against_themselves(data_dir: Path) -> None:
    report = evaluate(data_dir / "cfd/groundTruth", data_dir / "cfd", split="test")
    assert len(report.evaluation.images) == 46
    assert report.scores["f1@0px"].value == 1.0
    assert len(report.without_truth) == 72
