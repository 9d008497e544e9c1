from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crackgauge.cli.main import run
from crackgauge.images import write_image, write_mask


def write_pair(root: Path, stem: str, seed: int) -> None:
    """A noisy grey image with a dark cross, and its mask."""
    grey = np.random.default_rng(seed).normal(150, 10, (96, 96))
    mask = np.zeros((96, 96), dtype=np.bool_)
    mask[30:33, :70] = True
    mask[10:60, 20:23] = True
    grey[mask] -= 70
    image = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    write_image(root / "images" / f"{stem}.png", image)
    write_mask(root / "masks" / f"{stem}.png", mask)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    for seed, stem in enumerate(("deck-1", "deck-2", "pier-1", "wall-1")):
        write_pair(root, stem, seed)
    return root


def test_check_of_a_clean_set(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "check", str(dataset), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "4 images, layout images-masks: 4 in no split" in printed
    assert "clean: nothing found" in printed
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "contact_sheet.html",
        "pairs.csv",
        "problems.csv",
    ]


def test_check_of_a_set_with_problems(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset / "train.txt").write_text("deck-1\npier-1\nwall-1\n")
    (dataset / "test.txt").write_text("deck-2\n")
    (dataset / "masks" / "wall-1.png").unlink()
    assert run(["data", "check", str(dataset), "--out", str(tmp_path / "out")]) == 3
    printed = capsys.readouterr().out
    assert "no-mask: train: wall-1: expected a mask named as images/wall-1.png" in printed
    assert "leak-group: deck: images of this source photo: 1 in test, 1 in train" in printed


def test_check_can_be_quiet(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "check", str(dataset), "--out", str(tmp_path / "out"), "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_of_no_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no images with masks found; the folder holds nothing." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_split_keeps_photos_together_and_can_be_checked(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lists"
    shares = ["--share", "train=0.5", "--share", "test=0.5"]
    assert run(["data", "split", str(dataset), "--out", str(out), *shares]) == 0
    printed = capsys.readouterr().out
    assert "train: 2 images from 1 source photos" in printed
    assert "test: 2 images from 2 source photos" in printed
    assert (out / "train.txt").read_text() == (
        "../set/images/deck-1.png\t../set/masks/deck-1.png\n"
        "../set/images/deck-2.png\t../set/masks/deck-2.png\n"
    )
    assert run(["data", "check", str(out), "--out", str(tmp_path / "out"), "-q"]) == 0


def test_split_does_not_replace_lists_unasked(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "split", str(dataset), "--out", str(tmp_path / "lists")]
    assert run(command) == 0
    before = (tmp_path / "lists" / "train.txt").read_bytes()
    assert run([*command, "--seed", "3"]) == 2
    assert "train.txt is there already; choose another folder" in capsys.readouterr().err
    assert (tmp_path / "lists" / "train.txt").read_bytes() == before
    assert run([*command, "--seed", "3", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("share", "complaint"),
    [
        ("train", "got the share 'train', expected a name and a number: train=0.7"),
        ("train=much", "got the share 'train=much', expected a name and a number"),
        ("../train=1", "got the share '../train=1', expected a name and a number"),
        ("train=0.7", "got the shares train=0.7, expected shares above 0 that add up to 1"),
    ],
)
def test_split_refuses_odd_shares(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    share: str,
    complaint: str,
) -> None:
    command = ["data", "split", str(dataset), "--out", str(tmp_path / "lists"), "--share", share]
    assert run(command) == 2
    assert complaint in capsys.readouterr().err


def test_synth_renders_a_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rendered"
    command = ["data", "synth", "--out", str(out), "--count", "2", "--size", "96x64"]
    assert run([*command, "--crack-free", "0"]) == 0
    assert "2 images with masks" in capsys.readouterr().out
    assert len(list((out / "images").iterdir())) == len(list((out / "masks").iterdir())) == 2


def test_synth_refuses_an_odd_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "synth", "--out", str(tmp_path / "out"), "--size", "0x9"]) == 2
    assert "got the size '0x9', expected WIDTHxHEIGHT in px" in capsys.readouterr().err


def test_synth_renders_sample_photographs(tmp_path: Path) -> None:
    assert run(["data", "synth", "--samples", "--out", str(tmp_path / "photos")]) == 0
    names = [path.name for path in sorted((tmp_path / "photos").iterdir())]
    assert "deck_01.jpg" in names
    assert len(names) == 6
