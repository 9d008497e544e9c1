from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("run_name", "file", "words"),
    [
        ("run", "model.pt", "got the suffix '.pt', expected .onnx"),
        ("nowhere", "model.onnx", "is no folder, expected the folder of a training"),
        ("run", "model.onnx", "has no recipe.yaml"),
    ],
)
def test_what_is_no_training_is_refused(
    run: Callable[..., Any], tmp_path: Path, run_name: str, file: str, words: str
) -> None:
    (tmp_path / "run").mkdir()
    answer = run("export", tmp_path / run_name, tmp_path / file)
    assert answer.code == 2
    assert words in answer.err
    assert not (tmp_path / file).exists()
