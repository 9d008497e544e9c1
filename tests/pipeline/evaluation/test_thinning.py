"""Thinned predictions: what is cut, left out and thinned, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import write

from crackgauge.data.curves import thin
from crackgauge.images import write_image
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import evaluate


def band(value: float = 1.0, *, speck: bool = False) -> np.ndarray:
    """A band of rows 18-24 with that probability; perhaps a speck of 16 px far from it."""
    found = np.zeros((60, 80), np.float32)
    found[18:25, 5:75] = value
    if speck:
        found[50:54, 40:44] = value
    return found


def curve() -> np.ndarray:
    truth = np.zeros((60, 80), bool)
    truth[21, 7:73] = True
    return truth


def test_a_band_is_scored_as_the_curve_that_it_stands_for(tmp_path: Path) -> None:
    found = write(tmp_path / "found", "a.tif", band(0.8, speck=True)).parent
    truth = write(tmp_path / "truth", "a.png", curve()).parent
    raw = evaluate(found, truth, threshold=0.5)
    thinned = evaluate(found, truth, threshold=0.5, thin=True)
    assert raw.scores["precision@0px"].value < 0.2
    assert thinned.scores["precision@0px"].value > 0.85
    # The speck is a region of its own without thinning.
    assert raw.scores["region_precision"].value < thinned.scores["region_precision"].value == 1.0
    assert thinned.evaluation.threshold is None
    assert not thinned.evaluation.has_probabilities
    assert thinned.predictions.endswith("cut at 0.5 (given), thinned")
    described = thinned.inputs["predictions"]["thinned"]
    assert described["threshold"] == 0.5
    assert described["least_px"] == 30


def test_masks_need_no_threshold(tmp_path: Path) -> None:
    found = write(tmp_path / "found", "a.png", band() > 0).parent
    truth = write(tmp_path / "truth", "a.png", curve()).parent
    report = evaluate(found, truth, thin=True)
    assert report.predictions.endswith(", thinned")
    assert report.scores["precision@0px"].value > 0.85


def test_a_threshold_is_chosen_before_thinning_and_said(tmp_path: Path) -> None:
    both = band(0.8)
    both[40:47, 5:75] = 0.3  # what is no crack
    found = write(tmp_path / "found", "a.tif", both).parent
    truth = write(tmp_path / "truth", "a.png", band() > 0).parent
    report = evaluate(found, truth, thin=True)
    described = report.inputs["predictions"]["thinned"]
    assert 0.3 < described["threshold"] <= 0.8
    assert described["threshold_from_evaluated_images"]
    assert "evaluated images themselves" in report.predictions


def test_both_sides_are_thinned_and_the_worst_are_drawn(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "good", f"{name}.tif", band(0.9))
        write(tmp_path / "poor", f"{name}.tif", np.roll(band(0.9), 10, axis=0))
        write(tmp_path / "truth", f"{name}.png", curve())
    out = tmp_path / "scores"
    report = evaluate(
        tmp_path / "good",
        tmp_path / "truth",
        out,
        against=tmp_path / "poor",
        threshold=0.5,
        thin=True,
    )
    assert report.comparison is not None
    differences = {each.key: each.difference for each in report.comparison.differences}
    assert differences["f1@2px"] > 0.9
    assert (out / "worst.png").is_file()
    assert json.loads((out / "metrics.json").read_text())["inputs"]["predictions"]["thinned"]


@pytest.mark.parametrize("thinned", [False, True])
def test_a_model_can_be_scored_thinned(tmp_path: Path, predictor: Predictor, thinned: bool) -> None:
    image = np.full((64, 96, 3), 180, np.uint8)
    image[29:32, 10:86] = 60
    write_image(tmp_path / "set/images/a.png", image)
    truth = thin(image[:, :, 0] < 100)
    write(tmp_path / "set/masks", "a.png", truth)
    report = evaluate(model=predictor, data=tmp_path / "set", thin=thinned)
    assert (report.scores["precision@0px"].value > 0.9) == thinned
