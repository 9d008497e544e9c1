"""Which images are learned from and which are held back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackgauge.errors import CrackgaugeError, DatasetError, InputRefused
from crackgauge.images import write_mask
from crackgauge.recipes import load_recipe
from crackgauge.training.samples import TrainingSamples, load_training_samples


def _load(*folders: Path, holdback: float = 0.25) -> TrainingSamples:
    recipe = load_recipe("attention-unet-fast", [f"validation.holdback={holdback}"])

    def report(_total: int) -> Callable[[], None]:
        return lambda: None

    return load_training_samples(folders, recipe, report=report)


def _without_splits(strokes: Path, target: Path) -> Path:
    shutil.copytree(strokes, target)
    for name in ("train.txt", "val.txt"):
        (target / name).unlink()
    return target


def test_splits_are_used_as_given(strokes: Path) -> None:
    samples = _load(strokes)
    assert [s.stem for s in samples.train] == ["0", "1", "2", "3", "4", "5"]
    assert [s.stem for s in samples.validation] == ["6", "7"]


def test_without_splits_a_share_is_held_back_always_the_same(strokes: Path, tmp_path: Path) -> None:
    plain = _without_splits(strokes, tmp_path / "plain")
    first, second = _load(plain), _load(plain)
    assert len(first.validation) == 2
    assert [s.stem for s in first.validation] == [s.stem for s in second.validation]
    assert not {s.stem for s in first.train} & {s.stem for s in first.validation}
    assert len(first.train) == first.first_dataset == 6


def test_further_datasets_without_val_are_learned_from_whole(strokes: Path, tmp_path: Path) -> None:
    samples = _load(strokes, _without_splits(strokes, tmp_path / "rendered"))
    assert (len(samples.train), len(samples.validation)) == (6 + 8, 2)
    assert samples.first_dataset == 6


def test_no_holdback_means_no_validation(strokes: Path, tmp_path: Path) -> None:
    samples = _load(_without_splits(strokes, tmp_path / "plain"), holdback=0)
    assert samples.validation == []
    assert len(samples.train) == 8


def test_a_mask_of_another_size_is_named(strokes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(strokes, broken)
    write_mask(broken / "masks" / "3.png", np.zeros((48, 55), bool))
    with pytest.raises(InputRefused, match="the mask is 55x48 and its image 56x48"):
        _load(broken)


def test_an_image_without_mask_is_named(strokes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(strokes, broken)
    (broken / "masks" / "3.png").unlink()
    with pytest.raises(CrackgaugeError, match="without a mask"):
        _load(broken)


def test_curves_to_learn_must_be_there(strokes: Path, tmp_path: Path) -> None:
    shutil.copytree(strokes, tmp_path / "blank")
    for mask in (tmp_path / "blank" / "masks").iterdir():
        write_mask(mask, np.zeros((48, 56), bool))
    recipe = load_recipe("crackgan")
    with pytest.raises(DatasetError, match=r"got 6 training images, none of which has a crack"):
        load_training_samples([tmp_path / "blank"], recipe, report=lambda _: lambda: None)
