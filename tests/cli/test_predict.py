from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crackgauge.cli.main import run as run_command

Run = Callable[..., Any]


def tree(out: Path) -> dict[str, bytes]:
    """Every file of a run but the one that holds times."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "timings.csv"
    }


def test_a_folder_in_a_folder_out(
    run: Run, photos: Callable[..., Path], contrast_model: Path, tmp_path: Path
) -> None:
    source = photos(3)
    answer = run("predict", source, "--out", tmp_path / "out", "--model", contrast_model)
    assert answer.code == 0
    assert answer.out == f"3 done\n{tmp_path / 'out/masks'}\n"
    assert answer.err.splitlines() == ["3 images", "3 of 3: 002.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".lock",
        ".state",
        "masks",
        "probabilities",
        "run.json",
        "set_aside.csv",
        "timings.csv",
    ]
    again = run("predict", source, "--out", tmp_path / "out", "--model", contrast_model)
    assert again.out.startswith("0 done, 3 already there\n")


def test_upscale_names_the_model_that_it_needs(
    run: Run, photos: Callable[..., Path], contrast_model: Path, tmp_path: Path
) -> None:
    source, out = photos(1), tmp_path / "out"
    answer = run("predict", source, "--out", out, "--model", contrast_model, "--upscale", 4)
    assert answer.code == 2
    assert "contrast does not enlarge; leave --upscale out, or give --model a" in answer.err
    assert not out.exists()


def test_quiet_says_nothing(
    run: Run, photos: Callable[..., Path], contrast_model: Path, tmp_path: Path
) -> None:
    answer = run("predict", photos(1), "-o", tmp_path / "out", "-m", contrast_model, "--quiet")
    assert answer == (0, "", "")


def test_refused_inputs_end_with_3_and_are_told(
    run: Run, photos: Callable[..., Path], contrast_model: Path, tmp_path: Path
) -> None:
    source = photos(2)
    (source / "bad.jpg").write_bytes(b"")
    answer = run("predict", source, "-o", tmp_path / "out", "-m", contrast_model)
    assert answer.code == 3
    assert answer.out.startswith("2 done, 1 set aside\n  bad.jpg: empty: ")
    assert "set aside: bad.jpg" in answer.err
    (source / "000.png").unlink()
    (source / "001.png").unlink()
    assert run("predict", source, "-o", tmp_path / "all", "-m", contrast_model).code == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"not a model", "no ONNX model"), (None, "model.onnx: got nothing")],
)
def test_a_model_that_is_none(
    run: Run,
    photos: Callable[..., Path],
    tmp_path: Path,
    content: bytes | None,
    words: str,
) -> None:
    model = tmp_path / "model.onnx"
    if content is not None:
        model.write_bytes(content)
    answer = run("predict", photos(1), "--out", tmp_path / "out", "--model", model)
    assert answer.code == 2
    assert words in answer.err
    assert not (tmp_path / "out").exists()


def test_options_reach_the_run(
    run: Run, photos: Callable[..., Path], contrast_model: Path, tmp_path: Path
) -> None:
    source = photos(1)
    (source / "deeper").mkdir()
    (source / "deeper/x.png").write_bytes((source / "000.png").read_bytes())
    options = "--threshold 0.9 --tta flips --tile 512 --backend openvino --precision f32"
    options += " --device cpu --threads 1 --no-recursive --probability-format none"
    answer = run("predict", source, "-o", tmp_path / "out", "-m", contrast_model, *options.split())
    assert answer.code == 0
    stored = (tmp_path / "out/run.json").read_text()
    for words in ('"threshold": 0.9', '"augmentation": "flips"', '"tile": 512', '"openvino"'):
        assert words in stored
    assert [path.name for path in (tmp_path / "out/masks").iterdir()] == ["000.png"]
    assert not (tmp_path / "out/probabilities").exists()


def wait_for(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a folder holds that many files."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if path.is_dir() and len(list(path.glob("*.json"))) >= count:
            return
        time.sleep(0.005)
    raise AssertionError(process.communicate())


@pytest.fixture(scope="module")
def undisturbed(
    many: Path, contrast_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """What a run over `many` leaves when nobody stops it."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert (
        run_command(["predict", str(many), "--out", str(out), "--model", str(contrast_model)]) == 0
    )
    return tree(out)


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_stops_a_run_that_can_go_on(
    many: Path,
    start: Callable[..., Any],
    run: Run,
    contrast_model: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    command = ["predict", many, "--model", contrast_model, "--threads", 1]
    process = start([*command, "--out", tmp_path / "out"])
    wait_for(tmp_path / "out/.state", 3, process)
    asked = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    elapsed_s = time.monotonic() - asked
    if number is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 4
        assert f"crackgauge: error: stopped by {number.name}; what is finished is in" in err
        assert "run the same command again" in err
        assert "Traceback" not in err
        assert [name for name in tree(tmp_path / "out") if ".tmp" in name] == []
    assert elapsed_s < 30
    assert 3 <= len(list((tmp_path / "out/.state").glob("*.json"))) < 30
    resumed = run(*command, "--out", tmp_path / "out")
    assert resumed.code == 0
    assert "already there" in resumed.out
    assert tree(tmp_path / "out") == undisturbed


def test_a_second_run_at_the_same_time_is_refused(
    many: Path, start: Callable[..., Any], run: Run, contrast_model: Path, tmp_path: Path
) -> None:
    command = ["predict", many, "--out", tmp_path / "out", "--model", contrast_model]
    process = start(command)
    wait_for(tmp_path / "out/.state", 1, process)
    second = run(*command, "--overwrite")
    process.kill()
    process.communicate()
    assert second.code == 2
    assert "another run is writing to this folder" in second.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a tmpfs")
def test_a_full_disk_ends_with_4_and_keeps_what_is_finished(
    many: Path, start: Callable[..., Any], contrast_model: Path, small_disk: Path
) -> None:
    process = start(["predict", many, "--out", small_disk / "out", "--model", contrast_model])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4
    last = err.splitlines()[-1]
    assert last.startswith("crackgauge: error: ")
    assert "the disk is full" in last
    assert "Free some space and run the same command again" in last
    records = sorted(path.stem for path in (small_disk / "out/.state").glob("*.json"))
    assert records
    for stem in records:
        assert (small_disk / "out/masks" / f"{stem}.png").stat().st_size > 0
    assert [name for name in tree(small_disk / "out") if ".tmp" in name] == []
