from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("inspect", "predict", "evaluate", "train", "export", "models", "doctor", "data")


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    heavy = {"torch", "onnxruntime", "openvino", "pandas", "cv2", "scipy", "skimage", "numpy"}
    code = (
        "import sys\n"
        "from crackgauge.cli.main import run\n"
        "run(['--help'])\n"
        f"print('loaded:', sorted({heavy!r} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
    for command in COMMANDS:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(run: Callable[..., Any], command: str) -> None:
    answer = run(command, "--help")
    assert answer.code == 0
    assert command == "data" or f"crackgauge {command} " in answer.out.split("Examples:")[1] + " "


def test_without_arguments_the_help_is_the_answer(run: Callable[..., Any]) -> None:
    answer = run()
    assert (answer.code, answer.err) == (2, "")
    assert "crackgauge inspect photos/ --mm-per-px 0.21 --out report/" in answer.out


def test_version(run: Callable[..., Any]) -> None:
    import crackgauge

    assert run("--version").out == f"crackgauge {crackgauge.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inspct"], "Did you mean 'inspect'?; see 'crackgauge --help'"),
        (["predict", "photos"], "Missing option '--out'"),
        (["predict", "photos", "--out", "x", "--ouverwrite"], "--overwrite"),
        (["predict", ".", "--out", "x", "--threshold", "much"], "valid number"),
        (["predict", "photos", "--out", "x", "--backend", "tflite"], "'onnxruntime'"),
        (["predict", "a.jpg", "b.jpg", "--out", "x"], "put a pattern such as '*.jpg' in quotes"),
        (["predict", "no-such-folder", "--out", "x"], "no-such-folder: no such file or folder"),
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
    answer = run(*arguments)
    assert answer.code == 2
    assert answer.err.startswith("crackgauge: error: ")
    assert words in " ".join(answer.err.split())
    assert len(answer.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bug_says_that_it_is_one(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("crackgauge.pipeline.catalogue.list_presets", broken)
    answer = run("models")
    assert answer.code == 1
    assert "this is a bug of crackgauge: ZeroDivisionError" in answer.err
    assert "Traceback" not in answer.err
    monkeypatch.setenv("CRACKGAUGE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run("models")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m crackgauge.cli --help | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
