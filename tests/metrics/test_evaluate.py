from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.morphology import skeletonize
from torchmetrics.functional.classification import binary_average_precision

from crackgauge.errors import UsageError
from crackgauge.images import read_mask
from crackgauge.metrics.centreline import centreline_iou, cldice
from crackgauge.metrics.curves import THRESHOLDS
from crackgauge.metrics.distance import hausdorff_distance, hd_score
from crackgauge.metrics.evaluate import (
    EvaluationItem,
    ThresholdSource,
    choose_threshold,
    evaluate_pairs,
)
from crackgauge.metrics.overlap import intersection_over_union
from crackgauge.metrics.regions import region_counts
from crackgauge.metrics.tolerance import MatchCounts, Tolerance, match_counts

EMPTY = np.zeros((4, 5), bool)
LINE = EMPTY.copy()
LINE[0] = True
LINE_3_DOWN = EMPTY.copy()
LINE_3_DOWN[3] = True
DOT = EMPTY.copy()
DOT[0, 0] = True


def items(*triples: tuple[str, np.ndarray, np.ndarray]) -> list[EvaluationItem]:
    return [EvaluationItem(*triple) for triple in triples]


def values(*triples: tuple[str, np.ndarray, np.ndarray], **options) -> dict[str, float]:
    scores = evaluate_pairs(items(*triples), **options).scores
    return {key: score.value for key, score in scores.items()}


def test_pooled_sums_pixels_and_mean_averages_images():
    found = values(("a", DOT, DOT), ("b", LINE_3_DOWN, LINE))
    assert found["precision@0px"] == 1 / 6
    assert found["precision_mean@0px"] == 0.5
    assert found["f1@5px"] == 1.0


def test_empty_images_are_pooled_and_stated_apart():
    found = values(("a", LINE, LINE), ("b", DOT, EMPTY), ("c", EMPTY, EMPTY))
    assert found["precision@0px"] == 5 / 6
    assert found["precision_mean@0px"] == 1.0
    assert found["false_positive_px_per_mpx"] == 1e6 / 40
    assert found["false_positive_image_rate"] == 0.5
    assert found["hd_score"] == pytest.approx(200 / 3)  # 100, 0 and 100
    assert found["hd95"] == 0.0  # of the image with a crack


# Two images, worked by hand. In `a` the crack is at 0.8 and a false alarm at 0.6; in `b` the crack
# is at 0.3 and a false alarm at 0.2.
HAND = [
    ("a", np.array([[0.8, 0.0, 0.0, 0.6]], np.float32), np.array([[True, False, False, False]])),
    ("b", np.array([[0.3, 0.0, 0.0, 0.2]], np.float32), np.array([[True, False, False, False]])),
]


def test_one_threshold_for_all_or_one_for_each():
    found = values(*HAND, threshold=0.5, tolerances=[Tolerance(0)])
    assert found["f1@0px"] == 0.5  # one hit, one false alarm, one miss
    # 0.21..0.3: both cracks and the false alarm of `a`, F1 4/5; above 0.6 one crack alone, 2/3.
    assert found["ods@0px"] == 0.8
    assert found["ods_mean@0px"] == pytest.approx((2 / 3 + 1) / 2)
    assert (found["ois@0px"], found["ois_pooled@0px"]) == (1.0, 1.0)
    # Recall 1/2 at precision 1, then 1 at 2/3.
    assert found["ap@0px"] == pytest.approx(0.5 + 0.5 * 2 / 3)
    # IoU 2/4 up to 0.2, 2/3 up to 0.3, 1/3 up to 0.6, 1/2 up to 0.8.
    assert found["iou"] == pytest.approx(1 / 3)
    assert found["iou_best"] == pytest.approx(2 / 3)
    assert found["aiu"] == pytest.approx((20 * 1 / 2 + 10 * 2 / 3 + 30 * 1 / 3 + 20 * 1 / 2) / 99)


def test_the_thresholds_are_named_with_their_source():
    source = ThresholdSource("val split")
    evaluation = evaluate_pairs(items(*HAND), threshold=0.5, threshold_source=source)
    scores = evaluation.scores
    assert (scores["f1@0px"].threshold, scores["f1@0px"].threshold_source) == (0.5, source)
    assert scores["ods@0px"].threshold == 0.25  # the middle of 0.21..0.3, the lower of two
    assert scores["ods@0px"].threshold_source.evaluated_set
    assert scores["ois@0px"].threshold is None
    assert scores["ois@0px"].threshold_source.words == "the best on each evaluated image"
    assert scores["aiu"].threshold_source == ThresholdSource("all of 0.01..0.99")
    assert choose_threshold(items(*HAND), tolerance=Tolerance(0)) == 0.25


def test_json_says_how_each_value_came_about():
    probability = np.where(LINE, 0.7, 0.2).astype(np.float32)
    evaluation = evaluate_pairs(
        items(("a", probability, LINE)),
        threshold=0.7,
        threshold_source=ThresholdSource("validation images"),
    )
    scores = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert list(scores)[:3] == ["precision@0px", "precision_mean@0px", "recall@0px"]
    assert scores["f1@2px"] == {
        "value": 1.0,
        "unit": "fraction",
        "definition": "harmonic mean of precision and recall",
        "pooling": "pooled: counted over all images",
        "tolerance": 2,
        "tolerance_unit": "px",
        "threshold": 0.7,
        "threshold_source": "validation images",
        "threshold_from_evaluated_images": False,
    }
    assert scores["false_positive_image_rate"]["value"] is None
    assert scores["ods@2px"]["threshold_from_evaluated_images"] is True


@pytest.mark.parametrize(
    ("prediction", "source"),
    [(DOT, "masks were given"), (DOT.astype(np.float32), "given")],
)
def test_a_threshold_without_a_word_about_it(prediction: np.ndarray, source: str):
    evaluation = evaluate_pairs(items(("a", prediction, DOT)), threshold=0.5)
    assert evaluation.threshold_source.words == source
    assert evaluation.threshold == (None if source == "masks were given" else 0.5)


def test_one_row_an_image():
    rows = evaluate_pairs(
        items(("b", DOT, LINE), ("a", LINE, LINE)), tolerances=[Tolerance(0)]
    ).per_image()
    assert [row["image"] for row in rows] == ["b", "a"]
    expected = {
        "pixels": 20,
        "truth_px": 5,
        "predicted_px": 1,
        "precision@0px": 1.0,
        "recall@0px": 0.2,
        "f1@0px": pytest.approx(1 / 3),
        "iou": 0.2,
    }
    assert {key: rows[0][key] for key in expected} == expected


def test_rows_are_the_same_however_many_images_there_are():
    generator = np.random.default_rng(0)
    some = [
        EvaluationItem(str(n), generator.random((9, 9), np.float32), generator.random((9, 9)) > 0.8)
        for n in range(130)
    ]
    rows = evaluate_pairs(some, threshold=0.4).per_image()
    alone = evaluate_pairs(some[100:101], threshold=0.4)
    assert rows[100] == alone.per_image()[0]
    assert rows[100]["iou_best"] == pytest.approx(alone.scores["iou_best"].value)
    assert rows[100]["ois@2px"] == pytest.approx(alone.scores["ods@2px"].value)
    assert rows[100]["best_threshold@2px"] == alone.scores["ods@2px"].threshold


@settings(max_examples=25)
@given(
    hnp.arrays(np.float32, (11, 13), elements=st.floats(0, 1, width=32)),
    hnp.arrays(np.bool_, (11, 13)),
)
def test_every_score_of_one_image_equals_its_own_function(
    probability: np.ndarray, truth: np.ndarray
):
    found = values(("a", probability, truth), threshold=0.5)
    mask = probability >= 0.5
    at_two = match_counts(mask, truth, tolerance_px=2)
    assert found["f1@2px"] == pytest.approx(at_two.f1)
    assert found["iou"] == pytest.approx(intersection_over_union(mask, truth))
    assert found["cldice"] == pytest.approx(cldice(mask, truth))
    assert found["centreline_iou"] == pytest.approx(centreline_iou(mask, truth))
    assert found["region_f1"] == pytest.approx(region_counts(mask, truth).f1)
    assert found["hd_score"] == pytest.approx(hd_score(mask, truth))
    best = max(
        match_counts(probability >= np.float32(level), truth, tolerance_px=2).f1
        for level in THRESHOLDS
    )
    assert found["ods@2px"] == pytest.approx(best)
    if truth.any():
        assert found["hd95"] == pytest.approx(hausdorff_distance(mask, truth))
        expected = binary_average_precision(
            torch.from_numpy(probability),
            torch.from_numpy(truth.astype(int)),
            thresholds=torch.tensor(THRESHOLDS),
        )
        assert found["ap@0px"] == pytest.approx(float(expected), abs=1e-5)
    else:
        assert math.isnan(found["ap@0px"])


def test_enlarged_images_are_scored_too():
    black = np.zeros((16, 16, 3), np.uint8)
    grey = black + np.uint8(10)
    pair = EvaluationItem("a", LINE, LINE, enlarged=(grey, black))
    scores = evaluate_pairs([pair]).scores
    assert scores["psnr"].value == pytest.approx(10 * math.log10(255**2 / 100))
    assert (scores["psnr"].unit, 0 < scores["ssim"].value < 1) == ("dB", True)
    with pytest.raises(UsageError, match="one for every image or for none"):
        evaluate_pairs([pair, EvaluationItem("b", LINE, LINE)])


def test_curves_of_masks_are_refused():
    evaluation = evaluate_pairs(items(("a", LINE, LINE)))
    with pytest.raises(UsageError, match="masks were given"):
        evaluation.precision_recall(Tolerance(2))
    assert not evaluation.has_probabilities


def test_the_curves_are_pooled():
    evaluation = evaluate_pairs(items(*HAND), threshold=0.5)
    precision, recall = evaluation.precision_recall(Tolerance(0))
    assert (precision[49], recall[49]) == (0.5, 0.5)
    assert evaluation.iou_curve()[49] == pytest.approx(1 / 3)
    assert evaluation.reliability().pixels.sum() == 8


def test_a_probability_needs_a_threshold():
    with pytest.raises(UsageError, match="prediction of a: got a probability and no threshold"):
        evaluate_pairs(items(("a", EMPTY.astype(np.float32), EMPTY)))


def test_masks_among_probabilities_are_refused():
    with pytest.raises(UsageError, match="prediction of b: got a mask among probabilities"):
        evaluate_pairs(
            items(("a", EMPTY.astype(np.float32), EMPTY), ("b", EMPTY, EMPTY)), threshold=0.5
        )


def test_a_mask_has_no_threshold_to_choose():
    with pytest.raises(UsageError, match="expected a probability"):
        choose_threshold(items(("a", EMPTY, EMPTY)))
    with pytest.raises(UsageError, match="at least one"):
        choose_threshold([])


def test_there_is_no_best_threshold_without_a_crack():
    nothing = items(("a", np.full((4, 5), 0.3, np.float32), EMPTY))
    with pytest.raises(UsageError, match="none is better than another"):
        choose_threshold(nothing)
    mean = evaluate_pairs(nothing, threshold=0.5).scores["ods_mean@2px"]
    assert (math.isnan(mean.value), mean.threshold) == (True, None)


def test_another_size_is_refused_by_name():
    with pytest.raises(UsageError, match="prediction of a is 4x5 and truth of a is 3x5"):
        evaluate_pairs(items(("a", EMPTY, EMPTY[:3])))


def test_no_pair_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        evaluate_pairs([])


@pytest.mark.parametrize("tolerances", [[], [2, 2], [-1]])
def test_unusable_tolerances_are_refused(tolerances: list[float]):
    with pytest.raises(UsageError, match="expected"):
        evaluate_pairs(
            items(("a", EMPTY, EMPTY)), tolerances=[Tolerance(each) for each in tolerances]
        )


def test_tolerances_of_one_label_or_beyond_the_diagonal_are_refused():
    for tolerances, words in (
        ([Tolerance(1), Tolerance(1.0000001)], "got 1px, 1px, expected at least one, each once"),
        ([Tolerance(2, "diagonal")], "got 2diag, expected fractions of the diagonal up to 1"),
    ):
        with pytest.raises(UsageError, match=words):
            evaluate_pairs(items(("a", EMPTY, EMPTY)), tolerances=tolerances)


def test_a_tolerance_that_was_not_counted_is_refused():
    evaluation = evaluate_pairs(items(("a", LINE, LINE)))
    assert evaluation.pooled(2) == MatchCounts(5, 5, 5, 5)
    with pytest.raises(UsageError, match="this evaluation has 0px, 2px, 5px"):
        evaluation.pooled(3)


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
        (EvaluationItem(name, change(truth), truth) for name, truth in truths.items()),
        tolerances=[Tolerance(tolerance_px)],
    )
    assert round(100 * evaluation.pooled(tolerance_px).f1, 2) == percent
