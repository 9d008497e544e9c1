from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import line, soft, write

from crackgauge.errors import DatasetError, UsageError
from crackgauge.pipeline import evaluate


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return write(tmp_path / "truth", "a.png", line(5)).parent


def test_numbers_that_could_mean_several_things_are_refused(tmp_path: Path, truth: Path) -> None:
    steps = (soft(5, 12) * 255).astype(np.uint8)
    found = write(tmp_path / "found", "a.png", steps).parent
    with pytest.raises(UsageError, match=r"a\.png: holds uint8 values 12, 102, 204.*several"):
        evaluate(found, truth)
    report = evaluate(found, truth, predictions_are="probabilities-255", threshold=0.5)
    assert report.scores["f1@0px"].value == 1.0
    read = report.inputs["predictions"]
    assert (read["read_as"], read["read_as_because"]) == ("probabilities-255", "it was asked for")
    assert (read["lowest_stored"], read["highest_stored"]) == (12, 204)


def test_logits(tmp_path: Path, truth: Path) -> None:
    found = write(tmp_path / "found", "a.npy", np.where(line(5), 3.0, -3.0)).parent
    with pytest.raises(UsageError, match="--predictions-are logits"):
        evaluate(found, truth)
    report = evaluate(found, truth, predictions_are="logits", threshold=0.95)
    assert report.scores["f1@0px"].value == 1.0  # sigmoid(3) = 0.953


def test_a_mixture_of_kinds(tmp_path: Path, truth: Path) -> None:
    write(truth, "b.png", line(5))
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "found", "b.npy", soft(5, 12))
    with pytest.raises(UsageError, match=r"different kinds: .*a\.png holds .*b\.npy holds"):
        evaluate(tmp_path / "found", truth)


def test_what_is_not_scored_is_not_read(tmp_path: Path, truth: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "found", "stranger.png", (soft(5, 12) * 255).astype(np.uint8))
    assert evaluate(tmp_path / "found", truth).without_truth == ("stranger",)


def test_objects_are_never_loaded(tmp_path: Path, truth: Path) -> None:
    (tmp_path / "found").mkdir()
    np.save(tmp_path / "found/a.npy", np.array([[{}]], object), allow_pickle=True)
    with pytest.raises(DatasetError, match=r"never loaded.*nothing was scored"):
        evaluate(tmp_path / "found", truth)


@pytest.mark.parametrize(
    ("height", "width", "relation"),
    [
        (10, 5, "exactly half of it"),
        (40, 20, "exactly double"),
        (10, 20, "height and width are swapped"),
        (21, 10, "expected|predict at"),
    ],
)
def test_sizes_must_agree(
    tmp_path: Path, truth: Path, height: int, width: int, relation: str
) -> None:
    found = write(tmp_path / "found", "a.png", line(2, height=height, width=width)).parent
    sizes = rf"a\.png is {width} x {height} px and its truth .*a\.png is 10 x 20 px .*{relation}"
    with pytest.raises(UsageError, match=sizes):
        evaluate(found, truth)


def test_a_resize_is_asked_for_and_recorded(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth", "a.png", line(4, 5)).parent
    found = write(tmp_path / "found", "a.png", line(2, height=10, width=5)).parent
    report = evaluate(found, truth, resize_predictions="nearest")
    assert report.scores["f1@0px"].value == 1.0
    read = report.inputs["predictions"]
    assert (read["resized"], read["resize_method"]) == (1, "nearest")
    assert read["resized_from"] == {"5 x 10": 1}
    with pytest.raises(UsageError, match="got 'cubic', expected one of nearest, bilinear"):
        evaluate(found, truth, resize_predictions="cubic")


def test_a_turned_prediction_is_never_squeezed(tmp_path: Path, truth: Path) -> None:
    found = write(tmp_path / "found", "a.png", line(2, height=10, width=20)).parent
    with pytest.raises(UsageError, match="swapped: turn one of them"):
        evaluate(found, truth, resize_predictions="nearest")


def test_two_predictions_of_one_name(tmp_path: Path, truth: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "found", "a.bmp", line(5))
    with pytest.raises(DatasetError, match="same name but for the suffix"):
        evaluate(tmp_path / "found", truth)


def test_the_room_that_is_asked_for(tmp_path: Path, truth: Path) -> None:
    write(tmp_path / "out/masks", "a.png", line(5))
    with pytest.raises(UsageError, match="holds no probabilities/"):
        evaluate(tmp_path / "out", truth, predictions_are="logits")
    write(tmp_path / "out/probabilities", "a.png", (soft(5, 12) * 65535).astype(np.uint16))
    named = evaluate(tmp_path / "out", truth, predictions_are="probabilities", threshold=0.5)
    assert named.inputs["predictions"]["read_as"] == "probabilities-65535"
    with pytest.raises(UsageError, match="masks have no threshold"):
        evaluate(tmp_path / "out", truth, predictions_are="masks", threshold=0.5)


def test_probabilities_without_masks_need_no_threshold(tmp_path: Path, truth: Path) -> None:
    write(tmp_path / "out/probabilities", "a.png", (soft(5, 12) * 65535).astype(np.uint16))
    assert evaluate(tmp_path / "out", truth).evaluation.threshold_source.evaluated_set


def test_a_run_file_of_another_program_says_nothing(tmp_path: Path, truth: Path) -> None:
    write(tmp_path / "out/masks", "a.png", line(5))
    write(tmp_path / "out/probabilities", "a.tif", soft(5, 12))
    for text in ('{"command": "predict", "threshold": 7}', '{"threshold": 0.4}', "[]", "no json"):
        (tmp_path / "out/run.json").write_text(text)
        assert evaluate(tmp_path / "out", truth).evaluation.threshold is None


def test_empty_folders_and_lists(tmp_path: Path, truth: Path) -> None:
    (tmp_path / "found").mkdir()
    with pytest.raises(UsageError, match="holds no prediction"):
        evaluate(tmp_path / "found", truth)
    (tmp_path / "list.txt").write_text("gone.png\n")
    with pytest.raises(DatasetError, match=r"1 of 1 files are not there, the first is .*gone\.png"):
        evaluate(tmp_path / "list.txt", truth)
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(DatasetError, match="names no file"):
        evaluate(tmp_path / "list.txt", truth)


def test_a_jpeg_mask_is_read_when_it_is_named(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth", "a.png", line(*range(20, 28), height=64, width=64)).parent
    folder = tmp_path / "found"
    folder.mkdir()
    drawn = line(*range(20, 28), height=64, width=64).astype(np.uint8) * 255
    cv2.imwrite(str(folder / "a.jpg"), drawn, [cv2.IMWRITE_JPEG_QUALITY, 70])
    with pytest.raises(UsageError, match="several things"):
        evaluate(folder, truth)
    assert evaluate(folder, truth, predictions_are="masks").scores["f1@0px"].value == 1.0
