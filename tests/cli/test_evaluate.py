from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.pipeline.evaluation.scored_files import dataset, line, soft, write


def words(text: str) -> list[list[str]]:
    return [row.split() for row in text.splitlines()]


def test_tables_and_files(run: Callable[..., Any], tmp_path: Path) -> None:
    for name, row in (("a", 5), ("b", 9), ("stranger", 9)):
        write(tmp_path / "found", f"{name}.png", line(row))
    for name in ("a", "b"):
        write(tmp_path / "truth", f"{name}.png", line(5))
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", "--out", tmp_path / "scores")
    assert answer.code == 0
    rows = words(answer.out)
    assert rows[0] == ["2", "images", "of", "truth"]
    assert answer.out.splitlines()[1] == f"predictions: {tmp_path / 'found'} (masks)"
    assert rows[2:8] == [
        ["truths", "read", "by", "the", "rule:", "0/255", "(2)"],
        ["threshold:", "none,", "masks", "were", "given"],
        ["tolerance", "precision", "recall", "F1"],
        ["0", "px", "0.5000", "0.5000", "0.5000"],
        ["2", "px", "0.5000", "0.5000", "0.5000"],
        ["5", "px", "1.0000", "1.0000", "1.0000"],
    ]
    assert ["Dice", "0.5000", "0.5000"] in rows
    assert "left out, 1 prediction without a truth: stranger" in answer.out
    assert sorted(path.name for path in (tmp_path / "scores").iterdir()) == [
        "metrics.json",
        "per_image.csv",
        "worst.png",
    ]


def test_tolerances_can_be_chosen(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(9))
    write(tmp_path / "truth", "a.png", line(5))
    chosen = ["--tolerance-px", "3.5", "--tolerance-px", "4", "--tolerance-diagonal", "0.1"]
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", *chosen)
    rows = words(answer.out)[5:8]
    assert [row[:2] for row in rows] == [["3.5", "px"], ["4", "px"], ["0.1", "diagonal"]]
    assert [row[-1] for row in rows] == ["0.0000", "1.0000", "0.0000"]


def test_a_threshold_chosen_on_the_scored_images_is_warned_of(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path / "found", "a.npy", soft(5, 12))
    write(tmp_path / "truth", "a.png", line(5))
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert answer.code == 0
    assert ", chosen on the evaluated images themselves, best pooled F1 at 2 px" in answer.out
    assert "warning: the threshold was chosen on the very images that are scored" in answer.out
    assert "(probabilities), values 0.05 to 0.8" in answer.out
    assert words(answer.out)[5][-3:] == ["ODS", "OIS", "AP"]
    given = run("evaluate", tmp_path / "found", tmp_path / "truth", "--threshold", "0.5")
    assert "threshold: 0.5, given" in given.out
    assert "warning" not in given.out


def test_the_default_model_on_a_dataset(run: Callable[..., Any], tmp_path: Path) -> None:
    root = dataset(
        tmp_path / "set",
        val={"v": line(30, 31, height=64, width=96)},
        test={"a": line(29, 30, height=64, width=96)},
    )
    command = ["evaluate", "--model", "default", "--data", root, "--split", "test"]
    answer = run(*command, "--threshold-from", "val", "--threads", "1", "--out", tmp_path / "out")
    assert answer.code == 0
    assert "predictions: model default" in answer.out
    assert "set val (1 image), best pooled F1 at 2 px" in answer.out
    stored = json.loads((tmp_path / "out/metrics.json").read_text())
    assert stored["inputs"]["predictions"]["architecture"] == "attention-unet"
    assert stored["f1@2px"]["threshold_from_evaluated_images"] is False


def test_what_predict_wrote(run: Callable[..., Any], tmp_path: Path) -> None:
    root = dataset(tmp_path / "set", test={"a": line(29, 30, height=64, width=96)})
    assert run("predict", root / "images", "--out", tmp_path / "out", "--threads", "1").code == 0
    answer = run("evaluate", tmp_path / "out", root, "--split", "test")
    assert answer.code == 0
    assert "(probabilities-65535), values" in answer.out
    assert "recorded by crackgauge predict in run.json" in answer.out


def test_a_comparison(run: Callable[..., Any], tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / "truth", f"{number}.png", line(5))
        write(tmp_path / "a", f"{number}.png", line(5))
        write(tmp_path / "b", f"{number}.png", line(9))
    command = ["evaluate", tmp_path / "a", tmp_path / "truth", "--against", tmp_path / "b"]
    answer = run(*command, "--out", tmp_path / "scores")
    assert answer.code == 0
    assert ["f1@2px", "1.0000", "0.0000", "+1.0000", "+1.0000", "to", "+1.0000", "*"] in words(
        answer.out
    )
    assert "paired bootstrap over 4 source photos; *: the interval excludes 0" in answer.out
    assert "warning: only 4 source photos were drawn from" in answer.out
    assert (tmp_path / "scores/comparison.json").is_file()


def test_a_resize_is_printed(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(2, height=10, width=5))
    write(tmp_path / "truth", "a.png", line(4, 5))
    refused = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert refused.code == 2
    assert "exactly half of it: predict at the truth's size, or use --resize" in refused.err
    resize = ["--resize-predictions", "nearest"]
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", *resize)
    assert "1 resized (nearest) from 5 x 10" in answer.out


def test_images_without_a_crack_are_counted(run: Callable[..., Any], tmp_path: Path) -> None:
    for name, truth in (("a", line(5)), ("b", line())):
        write(tmp_path / "found", f"{name}.png", line(5))
        write(tmp_path / "truth", f"{name}.png", truth)
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert answer.out.startswith("2 images of truth, 1 of them without a crack\n")


def test_an_infinite_psnr_is_shown(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "truth", "a.png", line(5))
    write(tmp_path / "same", "a.png", np.full((20, 12, 3), 99, np.uint8))
    same = tmp_path / "same"
    answer = run(
        "evaluate", tmp_path / "found", tmp_path / "truth", "--images", same, "--originals", same
    )
    assert ["PSNR,", "dB", "inf"] in words(answer.out)


def test_quiet_prints_nothing(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "truth", "a.png", line(5))
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth", "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_wrong_use_is_one_sentence(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(9))
    write(tmp_path / "truth", "b.png", line(5))
    steps = (soft(5, 12) * 255).astype(np.uint8)
    write(tmp_path / "steps", "b.png", steps)
    found, truth = tmp_path / "found", tmp_path / "truth"
    for sentence, command in {
        "1 of 1 truths have no prediction, the first is b": [found, truth],
        "got 50, expected a probability in [0, 1]": [found, truth, "--threshold", "50"],
        "--predictions-are probabilities-255 or": [tmp_path / "steps", truth],
        "give PREDICTIONS and TRUTHS, or --model and --data": [],
        "a model is scored on a dataset": ["--model", "default"],
        "'--predictions-are'": [found, truth, "--predictions-are", "percent"],
        "'--worst'": [found, truth, "--worst", "101"],
    }.items():
        answer = run("evaluate", *command)
        assert answer.code == 2
        assert sentence in answer.err
        assert answer.err.startswith("crackgauge: error: ")
        assert answer.err.count("\n") == 1


def test_names_cannot_write_to_the_terminal(run: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "found", "a.png", line(5))
    write(tmp_path / "found", "b\x1b[31m.png", line(5))
    write(tmp_path / "truth", "a.png", line(5))
    answer = run("evaluate", tmp_path / "found", tmp_path / "truth")
    assert "\x1b" not in answer.out
    assert r"b\x1b[31m" in answer.out
