from __future__ import annotations

import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Answer


def test_it_prints_its_address_and_ends_at_ctrl_c(
    start: Callable[..., subprocess.Popen[str]],
    photos: Callable[[int], Path],
    contrast_model: Path,
    tmp_path: Path,
):
    project = tmp_path / "project"
    process = start(
        ["serve", photos(1), "--project", project, "--port", 0, "--model", contrast_model]
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    match = re.search(r"at (http://127\.0\.0\.1:\d+/) ", line)
    assert match, line
    with urllib.request.urlopen(match[1] + "api/project", timeout=30) as answer:
        assert b'"image_count":1' in answer.read()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert (project / "project.sqlite3").is_file()


@pytest.mark.parametrize("token", [None, "too-short"])
def test_other_addresses_need_a_token(
    run: Callable[..., Answer],
    token: str | None,
    contrast_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("CRACKGAUGE_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("CRACKGAUGE_TOKEN", token)
    answer = run("serve", "--project", tmp_path / "p", "--host", "0.0.0.0", "-m", contrast_model)
    assert answer.code == 2
    assert "128" in answer.err
    assert "CRACKGAUGE_TOKEN" in answer.err
    assert token is None or token not in answer.err
    assert not (tmp_path / "p").exists()


def test_a_token_file_that_is_not_there(run: Callable[..., Answer], tmp_path: Path):
    answer = run("serve", "--project", tmp_path / "p", "--token-file", tmp_path / "none")
    assert answer.code == 2
    assert "cannot be read" in answer.err
