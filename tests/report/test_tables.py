from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from crackgauge.measure import join, measure
from crackgauge.measure.columns import BRANCH_COLUMNS, CRACK_COLUMNS, IMAGE_COLUMNS
from crackgauge.report.tables import write_branches_csv, write_cracks_csv, write_images_csv


def survey_of(*names: str, mm_per_px: float | None = None):
    mask = np.zeros((60, 120), dtype=bool)
    mask[20:24, 10:90] = True
    mask[40:43, 10:60] = True
    return join(measure(mask, image=name, mm_per_px=mm_per_px) for name in names)


def rows_of(path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8"))))


def test_every_table_has_its_columns_with_and_without_scale(tmp_path):
    for mm_per_px in (None, 0.2):
        survey = survey_of("a.jpg", mm_per_px=mm_per_px)
        write_images_csv(tmp_path / "images.csv", survey.images)
        write_cracks_csv(tmp_path / "cracks.csv", survey.cracks)
        write_branches_csv(tmp_path / "branches.csv", survey.branches)
        assert rows_of(tmp_path / "images.csv")[0] == list(IMAGE_COLUMNS)
        assert rows_of(tmp_path / "cracks.csv")[0] == list(CRACK_COLUMNS)
        of_branches = [name for name in BRANCH_COLUMNS if name != "line_px"]
        assert rows_of(tmp_path / "branches.csv")[0] == of_branches


def test_numbers_by_hand(tmp_path):
    write_cracks_csv(tmp_path / "cracks.csv", survey_of("a.jpg", mm_per_px=0.2).cracks)
    header, first, second = rows_of(tmp_path / "cracks.csv")
    cells = dict(zip(header, first, strict=True))
    assert (cells["image"], cells["crack_id"], cells["branch_count"]) == ("a.jpg", "1", "1")
    assert (cells["length_px"], cells["length_mm"]) == ("80.0000", "16.0000")
    assert (cells["angle_deg"], cells["area_px2"], cells["confidence"]) == (
        "0.00",
        "320.0000",
        "",
    )
    assert dict(zip(header, second, strict=True))["length_px"] == "50.0000"


def test_rows_are_sorted_and_the_bytes_do_not_depend_on_the_order(tmp_path):
    survey = survey_of("b.jpg", "a.jpg", "c.jpg")
    write_cracks_csv(tmp_path / "one.csv", survey.cracks)
    write_cracks_csv(tmp_path / "two.csv", survey.cracks.iloc[::-1])
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    names = [row[:2] for row in rows_of(tmp_path / "one.csv")[1:]]
    assert names == [[f"{name}.jpg", number] for name in "abc" for number in "12"]


@pytest.mark.parametrize("name", ["=1+1.jpg", "+a.jpg", "-a.jpg", "@a.jpg", "\ta.jpg", "\ra.jpg"])
def test_a_name_is_never_a_formula(tmp_path, name):
    write_images_csv(tmp_path / "images.csv", survey_of(name).images)
    assert rows_of(tmp_path / "images.csv")[1][0].startswith("'")


def test_commas_quotes_and_odd_bytes_in_names(tmp_path):
    names = ['a, "b".jpg', "b\udcff.jpg", "straße.jpg"]
    write_images_csv(tmp_path / "images.csv", survey_of(*names).images)
    written = [row[0] for row in rows_of(tmp_path / "images.csv")[1:]]
    assert written == ['a, "b".jpg', "b\\udcff.jpg", "straße.jpg"]


def test_photo_data_and_a_small_negative_number(tmp_path):
    images = survey_of("a.jpg", mm_per_px=0.1 + 0.2).images.assign(
        latitude_deg=-33.8567844, longitude_deg=-1e-9, captured_at="2024-05-17T10:31:02"
    )
    write_images_csv(tmp_path / "images.csv", images)
    header, row = rows_of(tmp_path / "images.csv")
    cells = dict(zip(header, row, strict=True))
    assert (cells["latitude_deg"], cells["longitude_deg"]) == ("-33.8567844", "0.0000000")
    assert (cells["mm_per_px"], cells["altitude_m"]) == ("0.30000000000000004", "")


def test_no_image_is_a_header_alone(tmp_path):
    write_images_csv(tmp_path / "images.csv", pd.DataFrame())
    assert rows_of(tmp_path / "images.csv") == [list(IMAGE_COLUMNS)]
