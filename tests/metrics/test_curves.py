from __future__ import annotations

import pytest

from crackgauge.errors import UsageError
from crackgauge.metrics.curves import THRESHOLDS, best_threshold, ods, ois
from crackgauge.metrics.tolerance import MatchCounts

RIGHT = MatchCounts(predicted=4, predicted_hits=4, truth=4, truth_hits=4)
HALF = MatchCounts(predicted=4, predicted_hits=2, truth=4, truth_hits=2)
WRONG = MatchCounts(predicted=4, predicted_hits=0, truth=4, truth_hits=0)


def test_thresholds_are_the_ninety_nine_hundredths():
    assert (THRESHOLDS[0], THRESHOLDS[49], THRESHOLDS[-1], len(THRESHOLDS)) == (0.01, 0.5, 0.99, 99)


def test_ods_takes_one_threshold_for_all_and_ois_one_for_each():
    per_image = [[RIGHT, HALF], [WRONG, HALF]]  # pooled F1: 4/8 and 4/8
    assert ods([0.3, 0.6], per_image) == (0.3, RIGHT + WRONG)
    assert ois([0.3, 0.6], per_image) == 0.75  # (1 + 0.5) / 2


def test_the_middle_of_a_plateau_is_chosen():
    best = best_threshold([0.1, 0.2, 0.3, 0.4, 0.5], [HALF, RIGHT, RIGHT, RIGHT, HALF])
    assert best == (0.3, RIGHT)


@pytest.mark.parametrize(("thresholds", "counts"), [([], []), ([0.5], [])])
def test_nothing_to_choose_from_is_refused(thresholds: list[float], counts: list[MatchCounts]):
    with pytest.raises(UsageError, match="at least one"):
        best_threshold(thresholds, counts)


def test_no_image_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        ois([0.5], [])
