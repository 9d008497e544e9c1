from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def survey(run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path) -> Path:
    out = tmp_path / "survey"
    assert run("inspect", photos(2), "-o", out, "-m", contrast_model).code == 0
    return out


def test_a_place_that_did_not_change(run: Run, survey: Path, tmp_path: Path) -> None:
    answer = run("compare", survey, survey, "--out", tmp_path / "change", "--register", "none")
    assert answer.code == 0
    assert answer.out == f"2 pairs of images: 2 unchanged\n{tmp_path / 'change/comparison.html'}\n"
    assert len((tmp_path / "change/changes.csv").read_text().splitlines()) == 3
    assert (
        run("compare", survey, survey, "-o", tmp_path / "c", "--register", "none", "-q").out == ""
    )


def test_wrong_use_is_one_sentence(run: Run, survey: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ((survey, tmp_path / "nothing"), "does not exist"),
        ((survey, survey, "--register", "hand"), "'hand' is not one of"),
        ((survey, survey, "--register", "map"), "reference systems are none and none"),
    ):
        answer = run("compare", *arguments, "-o", tmp_path / "out")
        assert answer.code == 2
        assert words in answer.err
        assert answer.err.count("crackgauge: error") == 1
