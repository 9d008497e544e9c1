from __future__ import annotations

import math

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.metrics.comparison import compare
from crackgauge.metrics.evaluate import EvaluationItem, evaluate_pairs


def lines(count: int) -> list[EvaluationItem]:
    """Truths of one row each, of different lengths."""
    items = []
    for number in range(count):
        truth = np.zeros((8, 12), bool)
        truth[4, : 5 + number % 7] = True
        items.append(EvaluationItem(f"{number:02d}", truth.copy(), truth, group=f"p{number // 2}"))
    return items


def worse(item: EvaluationItem, every: int = 1) -> EvaluationItem:
    mask = item.prediction.copy()
    if int(item.name) % every == 0:
        mask[4, :3] = False
    return item._replace(prediction=mask)


def differences(a: list[EvaluationItem], b: list[EvaluationItem], **options: int) -> dict:
    found = compare(evaluate_pairs(a), evaluate_pairs(b), **options)
    return {difference.key: difference for difference in found}


def test_what_is_better_everywhere_excludes_zero():
    found = differences(lines(20), [worse(item) for item in lines(20)])["recall@0px"]
    assert (found.a, found.b < 1) == (1.0, True)
    assert found.difference == pytest.approx(found.a - found.b)
    assert 0 < found.low < found.difference < found.high
    assert found.excludes_zero


def test_equal_predictions_differ_by_nothing():
    for found in differences(lines(10), lines(10)).values():
        if found.key.startswith("false_positive"):  # no image without crack
            assert math.isnan(found.difference)
            continue
        assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)
        assert not found.excludes_zero


def test_the_interval_is_that_of_the_bootstrap_over_photos():
    a, b = lines(12), [worse(item, every=2) for item in lines(12)]
    found = differences(a, b, resamples=500, seed=3)["recall@0px"]
    # The same by hand: draw six photos of two images each, pool, subtract.
    generator = np.random.default_rng(3)
    hits = np.array([item.prediction[item.truth].sum() for item in b], float)
    sizes = np.array([item.truth.sum() for item in b], float)
    drawn = []
    for count in (200, 200, 100):
        for times in generator.multinomial(6, np.full(6, 1 / 6), size=count):
            weights = np.repeat(times, 2)
            drawn.append(1 - (weights @ hits) / (weights @ sizes))
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))


def test_the_order_of_images_does_not_matter():
    a, b = lines(12), [worse(item, every=2) for item in lines(12)]
    assert differences(a, b[::-1])["f1@0px"] == differences(a, b)["f1@0px"]


def test_thresholds_are_swept_for_probabilities():
    items = [item._replace(prediction=item.truth.astype(np.float32)) for item in lines(6)]
    found = compare(
        evaluate_pairs(items, threshold=0.5), evaluate_pairs(items, threshold=0.5), resamples=100
    )
    assert {"ods@2px", "ois@2px", "ap@2px", "aiu", "ece"} <= {each.key for each in found}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda items: items[1:], "different images: 1 are in one alone, the first is 00"),
        (lambda items: [items[0]._replace(truth=~items[0].truth), *items[1:]], "00: got two"),
    ],
)
def test_other_images_are_refused(change, words: str):
    with pytest.raises(UsageError, match=words):
        differences(lines(6), change(lines(6)))


def test_one_photo_alone_is_refused():
    items = [item._replace(group="p") for item in lines(4)]
    with pytest.raises(UsageError, match="1 source photo"):
        differences(items, items)


def test_too_few_draws_are_refused():
    with pytest.raises(UsageError, match="100 or more"):
        differences(lines(4), lines(4), resamples=10)
