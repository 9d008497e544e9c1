"""The worst background patches join the set, the same ones after any stop."""

from __future__ import annotations

import contextlib
import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.conftest import SMALL
from tests.training.test_batches import recipe, samples
from torch import Tensor, nn

from crackgauge.models.blocks import SegmentationOutput
from crackgauge.recipes import load_recipe
from crackgauge.training import state
from crackgauge.training.batches import Batches
from crackgauge.training.loop import train
from crackgauge.training.mining import crack_mass, mine, start_mining

CPU = {"device": torch.device("cpu"), "autocast": contextlib.nullcontext}

MINED = (
    "sampling.patches=patch-set",
    "sampling.patch_set.composition=50/50",
    "sampling.patch_set.crack_patches=2",
    "sampling.patch_set.mining.after_epochs=[1,2]",
)


class Brightness(nn.Module):
    """Brighter is crack: the logit is ten times the grey value in [0, 1], less one."""

    def forward(self, x: Tensor) -> SegmentationOutput:
        return SegmentationOutput(10 * x - 1)


def _batches(*overrides: str) -> Batches:
    settings = (*MINED, "sampling.patch_set.mining.patches=3", "epochs=3")
    return Batches(samples(), recipe(*settings, *overrides))


def test_crack_mass_is_the_sum_over_the_patch() -> None:
    batches = _batches()
    mass = crack_mass(Brightness(), batches, np.array([1, 7]), **CPU)
    grey = np.array([10, 70]) / 255
    np.testing.assert_allclose(mass, 16 / (1 + np.exp(1 - 10 * grey)), rtol=1e-6)


def test_the_brightest_backgrounds_outside_the_set_are_added() -> None:
    batches = _batches()
    patch_set = batches.patch_set
    assert patch_set is not None
    outside = sorted(patch_set.pool.tolist(), reverse=True)
    assert len(outside) == 4  # of the eight two hold a crack and two are chosen
    assert mine(Brightness(), batches, epoch=1, **CPU) == outside[:3]
    assert mine(Brightness(), batches, epoch=2, **CPU) == outside[3:]
    assert mine(Brightness(), batches, epoch=3, **CPU) == []
    assert patch_set.known_steps == batches.epochs.total_steps


def test_without_a_round_nothing_is_added(tmp_path: Path) -> None:
    fixed = Batches(samples(), recipe("sampling.patches=patch-set"))
    anywhere = Batches(samples(), recipe())
    for batches in (fixed, anywhere):
        assert mine(Brightness(), batches, epoch=1, **CPU) == []
        start_mining(tmp_path / "added.csv", batches, [])
    assert not (tmp_path / "added.csv").exists()


def test_the_file_says_what_was_added(tmp_path: Path) -> None:
    file = tmp_path / "added.csv"
    start_mining(file, _batches(), [])
    assert file.read_text(encoding="utf-8") == "after_epoch,image,row,col,side_px\n"
    pool = _batches().patch_set.pool.tolist()  # type: ignore[union-attr]
    batches = _batches()
    start_mining(file, batches, [pool[1:], pool[:1]])
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["after_epoch"] for row in rows] == ["1", "1", "1", "2"]
    last = rows[-1]
    places = {0: ("0", "0"), 1: ("0", "4"), 2: ("4", "0"), 3: ("4", "4")}
    assert (last["row"], last["col"]) == places[pool[0] % 4]
    assert last["image"] == ("0" if pool[0] < 4 else "4")


SETTINGS = (
    *SMALL,
    "sampling.patch_px=16",
    *MINED[:2],
    "sampling.patch_set.crack_patches=8",
    MINED[3],
    "sampling.patch_set.mining.patches=9",
)


@pytest.fixture(scope="module")
def finished(strokes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that was never stopped, with all its states."""
    out = tmp_path_factory.mktemp("mined") / "undisturbed"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_KEEP", 99)
        _train(strokes, out)
    return out


def _train(data: Path, out: Path) -> None:
    chosen = load_recipe("attention-unet-fast", SETTINGS)
    train(chosen, data=data, out=out, resume=True, progress=False, device="cpu")


def test_the_journal_says_how_many_were_added(finished: Path) -> None:
    with (finished / "journal.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["added_patches"] for row in rows] == ["9", "9", ""]
    # 16 patches, then 25, then 34, in batches of 4.
    assert [row["step"] for row in rows] == ["4", "10", "18"]
    lines = (finished / "added_patches.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 18
    assert len({line.split(",", 1)[1] for line in lines}) == 1 + 18


@pytest.mark.parametrize("step", [2, 4, 6, 12])
def test_resumed_from_any_state_it_ends_with_the_same_bytes(
    finished: Path, strokes: Path, tmp_path: Path, step: int
) -> None:
    # States before the first round, just after it, between the rounds, and after both.
    out = tmp_path / "resumed"
    shutil.copytree(finished, out)
    for path in (out / "states").iterdir():
        if int(path.stem.removeprefix("step-")) > step:
            path.unlink()
    assert (out / "states" / f"step-{step:09d}.safetensors").exists()
    _train(strokes, out)
    for name in ("journal.csv", "added_patches.csv", "states/step-000000018.safetensors"):
        assert (out / name).read_bytes() == (finished / name).read_bytes(), name
