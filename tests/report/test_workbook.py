from __future__ import annotations

import math

import openpyxl
import pandas as pd
from tests.report.surveys import survey_of

from crackgauge.report import workbook
from crackgauge.report.workbook import write_workbook


def test_openpyxl_reads_numbers_as_numbers(tmp_path):
    survey = survey_of("a.jpg", mm_per_px=0.5)
    tables = {"images": survey.images, "cracks": survey.cracks, "branches": survey.branches}
    write_workbook(tmp_path / "a.xlsx", about={"title": "Deck"}, tables=tables)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["about", "images", "cracks", "branches"]
    assert [cell.value for cell in book["about"][1]] == ["title", "Deck"]
    header, first, second = book["cracks"].iter_rows(values_only=True)
    row = dict(zip(header, first, strict=True))
    assert (row["image"], row["crack_id"], row["length_mm"]) == ("a.jpg", 1, 40)
    assert row["confidence"] is None
    assert dict(zip(header, second, strict=True))["severity"] == "severe / wide"
    assert "line_px" not in [cell.value for cell in book["branches"][1]]
    assert book["cracks"].freeze_panes == "B2"


def test_texts_are_never_formulas_and_control_characters_are_spaces(tmp_path):
    table = pd.DataFrame({"image": ["=1+1.jpg", "a\x07b"], "width_px": [math.nan, 2.5]})
    write_workbook(tmp_path / "a.xlsx", about={}, tables={"images": table})
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["images"]
    assert [cell.value for cell in sheet["A"]] == ["image", "'=1+1.jpg", "a b"]
    assert sheet["A2"].data_type == "s"
    assert [cell.value for cell in sheet["B"]] == ["width_px", None, 2.5]


def test_what_does_not_fit_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    table = pd.DataFrame({"image": ["a", "b", "c"]})
    write_workbook(tmp_path / "a.xlsx", about={}, tables={"images": table})
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book["images"].max_row == 2
    assert book["about"]["B1"].value == "2; all are in images.csv"


def test_equal_tables_give_equal_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1715904000")
    table = pd.DataFrame({"image": ["a"]})
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(tmp_path / name, about={}, tables={"images": table})
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    assert (book.properties.created.year, book.properties.modified.year) == (2024, 2024)
