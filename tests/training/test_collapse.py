"""Real trainings that collapse, and one that does not."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.training.conftest import SMALL

from crackgauge.images import write_image, write_mask
from crackgauge.recipes import load_recipe
from crackgauge.training.collapse import (
    Collapse,
    describe_collapse,
    find_collapse,
    find_lost_game,
)
from crackgauge.training.loop import train


@pytest.fixture(scope="module")
def unlearnable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six images of noise whose masks are noise too: 5 % of the pixels, anywhere."""
    root = tmp_path_factory.mktemp("unlearnable")
    generator = np.random.default_rng(0)
    for index in range(6):
        image = generator.integers(0, 256, (48, 56, 3), dtype=np.uint8)
        write_image(root / "images" / f"{index}.png", image)
        write_mask(root / "masks" / f"{index}.png", generator.random((48, 56)) < 0.05)
    return root


def _train(data: Path, out: Path, *overrides: str) -> list[dict[str, str]]:
    settings = [*SMALL, "validation.holdback=0", "optimizer.learning_rate=2e-2", *overrides]
    train(load_recipe("attention-unet-fast", settings), data=data, out=out, device="cpu")
    with (out / "journal.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_predicting_nothing_is_said_once_and_written_down(
    unlearnable: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = _train(unlearnable, tmp_path / "run", "loss=cross-entropy", "epochs=8")
    assert [row["collapse"] for row in rows[-2:]] == ["no crack", "no crack"]
    assert float(rows[-1]["predicted_share"]) < 1e-3 * 0.05
    assert rows[0]["collapse"] == ""  # the first epoch still predicts something
    said = capfd.readouterr().err
    assert said.count("predicts no crack in any training patch") == 1
    assert "loss=bce+dice+inversion" in said
    assert "more crack patches" in said


def test_predicting_everything_is_seen_too(
    unlearnable: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = _train(unlearnable, tmp_path / "run", "loss=tversky-0.01-0.99", "epochs=8")
    assert rows[-1]["collapse"] == "all crack"
    assert float(rows[-1]["predicted_share"]) > 0.999
    assert "predicts crack everywhere" in capfd.readouterr().err


def test_a_training_that_learns_is_left_alone(
    strokes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = _train(strokes, tmp_path / "run", "epochs=4")
    assert [row["collapse"] for row in rows] == [""] * 4
    assert 0 < float(rows[-1]["predicted_share"]) < 0.5
    assert "warning" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("predicted", "crack", "expected"),
    [
        (0, 1000, "no crack"),
        (1, 1000, "no crack"),  # a thousandth of what there is to find
        (2, 1000, ""),
        (100_000, 1000, "all crack"),
        (99_901, 1000, "all crack"),
        (99_900, 1000, ""),
        (0, 0, ""),  # nothing to find
        (100_000, 100_000, ""),  # nothing to leave out
    ],
)
def test_hardly_any_is_a_thousandth_of_what_there_is(
    predicted: int, crack: int, expected: str
) -> None:
    assert find_collapse(predicted, crack, 100_000) == expected


SURE = {"d_real": 0.995, "d_fake": 0.005, "pull": 0.005}


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        (SURE, "discriminator won"),
        ({**SURE, "d_real": 0.98}, ""),
        ({**SURE, "d_fake": 0.02}, ""),
        ({**SURE, "pull": 1.5}, ""),  # sure, and still a teacher
        ({**SURE, "variety": 0.04}, "no variety"),
        ({"d_real": 0.5, "d_fake": 0.5, "pull": 1.0, "variety": 0.06}, ""),
        ({"d_real": None, "d_fake": None, "pull": None, "variety": None}, ""),
        ({}, ""),
    ],
)
def test_a_game_that_is_over_is_seen(figures: dict[str, float | None], found: str) -> None:
    assert find_lost_game(figures) == found


@pytest.mark.parametrize(
    ("figures", "share", "found"),
    [
        ({"l1": 0.30, "d_fake": 0.98}, 0.15, "discriminator fooled"),  # a blank map has 2 x 0.15
        ({"l1": 0.29, "d_fake": 0.98}, 0.15, ""),
        ({"l1": 0.60, "d_fake": 0.49}, 0.15, ""),  # it objects, so the maps can still turn
        ({"l1": 0.60, "d_fake": 0.50}, 0.15, "discriminator fooled"),
        ({"l1": 0.60, "d_fake": 0.98}, None, ""),
        ({"l1": 0.60, "d_fake": None}, 0.15, ""),  # no discriminator
        ({"l1": 0.60, "d_fake": 0.98, "variety": 0.04}, 0.15, "no variety"),
    ],
)
def test_maps_further_from_the_truth_than_a_blank_one_are_seen(
    figures: dict[str, float | None], share: float | None, found: str
) -> None:
    assert find_lost_game({"d_real": 0.97, "pull": 1.4, **figures}, share) == found


@pytest.mark.parametrize(
    "collapse",
    ["no crack", "all crack", "discriminator won", "discriminator fooled", "no variety"],
)
def test_advice_on_a_game_names_its_own_settings(collapse: Collapse) -> None:
    said = describe_collapse(collapse, epoch=3, adversarial=True)
    assert said.startswith("epoch 3: the ")
    assert "loss=" not in said


def test_a_game_that_is_over_is_said_once_and_written_down(
    unlearnable: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Steps far too long drive the generator's tanh into its ends, where no noise moves it."""
    settings = [
        "system=dc-gan",
        "network.name=dc-gan-discriminator",
        "network.options={filters: [4, 8]}",
        "optimizer.learning_rate=10",
        "schedule.name=constant",
        "curves={dilations: 0}",
        "sampling.crack_share=1",
    ]
    recipe = load_recipe(
        "attention-unet-fast", [*SMALL[1:], *settings, "ema_decay=null", "epochs=4"]
    )
    train(recipe, data=unlearnable, out=tmp_path / "run", device="cpu")
    with (tmp_path / "run" / "journal.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    seen = [row["collapse"] == "no variety" for row in rows]
    assert any(seen)
    begins = sum(now and not before for before, now in pairwise([False, *seen]))
    assert capfd.readouterr().err.count("nearly the same map of all its inputs") == begins
