from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crackgauge.cli.main import run
from crackgauge.images import write_image, write_mask


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Images of 32 x 64 px with one crack pixel each; `a` is to be learned from, `b` is not."""
    for stem in ("a", "b"):
        mask = np.zeros((32, 64), bool)
        mask[5, 20] = True
        write_image(tmp_path / "set" / "images" / f"{stem}.png", np.zeros((32, 64, 3), np.uint8))
        write_mask(tmp_path / "set" / "masks" / f"{stem}.png", mask)
    (tmp_path / "set" / "train.txt").write_text("a\n")
    (tmp_path / "set" / "test.txt").write_text("b\n")
    return tmp_path / "set"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """One image of 64 x 64 px without a crack."""
    write_image(tmp_path / "sound" / "images" / "c.png", np.zeros((64, 64, 3), np.uint8))
    write_mask(tmp_path / "sound" / "masks" / "c.png", np.zeros((64, 64), bool))
    return tmp_path / "sound"


def test_a_table_of_the_training_images(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set.csv"
    command = ["data", "patches", str(dataset), "--size", "16", "--out", str(out)]
    assert run([*command, "--composition", "25/75"]) == 0
    printed = capsys.readouterr().out
    assert "1 images: 1 patches of 16 px with crack, 7 without" in printed
    assert "the set: 1 with crack, 3 without (25.0 % with crack)" in printed
    lines = out.read_text().splitlines()
    assert lines[0] == "image,mask,row,col,side_px,crack_px"
    assert "set/images/a.png,set/masks/a.png,0,16,16,1" in lines
    assert len(lines) == 5
    assert not (tmp_path / "images").exists()


def test_another_split_and_files(dataset: Path, tmp_path: Path) -> None:
    out, files = tmp_path / "set.csv", tmp_path / "patches"
    command = ["data", "patches", str(dataset), "--size", "8", "--parent", "32", "--split", "test"]
    assert run([*command, "--out", str(out), "--write-files", str(files), "-q"]) == 0
    assert len(list((files / "images").iterdir())) == 2
    assert all(name.name.startswith("b-r") for name in (files / "masks").iterdir())


def test_all_plus_fills_up_from_a_further_dataset(
    dataset: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "patches", str(dataset), "--size", "16", "--composition", "all+"]
    command += ["--crack-share", "0.1", "--out", str(tmp_path / "set.csv")]
    assert run([*command, "--further", str(sound)]) == 0
    assert "the set: 1 with crack, 9 without (10.0 % with crack)" in capsys.readouterr().out
    assert run(command) == 2
    assert "got 0 background patches of further datasets, expected 2" in capsys.readouterr().err


def test_what_cannot_be_is_refused(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "patches", str(dataset), "--size", "16", "--out"]
    assert run([*command, str(tmp_path / "set.txt")]) == 2
    assert "got the suffix '.txt', expected .csv" in capsys.readouterr().err
    assert run([*command, str(tmp_path / "set.csv"), "--composition", "10/90"]) == 2
    assert "got 7 background patches, expected 9 for 10/90" in capsys.readouterr().err
    assert not (tmp_path / "set.csv").exists()
