from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_photos_in_report_out(
    run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    answer = run("inspect", photos(2), "--mm-per-px", 0.21, "--out", out, "--model", contrast_model)
    assert answer.code == 0
    assert answer.out == f"2 done\n{out / 'report.html'}\n"
    assert len((out / "cracks.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("wrong", ["-2", "1e-300", "1e+300"])
def test_a_scale_that_cannot_be(
    wrong: str, run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    answer = run(
        "inspect", photos(1), "--mm-per-px", wrong, "--out", out, "--model", contrast_model
    )
    assert answer.code == 2
    assert f"mm per px: got {wrong}, expected a positive number such as 0.21" in answer.err


def test_cracks_are_graded_and_typed(
    run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    out, scale = tmp_path / "out", ("--mm-per-px", 2.5, "--mm-per-px-sd", 0.1)
    options = ("--standard", "jtg-5210", "--direction", 0, "-o", out, "-m", contrast_model)
    assert run("inspect", photos(1), *scale, *options).code == 0
    with (out / "cracks.csv").open(encoding="utf-8", newline="") as stream:
        (crack,) = csv.DictReader(stream)
    assert (crack["severity"], crack["standard_verified"]) == ("heavy", "no")
    assert (crack["crack_type"], crack["width_method"]) == ("longitudinal", "probability")
    assert float(crack["length_sd_mm"]) > 0.04 * float(crack["length_mm"])
    with (out / "images.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["scale_source"] == "given"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="file names of any bytes")
def test_names_of_any_bytes(
    run: Run, photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    source = photos(1)
    content = (source / "000.png").read_bytes()
    for name in (b"caf\xe9.png", b"two\nlines.png", b"\x1b[31mred.png", b"<b>,'&.png"):
        (source / os.fsdecode(name)).write_bytes(content)
        (source / os.fsdecode(b"bad" + name)).write_bytes(b"")
    answer = run("inspect", source, "-o", tmp_path / "out", "-m", contrast_model)
    assert answer.code == 3
    assert answer.out.startswith("5 done, 4 set aside\n")
    assert "\x1b" not in answer.out + answer.err
    with (tmp_path / "out/set_aside.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["path"] for row in csv.DictReader(stream)] == [
            "bad\x1b[31mred.png",
            "bad<b>,'&.png",
            "badcaf\\udce9.png",
            "badtwo\nlines.png",
        ]
    with (tmp_path / "out/images.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 5
    again = run("inspect", source, "-o", tmp_path / "out", "-m", contrast_model)
    assert again.out.startswith("0 done, 5 already there, 4 set aside\n")


@pytest.mark.skipif(not Path("/dev/tty").exists(), reason="needs pseudo-terminals")
def test_a_terminal_gets_a_bar(
    photos: Callable[[int], Path], contrast_model: Path, tmp_path: Path
) -> None:
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "crackgauge.cli", "inspect", str(photos(2))]
    command += ["--out", str(tmp_path / "out"), "--model", str(contrast_model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    out, _ = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0
    assert out.decode().startswith("2 done\n")
    assert b"2/2" in shown
    assert b"\x1b[" in shown


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_a_stopped_inspection_goes_on(
    many: Path, start: Callable[..., Any], run: Run, contrast_model: Path, tmp_path: Path
) -> None:
    command = ["inspect", many, "--out", tmp_path / "out", "--model", contrast_model]
    process = start(command)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out/.state").glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 4
    assert "stopped by SIGTERM" in err
    assert not (tmp_path / "out/report.html").exists()
    answer = run(*command)
    assert answer.code == 0
    assert "already there" in answer.out
    assert len((tmp_path / "out/images.csv").read_text().splitlines()) == 31
