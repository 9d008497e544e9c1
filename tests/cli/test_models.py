from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_presets_come_with_parameters(run: Callable[..., Any]) -> None:
    answer = run("models")
    assert answer.code == 0
    assert any(
        line.split()[:3] == ["attention-unet", "1.05", "M"] for line in answer.out.splitlines()
    )
    assert "default (embedded)" in answer.out


def test_model_files_of_a_folder_come_with_parameters_and_licence(
    run: Callable[..., Any], contrast_model: Path, tmp_path: Path
) -> None:
    shutil.copy(contrast_model, tmp_path / "a.onnx")
    (tmp_path / "b.onnx").write_bytes(b"nothing")
    lines = run("models", tmp_path).out.splitlines()
    first = lines.index(f"  {tmp_path / 'a.onnx'}")
    assert lines[first + 1 : first + 4] == [
        "      contrast, 0.00 M parameters",
        "      trained on: none: its weights are written by hand",
        "      licence: Apache-2.0",
    ]
    assert "no ONNX model" in lines[lines.index(f"  {tmp_path / 'b.onnx'}") + 1]


def test_a_folder_without_models(run: Callable[..., Any], tmp_path: Path) -> None:
    answer = run("models", tmp_path)
    assert answer.code == 2
    assert "holds no .onnx file" in answer.err
