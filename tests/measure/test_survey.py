from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import crackgauge
from crackgauge.errors import UsageError
from crackgauge.measure import Survey, measure
from crackgauge.measure.columns import BRANCH_COLUMNS, CRACK_COLUMNS, IMAGE_COLUMNS


def two_bars() -> np.ndarray:
    """A crack of 80 x 4 px along the rows, one of 3 x 50 px along the columns, and a speck."""
    mask = np.zeros((100, 120), dtype=bool)
    mask[20:24, 10:90] = True
    mask[40:90, 100:103] = True
    mask[60, 10:20] = True
    return mask


def test_two_cracks_by_hand():
    cracks = measure(two_bars(), image="deck.jpg").cracks
    assert cracks["image"].tolist() == ["deck.jpg", "deck.jpg"]
    assert cracks["crack_id"].tolist() == [1, 2]
    assert cracks["area_px2"].tolist() == [320, 150]
    assert cracks["length_px"].tolist() == pytest.approx([80, 50])
    for name in ("width_mean_px", "width_median_px", "width_p95_px", "width_max_px"):
        assert cracks[name].tolist() == pytest.approx([4, 3])
    assert cracks["angle_deg"].tolist() == pytest.approx([0, 90])
    assert cracks["tortuosity"].tolist() == pytest.approx([1, 1])
    boxes = cracks[["bbox_left_px", "bbox_top_px", "bbox_right_px", "bbox_bottom_px"]]
    assert boxes.to_numpy().tolist() == [[10, 20, 90, 24], [100, 40, 103, 90]]


def test_the_image_sums_its_cracks():
    image = measure(two_bars(), image="deck.jpg").images.iloc[0]
    assert (image["height_px"], image["width_px"], image["crack_count"]) == (100, 120, 2)
    assert image["crack_area_px2"] == 470
    assert image["crack_area_ratio"] == pytest.approx(470 / 12000)
    assert image["crack_length_px"] == pytest.approx(130)
    assert image["width_mean_px"] == pytest.approx((4 * 80 + 3 * 50) / 130)
    assert image["width_max_px"] == pytest.approx(4)


def test_millimetres_are_pixels_times_the_scale():
    survey = measure(two_bars(), mm_per_px=0.5)
    assert survey.cracks["length_mm"].tolist() == pytest.approx([40, 25])
    assert survey.cracks["width_max_mm"].tolist() == pytest.approx([2, 1.5])
    assert survey.cracks["area_mm2"].tolist() == pytest.approx([80, 37.5])
    assert survey.branches["length_mm"].tolist() == pytest.approx([40, 25])
    assert survey.images["crack_length_mm"].tolist() == pytest.approx([65])
    assert survey.images["mm_per_px"].tolist() == [0.5]


@pytest.mark.parametrize("mask", [two_bars(), np.zeros((5, 7), dtype=bool)])
@pytest.mark.parametrize("mm_per_px", [None, 0.5])
def test_the_columns_are_always_the_same(mask, mm_per_px):
    survey = measure(mask, mm_per_px=mm_per_px)
    for table, columns in (
        (survey.images, IMAGE_COLUMNS),
        (survey.cracks, CRACK_COLUMNS),
        (survey.branches, BRANCH_COLUMNS),
    ):
        assert list(table.columns) == list(columns)
        kinds = {"str": "object", "int": "int64", "float": "float64", "line": "object"}
        assert [str(kind) for kind in table.dtypes] == [kinds[k] for k in columns.values()]


def test_an_empty_mask_has_no_crack_and_no_width():
    image = measure(np.zeros((5, 7), dtype=bool)).images.iloc[0]
    assert (image["crack_count"], image["crack_length_px"], image["crack_area_ratio"]) == (0, 0, 0)
    assert np.isnan(image["width_mean_px"])
    assert np.isnan(image["width_max_px"])


def test_a_full_mask_is_one_thick_crack():
    crack = measure(np.ones((300, 400), dtype=bool)).cracks.iloc[0]
    assert crack["length_px"] == pytest.approx(400, abs=4)
    assert crack["width_mean_px"] == pytest.approx(300, abs=3)


def test_a_ring_has_its_circumference_and_no_end():
    rows, cols = np.mgrid[:150, :150] + 0.5
    ring = np.abs(np.hypot(rows - 75, cols - 75) - 60) < 3
    survey = measure(ring)
    crack = survey.cracks.iloc[0]
    assert crack["length_px"] == pytest.approx(2 * np.pi * 60, rel=0.01)
    assert crack["width_mean_px"] == pytest.approx(6, abs=0.1)
    assert np.isnan(crack["tortuosity"])
    assert len(survey.branches) == 1


def test_a_crack_of_one_pixel_and_one_along_the_border():
    mask = np.zeros((40, 60), dtype=bool)
    mask[0, :] = True
    mask[20, 10:50] = True
    cracks = measure(mask).cracks
    assert cracks["length_px"].tolist() == pytest.approx([60, 40])
    assert cracks["width_max_px"].tolist() == pytest.approx([1, 1])


def test_a_spot_without_a_direction():
    mask = np.zeros((20, 20), dtype=bool)
    mask[5:10, 5:10] = True
    crack = measure(mask).cracks.iloc[0]
    assert (crack["length_px"], crack["width_mean_px"]) == (5, 5)
    assert len(measure(mask, min_area_px2=26).cracks) == 0
    speck = measure(np.ones((1, 1), dtype=bool), min_area_px2=1).cracks.iloc[0]
    assert (speck["length_px"], speck["width_mean_px"]) == (1, 1)
    assert np.isnan(speck["angle_deg"])


def test_a_crossing_is_four_branches_and_no_widest_spot():
    mask = np.zeros((100, 100), dtype=bool)
    mask[48:52, 10:90] = True
    mask[10:90, 48:52] = True
    survey = measure(mask)
    crack = survey.cracks.iloc[0]
    assert crack["branch_count"] == 4
    assert crack["length_px"] == pytest.approx(160, abs=1)
    # The largest disc at the crossing is 5.7 px wide; the cracks are 4 px wide.
    assert crack["width_max_px"] <= 4.8
    assert survey.branches["branch_id"].tolist() == [1, 2, 3, 4]
    assert survey.branches["length_px"].sum() == pytest.approx(crack["length_px"])


def test_the_widest_spot_is_found_at_its_place():
    mask = np.zeros((60, 120), dtype=bool)
    mask[28:32, 10:110] = True
    mask[25:35, 52:60] = True
    crack = measure(mask).cracks.iloc[0]
    assert np.hypot(crack["width_max_x_px"] - 56, crack["width_max_y_px"] - 30) <= 3


def test_orientation_runs_counter_clockwise_on_the_screen(draw_bar):
    for angle_deg in (10, 45, 90, 120, 170):
        crack = measure(draw_bar(5, angle_deg)).cracks.iloc[0]
        assert crack["angle_deg"] == pytest.approx(angle_deg, abs=1)


def test_tortuosity_of_a_right_angle_is_the_square_root_of_two():
    mask = np.zeros((120, 120), dtype=bool)
    mask[10, 10:111] = True
    mask[10:111, 110] = True
    assert measure(mask).cracks.iloc[0]["tortuosity"] == pytest.approx(np.sqrt(2), rel=0.02)


def test_confidence_is_the_mean_probability_of_the_crack():
    probability = np.zeros((100, 120), dtype=np.float32)
    probability[20:24, 10:90] = 0.75
    probability[40:90, 100:103] = 0.5
    probability[40:90, 101] = 0.8
    survey = measure(two_bars(), probability=probability)
    assert survey.cracks["confidence"].tolist() == pytest.approx([0.75, 0.6])
    assert survey.branches["confidence"].tolist() == pytest.approx([0.75, 0.8])
    assert measure(two_bars()).cracks["confidence"].isna().all()


def test_thick_and_thin_cracks_of_one_image_keep_their_places():
    mask = np.zeros((400, 700), dtype=bool)
    mask[40:240, 100:600] = True  # 200 px wide, measured on a smaller mask
    mask[300:304, 20:220] = True
    cracks = measure(mask, probability=mask.astype(np.float32)).cracks
    assert cracks["width_mean_px"].tolist() == pytest.approx([200, 4], rel=0.01)
    assert cracks["length_px"].tolist() == pytest.approx([500, 200], rel=0.01)
    assert cracks["width_max_y_px"].tolist() == pytest.approx([140, 302], abs=3)
    assert cracks["confidence"].tolist() == pytest.approx([1, 1])


def test_the_room_itself_can_be_called():
    assert len(crackgauge.measure(two_bars()).cracks) == 2


def test_a_survey_goes_through_json_and_back_to_the_bit():
    survey = measure(two_bars(), mm_per_px=0.3, image="deck.jpg")
    again = Survey.from_json(json.loads(json.dumps(survey.to_json(), allow_nan=False)))
    for name in ("images", "cracks", "branches"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(survey, name), check_exact=True)


@pytest.mark.parametrize("mm_per_px", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_is_none_is_refused(mm_per_px):
    with pytest.raises(UsageError, match=r"mm_per_px: got .* expected"):
        measure(two_bars(), mm_per_px=mm_per_px)


def test_a_mask_that_is_no_mask_is_refused():
    with pytest.raises(UsageError, match="expected bool"):
        measure(two_bars().astype(np.uint8))
    with pytest.raises(UsageError, match="expected the same size"):
        measure(two_bars(), probability=np.zeros((3, 3), dtype=np.float32))


@pytest.mark.data
def test_on_real_masks_width_times_length_is_the_area(data_dir):
    from crackgauge.images import read_mask

    area = product = 0.0
    for path in sorted((data_dir / "uav315" / "masks").iterdir())[:40]:
        cracks = measure(read_mask(path).mask).cracks
        area += cracks["area_px2"].sum()
        product += (cracks["width_mean_px"] * cracks["length_px"]).sum()
    assert product / area == pytest.approx(1, abs=0.05)
