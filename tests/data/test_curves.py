"""Curves, bands and thinning: counted by eye, and the figures of a perfect answer on CFD."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from crackgauge.data.curves import centre_curve, remove_small, thin, to_band, widen
from crackgauge.data.pairs import find_pairs
from crackgauge.errors import UsageError
from crackgauge.images import read_mask
from crackgauge.metrics.distance import hd_score
from crackgauge.metrics.regions import region_counts
from crackgauge.metrics.tolerance import MatchCounts


def bar(height: int, width: int, rows: slice, cols: slice) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[rows, cols] = True
    return mask


def test_a_dilation_reaches_as_far_as_the_disk():
    dot = bar(9, 9, slice(4, 5), slice(4, 5))
    assert [
        "".join(".#"[pixel] for pixel in row) for row in widen(dot, dilations=1).astype(int)
    ] == [
        ".........",
        "....#....",
        "..#####..",
        "..#####..",
        ".#######.",
        "..#####..",
        "..#####..",
        "....#....",
        ".........",
    ]


def test_three_dilations_by_three_make_a_line_nineteen_wide():
    line = bar(41, 41, slice(20, 21), slice(None))
    assert widen(line).sum(axis=0).tolist() == [19] * 41
    assert widen(line, dilations=1).sum(axis=0).tolist() == [7] * 41
    assert np.array_equal(widen(line, dilations=0), line)
    assert np.array_equal(widen(line, radius_px=0), line)


@pytest.mark.parametrize("options", [{"dilations": -1}, {"radius_px": -1}])
def test_negative_widening_is_refused(options: dict[str, int]):
    with pytest.raises(UsageError, match="expected 0 or more"):
        widen(np.zeros((3, 3), bool), **options)


def test_the_centre_curve_of_a_bar_is_its_middle_row():
    curve = centre_curve(bar(11, 30, slice(3, 8), slice(2, 28)))
    assert np.median(np.nonzero(curve)[0]) == 5
    assert set(curve[:, 6:24].sum(axis=0)) == {1}  # the ends may bend towards a corner
    assert not curve[:, :2].any()


def test_a_band_of_a_band_has_the_same_middle():
    curve = bar(41, 60, slice(20, 21), slice(10, 50))
    band = to_band(curve)
    assert band.sum() == widen(curve).sum()
    assert np.nonzero(centre_curve(band)[:, 20:40])[0].tolist() == [20] * 20


def test_parts_are_counted_as_bands_not_as_curves():
    kept, lost = bar(9, 40, slice(3, 6), slice(5, 15)), bar(9, 40, slice(3, 6), slice(25, 34))
    curve = thin(kept | lost)  # 30 and 27 px; the curve has fewer than 30 px too
    assert np.array_equal(curve, centre_curve(kept))
    assert 0 < curve.sum() < 30


def test_small_parts_are_left_out_and_corners_join():
    mask = np.zeros((10, 10), bool)
    mask[0, :4] = mask[1, 4:8] = True  # 8 px, joined at a corner
    mask[5, :7] = True
    assert np.array_equal(remove_small(mask, least_px=8), mask & (np.arange(10) < 5)[:, None])
    assert remove_small(mask, least_px=7).sum() == 15
    assert not remove_small(mask, least_px=9).any()


def test_thinning_leaves_out_parts_below_30_px():
    mask = np.zeros((40, 60), bool)
    mask[10:15, 5:55] = True
    mask[30, 5:34] = True  # 29 px
    curve = thin(mask)
    assert np.nonzero(curve[:, 10:50])[0].tolist() == [12] * 40
    assert not curve[20:].any()
    mask[30, 34] = True
    assert thin(mask)[30].any()


@pytest.mark.data
@pytest.mark.parametrize(
    ("answer", "region_f1", "hd"),
    [
        (to_band, 90.6, 93.2),
        (centre_curve, 98.3, 98.3),
        (lambda mask: thin(to_band(mask)), 97.3, 97.4),
    ],
)
def test_what_a_perfect_answer_scores_on_cfd(data_dir: Path, answer, region_f1: float, hd: float):
    truths = [read_mask(p.mask).mask for p in find_pairs(data_dir / "cfd", split="test") if p.mask]
    answers = [answer(truth) for truth in truths]
    pairs = list(zip(answers, truths, strict=True))
    total = sum((region_counts(a, t) for a, t in pairs), start=MatchCounts())
    assert round(100 * total.f1, 1) == region_f1
    assert round(float(np.mean([hd_score(a, t) for a, t in pairs])), 1) == hd


def test_bands_hold_their_curves():
    curve = np.eye(50, dtype=bool)
    band = widen(curve)
    assert (band & curve).sum() == 50
    assert ndimage.distance_transform_edt(~curve)[band].max() <= 9
