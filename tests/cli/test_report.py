from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def survey(run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path) -> Path:
    out = tmp_path / "survey"
    assert run("inspect", photos(2), "-o", out, "-m", contrast_model, "-f", "csv").code == 0
    return out


def test_a_survey_is_reported(run: Run, survey: Path) -> None:
    assert not (survey / "report.html").exists()
    answer = run("report", survey, "--formats", "html,dxf")
    assert answer.code == 0
    assert answer.out == f"3 files\n{survey / 'report.html'}\n"
    assert (survey / "dxf/000.dxf").is_file()


def test_into_another_folder(run: Run, survey: Path, tmp_path: Path) -> None:
    answer = run("report", survey, "--formats", "xlsx", "--out", tmp_path / "client")
    assert answer.out == f"1 file\n{tmp_path / 'client'}\n"
    assert run("report", survey, "-f", "csv", "-o", tmp_path / "client", "--quiet").out == ""


def test_wrong_use_is_one_sentence(run: Run, survey: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ((survey, "--formats", "dfx"), "did you mean dxf"),
        ((survey, "--formats", "geotiff"), "is a GeoTIFF with a place"),
        ((tmp_path / "nothing",), "does not exist"),
    ):
        answer = run("report", *arguments)
        assert answer.code == 2
        assert words in answer.err
        assert answer.err.count("\n") == 1


def test_a_mask_that_is_gone_is_an_input_set_aside(run: Run, survey: Path) -> None:
    (survey / "masks/000.png").unlink()
    answer = run("report", survey, "--formats", "coco")
    assert answer.code == 3
    assert "missing" in answer.err


def test_inspect_refuses_an_unknown_format_before_it_reads_a_photo(
    run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    answer = run("inspect", photos(1), "-o", tmp_path / "o", "-m", contrast_model, "-f", "docx")
    assert answer.code == 2
    assert "format 'docx' is unknown" in answer.err
    assert not (tmp_path / "o").exists()
