from __future__ import annotations

import html
import re

import pandas as pd

from crackgauge.measure.columns import as_frame
from crackgauge.measure.visits import CHANGE_COLUMNS
from crackgauge.report import comparison
from crackgauge.report.comparison import (
    PAIR_COLUMNS,
    ComparisonContent,
    write_changes_csv,
    write_comparison,
    write_pairs_csv,
)


def changes() -> pd.DataFrame:
    common = {"image_before": "a.jpg", "image_after": "<b>.jpg", "reason": "why"}
    grown = {
        "length_before_px": 100,
        "length_after_px": 150,
        "length_before_mm": 50,
        "length_after_mm": 75.5,
        "width_mean_before_mm": 0.3,
        "width_mean_after_mm": 0.42,
    }
    rows = [
        {"change_id": 1, "status": "unchanged", "length_before_px": 9, "length_after_px": 9},
        {"change_id": 2, "status": "grown", **grown},
        {"change_id": 3, "status": "new", "length_before_px": 0, "length_after_px": 40},
    ]
    return as_frame([{**common, **row} for row in rows], CHANGE_COLUMNS)


def content(**more: object) -> ComparisonContent:
    pair = {"image_before": "a.jpg", "image_after": "<b>.jpg", "registration": "features"}
    counts = {name: 0 for name, kind in PAIR_COLUMNS.items() if kind == "int"}
    counts |= {"new_count": 1, "grown_count": 1, "unchanged_count": 1, "inlier_count": 77}
    pairs = as_frame([{**pair, **counts, "registration_error_px": 0.5}], PAIR_COLUMNS)
    return ComparisonContent("spring", "autumn", changes(), pairs, {}, **more)


def text_of(page: str) -> str:
    body = page[page.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_new_ones_come_first_and_unchanged_ones_are_counted_alone(tmp_path):
    write_comparison(tmp_path / "c.html", content())
    page = (tmp_path / "c.html").read_text("utf-8")
    text = text_of(page)
    assert "spring → autumn" in text
    assert text.index("3 <b>.jpg new – → 40.0 px") < text.index("2 <b>.jpg grown 50.0 → 75.5 mm")
    assert "0.300 → 0.420 mm" in text
    assert "Unchanged 1" in text
    assert "77 points, 0.5 px" in text
    assert "<b>" not in page


def test_what_is_left_out_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "LISTED_CHANGES", 1)
    refused = [("c.jpg", "unsupported", "only 3 points")]
    write_comparison(tmp_path / "c.html", content(set_aside=refused))
    text = text_of((tmp_path / "c.html").read_text("utf-8"))
    assert "1 more are in changes.csv." in text
    assert "c.jpg unsupported only 3 points" in text


def test_tables_have_their_columns(tmp_path):
    write_changes_csv(tmp_path / "changes.csv", changes().iloc[::-1])
    write_pairs_csv(tmp_path / "pairs.csv", content().pairs)
    found = pd.read_csv(tmp_path / "changes.csv")
    assert list(found.columns) == list(CHANGE_COLUMNS)
    assert found["change_id"].tolist() == [1, 2, 3]
    assert list(pd.read_csv(tmp_path / "pairs.csv").columns) == list(PAIR_COLUMNS)
