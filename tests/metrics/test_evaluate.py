from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import skeletonize

from crackgauge.errors import UsageError
from crackgauge.images import read_mask
from crackgauge.metrics.evaluate import evaluate_pairs

EMPTY = np.zeros((4, 5), bool)
LINE = EMPTY.copy()
LINE[0] = True
LINE_3_DOWN = EMPTY.copy()
LINE_3_DOWN[3] = True
DOT = EMPTY.copy()
DOT[0, 0] = True


def test_pooled_sums_pixels_and_mean_averages_images():
    evaluation = evaluate_pairs([("a", DOT, DOT), ("b", LINE_3_DOWN, LINE)])
    assert evaluation.pooled(0).precision == 1 / 6
    assert evaluation.mean("precision", 0) == 0.5
    assert evaluation.pooled(5).f1 == 1.0


def test_empty_images_are_pooled_and_stated_apart():
    evaluation = evaluate_pairs([("a", LINE, LINE), ("b", DOT, EMPTY), ("c", EMPTY, EMPTY)])
    assert evaluation.pooled(0).precision == 5 / 6
    assert evaluation.mean("precision", 0) == 1.0
    assert evaluation.false_positive_px_per_mpx == 1e6 / 40
    assert evaluation.false_positive_image_rate == 0.5


def test_json_says_how_each_value_came_about():
    probability = np.where(LINE, 0.7, 0.2).astype(np.float32)
    evaluation = evaluate_pairs(
        [("a", probability, LINE)], threshold=0.7, threshold_source="validation images"
    )
    scores = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert list(scores)[:3] == ["precision@0px", "precision_mean@0px", "recall@0px"]
    assert scores["f1@2px"] == {
        "value": 1.0,
        "definition": "harmonic mean of precision and recall",
        "pooling": "pooled: pixels counted over all images",
        "tolerance_px": 2,
        "threshold": 0.7,
        "threshold_source": "validation images",
    }
    assert scores["false_positive_image_rate"]["value"] is None


@pytest.mark.parametrize(("threshold", "source"), [(None, "masks were given"), (0.5, "given")])
def test_a_threshold_without_a_word_about_it(threshold: float | None, source: str):
    assert evaluate_pairs([("a", DOT, DOT)], threshold=threshold).threshold_source == source


def test_one_row_an_image():
    rows = evaluate_pairs([("b", DOT, LINE), ("a", LINE, LINE)], tolerances_px=[0]).per_image()
    assert rows[0] == {
        "image": "b",
        "pixels": 20,
        "truth_px": 5,
        "predicted_px": 1,
        "precision@0px": 1.0,
        "recall@0px": 0.2,
        "f1@0px": pytest.approx(1 / 3),
    }
    assert rows[1]["image"] == "a"


def test_a_probability_needs_a_threshold():
    with pytest.raises(UsageError, match="prediction of a: got a probability and no threshold"):
        evaluate_pairs([("a", EMPTY.astype(np.float32), EMPTY)])


def test_another_size_is_refused_by_name():
    with pytest.raises(UsageError, match="prediction of a is 4x5 and truth of a is 3x5"):
        evaluate_pairs([("a", EMPTY, EMPTY[:3])])


def test_no_pair_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        evaluate_pairs([])


@pytest.mark.parametrize("tolerances", [[], [2, 2], [-1]])
def test_unusable_tolerances_are_refused(tolerances: list[float]):
    with pytest.raises(UsageError, match="expected"):
        evaluate_pairs([("a", EMPTY, EMPTY)], tolerances_px=tolerances)


def test_a_tolerance_that_was_not_counted_is_refused():
    with pytest.raises(UsageError, match="this evaluation has 0, 2, 5 px"):
        evaluate_pairs([("a", EMPTY, EMPTY)]).pooled(3)


SQUARE = np.ones((3, 3), bool)
CFD_TEST = [f"{number:03d}" for number in range(73, 119)]


def shifted_sideways(mask: np.ndarray) -> np.ndarray:
    moved = np.zeros_like(mask)
    moved[:, 2:] = mask[:, :-2]
    return moved


@pytest.mark.data
@pytest.mark.parametrize(
    ("change", "tolerance_px", "percent"),
    [
        (skeletonize, 2, 97.59),
        (skeletonize, 0, 47.88),
        (lambda mask: ndimage.binary_dilation(mask, SQUARE), 2, 100.00),
        (shifted_sideways, 2, 100.00),
        (shifted_sideways, 0, 69.56),
        (lambda mask: ndimage.binary_erosion(mask, SQUARE), 2, 82.48),
        (lambda mask: ndimage.binary_dilation(mask, SQUARE, iterations=2), 2, 91.24),
    ],
    ids=[
        "skeleton",
        "skeleton-0px",
        "dilated",
        "shifted",
        "shifted-0px",
        "eroded",
        "dilated-twice",
    ],
)
def test_reference_scores_of_changed_cfd_truths(data_dir: Path, change, tolerance_px, percent):
    folder = data_dir / "cfd" / "groundTruth"
    truths = {name: read_mask(folder / f"{name}.mat").mask for name in CFD_TEST}
    evaluation = evaluate_pairs(
        ((name, change(truth), truth) for name, truth in truths.items()),
        tolerances_px=[tolerance_px],
    )
    assert round(100 * evaluation.pooled(tolerance_px).f1, 2) == percent
