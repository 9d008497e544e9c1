from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import crackgauge
from crackgauge.pipeline import checkup


@pytest.fixture
def default_model(monkeypatch: pytest.MonkeyPatch, contrast_model: Path) -> None:
    """The tiny model in place of the embedded one, so that the answer is known."""
    monkeypatch.setattr("crackgauge.inference.predictor._default_model", lambda: contrast_model)


@pytest.mark.usefixtures("default_model")
def test_all_is_in_order(run: Callable[..., Any]) -> None:
    answer = run("doctor")
    assert answer.code == 0
    assert all(line.startswith("ok ") for line in answer.out.splitlines())
    assert f"crackgauge         {crackgauge.__version__}, Python 3." in answer.out
    assert "contrast, 244 parameters, runs on onnxruntime" in answer.out
    assert "GiB free" in answer.out


def test_a_default_model_that_does_not_load_is_told(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "crackgauge.inference.predictor._default_model", lambda: tmp_path / "gone.onnx"
    )
    answer = run("doctor")
    assert answer.code == 2
    assert "BAD  default model" in answer.out
    assert "not in order: default model" in answer.err


@pytest.mark.usefixtures("default_model")
def test_an_extra_that_is_not_installed_is_told_with_what_needs_it(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(checkup._EXTRAS, "trace", ("not_there", "crackgauge trace"))
    answer = run("doctor")
    assert answer.code == 0
    assert 'crackgauge trace needs pip install "crackgauge[trace]"' in answer.out
    assert f"pdf (weasyprint {version('weasyprint')})" in answer.out
