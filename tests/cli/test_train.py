from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from crackgauge.recipes import load_recipe


def test_a_dry_run_prints_the_recipe_and_its_parameters(run: Callable[..., Any]) -> None:
    answer = run("train", "attention-unet", "epochs=7", "--dry-run")
    assert answer.code == 0
    assert answer.err == ""
    assert "epochs: 7\n" in answer.out
    assert answer.out.endswith("# parameters: 1,049,031\n")


def test_what_a_dry_run_prints_is_a_recipe(run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run("train", "attention-unet-fast", "batch=3", "--dry-run").out
    (tmp_path / "mine.yaml").write_text(printed)
    assert load_recipe(tmp_path / "mine.yaml") == load_recipe("attention-unet-fast", ["batch=3"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["attention-unet-fats"], "did you mean 'attention-unet-fast'?"),
        (["attention-unet", "epohcs=7"], "did you mean 'epochs'?"),
        (["attention-unet", "epochs=none"], "epochs: got 'none'"),
        (["attention-unet"], "say where it is with --data DIR"),
        (["attention-unet", "--data", "nowhere"], "nowhere"),
    ],
)
def test_wrong_use_is_one_sentence(
    run: Callable[..., Any],
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run("train", *arguments, "--quiet")
    assert answer.code == 2
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1


def test_without_torch_the_extra_is_named(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("crackgauge.pipeline.training.missing_for_training", lambda: ["torch"])
    answer = run("train", "attention-unet", "--data", tmp_path)
    assert answer.code == 2
    assert 'run: pip install "crackgauge[train]"' in answer.err


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four bright images with a dark line each."""
    for room in ("images", "masks"):
        (tmp_path / "dataset" / room).mkdir(parents=True)
    for number in range(4):
        mask = np.zeros((64, 64), np.uint8)
        mask[20 + number : 23 + number] = 255
        image = np.where(mask[..., None] > 0, 60, 180) * np.ones(3)
        cv2.imwrite(str(tmp_path / f"dataset/images/{number}.png"), image.astype(np.uint8))
        cv2.imwrite(str(tmp_path / f"dataset/masks/{number}.png"), mask)
    return tmp_path / "dataset"


TINY = [
    "epochs=1",
    "batch=2",
    "precision=fp32",
    "threads=1",
    "sampling.patch_px=48",
    "sampling.count=2",
    "validation.holdback=0.25",
    "network.options.filters=[2,2,2,2]",
]


def test_train_export_predict(run: Callable[..., Any], dataset: Path, tmp_path: Path) -> None:
    model, folder = tmp_path / "mine.onnx", tmp_path / "run"
    options = ["--data", dataset, "--out", folder, "--device", "cpu", "--quiet"]
    trained = run("train", "attention-unet-fast", *TINY, *options)
    assert (trained.code, trained.err) == (0, "")
    again = run("train", "attention-unet-fast", *TINY, *options)
    assert again.code == 2
    assert "--resume" in again.err
    exported = run("export", folder, model)
    assert exported.code == 0
    assert exported.out.startswith(f"{model}: attention-unet, ")
    predicted = run("predict", dataset / "images", "--out", tmp_path / "out", "--model", model)
    assert predicted.out.startswith("4 done\n")
