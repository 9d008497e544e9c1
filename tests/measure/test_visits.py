from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crackgauge.measure import measure
from crackgauge.measure.registration import Registration, same_frame
from crackgauge.measure.visit_samples import Visit
from crackgauge.measure.visits import CHANGE_COLUMNS, STATUSES, compare_visits

Bar = tuple[int, int, int, int]

LEVEL: Bar = (50, 55, 20, 180)  # rows, columns


def visit_of(*bars: Bar, mm_per_px: float | None = None, size: tuple[int, int] = (200, 200)):
    mask = np.zeros(size, dtype=bool)
    for top, bottom, left, right in bars:
        mask[top:bottom, left:right] = True
    return Visit.of(measure(mask, mm_per_px=mm_per_px, image="a"), "a")


def statuses(changes: pd.DataFrame) -> list[str]:
    return changes["status"].tolist()


@pytest.mark.parametrize("mm_per_px", [None, 0.2])
def test_a_crack_that_is_the_same_is_unchanged(mm_per_px):
    visit = visit_of(LEVEL, mm_per_px=mm_per_px)
    changes = compare_visits(visit, visit, same_frame())
    assert list(changes.columns) == list(CHANGE_COLUMNS)
    (row,) = changes.to_dict("records")
    assert (row["status"], row["cracks_before"], row["cracks_after"]) == ("unchanged", "1", "1")
    assert row["length_before_px"] == pytest.approx(160, abs=0.5)
    assert row["length_change_px"] == row["width_mean_change_px"] == 0
    assert row["width_mean_after_px"] == pytest.approx(5, abs=0.1)
    assert (row["x_px"], row["y_px"]) == pytest.approx((100, 52.5), abs=1.1)
    if mm_per_px:
        assert row["length_before_mm"] == pytest.approx(32, abs=0.1)
    else:
        assert np.isnan(row["length_before_mm"])


@pytest.mark.parametrize(
    ("after", "status", "words"),
    [
        ((50, 55, 20, 100), "shrunk", "80 .* px shorter"),
        ((48, 57, 20, 180), "grown", "4 .* px wider in the mean"),
        ((51, 54, 20, 180), "shrunk", "2 .* px narrower in the mean"),
        ((50, 55, 20, 185), "unchanged", "no change"),
    ],
)
def test_longer_or_wider_beyond_its_uncertainty(after, status, words):
    (row,) = compare_visits(visit_of(LEVEL), visit_of(after), same_frame()).to_dict("records")
    assert row["status"] == status
    assert pd.Series([row["reason"]]).str.contains(words)[0]


def test_a_thin_tip_that_has_grown_leaves_the_width_as_it_was():
    after = visit_of((50, 55, 20, 100), (52, 53, 100, 180))
    (row,) = compare_visits(visit_of((50, 55, 20, 100)), after, same_frame()).to_dict("records")
    assert row["status"] == "grown"
    assert "longer" in row["reason"]
    assert "wider" not in row["reason"]
    # The first few px of the tip lie within reach of the old end.
    assert -0.6 < row["width_mean_change_px"] < 0


def test_new_and_gone():
    before, after = visit_of(LEVEL, (100, 105, 20, 180)), visit_of(LEVEL, (150, 155, 20, 180))
    changes = compare_visits(before, after, same_frame())
    assert changes[["status", "cracks_before", "cracks_after"]].to_numpy().tolist() == [
        ["unchanged", "1", "1"],
        ["new", "", "2"],
        ["gone", "2", ""],
    ]
    assert changes["y_px"].tolist() == pytest.approx([52.5, 152.5, 102.5], abs=0.6)
    assert changes["length_before_px"].round().tolist() == [160, 0, 160]
    assert np.isnan(changes["width_mean_before_px"][1])
    assert changes["width_mean_after_px"][1] == pytest.approx(5, abs=0.1)
    assert np.isnan(changes["width_mean_change_px"][1])


def test_two_pieces_that_have_become_one_are_one_change():
    before = visit_of((50, 55, 20, 80), (50, 55, 120, 180))
    (row,) = compare_visits(before, visit_of(LEVEL), same_frame()).to_dict("records")
    assert (row["cracks_before"], row["cracks_after"]) == ("1 2", "1")
    assert row["length_change_px"] == pytest.approx(40, abs=1)


def test_a_crack_that_crosses_another_is_another():
    before, after = visit_of(LEVEL), visit_of((20, 180, 98, 103))
    assert statuses(compare_visits(before, after, same_frame())) == ["new", "gone"]


def test_only_what_both_images_show_is_compared():
    """The later image shows the right half: shifted by 100 px."""
    shift = np.array([[1.0, 0, -100], [0, 1, 0], [0, 0, 1]])
    before = visit_of(LEVEL, (100, 105, 10, 80))
    after = visit_of((50, 55, 0, 80), (150, 155, 120, 190))
    changes = compare_visits(before, after, Registration(shift, "features", 50, 0.5))
    assert changes[["status", "cracks_before", "cracks_after"]].to_numpy().tolist() == [
        ["unchanged", "1", "1"],
        ["outside", "", "2"],
        ["outside", "2", ""],
    ]
    assert changes["length_before_px"][0] == pytest.approx(80, abs=2)


def test_a_view_from_half_as_far_is_compared_in_millimetres():
    before = visit_of(LEVEL, mm_per_px=0.4)
    after = visit_of((100, 110, 40, 360), mm_per_px=0.2, size=(400, 400))
    nearer = Registration(np.diag([2.0, 2.0, 1.0]), "features", 50, 0.5)
    (row,) = compare_visits(before, after, nearer).to_dict("records")
    assert row["status"] == "unchanged"
    assert row["length_before_mm"] == pytest.approx(64, abs=0.3)
    assert row["width_mean_before_mm"] == pytest.approx(2, abs=0.05)
    assert row["length_before_px"] == pytest.approx(320, abs=1)
    assert row["width_mean_before_px"] == pytest.approx(10, abs=0.2)


def test_the_uncertainty_of_a_scale_widens_what_counts():
    before = visit_of(LEVEL, mm_per_px=0.2)
    after = visit_of((48, 57, 20, 180), mm_per_px=0.2)
    (sure,) = compare_visits(before, after, same_frame()).to_dict("records")
    unsure = before._replace(mm_per_px_sd=0.1)
    (loose,) = compare_visits(unsure, after, same_frame()).to_dict("records")
    assert (sure["status"], loose["status"]) == ("grown", "unchanged")
    assert loose["width_mean_change_sd_mm"] > 0.5


def test_a_short_crack_on_one_day_is_uncertain():
    before, after = visit_of(), visit_of((50, 53, 20, 34))
    for pair, word in (((before, after), "new"), ((after, before), "gone")):
        (row,) = compare_visits(*pair, same_frame()).to_dict("records")
        assert row["status"] == "uncertain"
        assert row["reason"].startswith(f"{word}, but so short")


def test_a_crack_as_long_as_wide_has_a_length():
    visit = visit_of((50, 59, 50, 59))
    (row,) = compare_visits(visit, visit, same_frame()).to_dict("records")
    assert row["status"] == "unchanged"
    assert row["length_after_px"] == pytest.approx(9, abs=0.5)
    assert row["width_mean_after_px"] == pytest.approx(9, abs=0.5)


def test_no_crack_on_either_day():
    assert len(compare_visits(visit_of(), visit_of(), same_frame())) == 0
    assert statuses(compare_visits(visit_of(), visit_of(LEVEL), same_frame())) == ["new"]
    assert statuses(compare_visits(visit_of(LEVEL), visit_of(), same_frame())) == ["gone"]
    assert {"new", "gone"} < set(STATUSES)
