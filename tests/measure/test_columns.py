from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crackgauge.measure.columns import Kind, as_frame

COLUMNS: dict[str, Kind] = {"image": "str", "crack_id": "int", "length_px": "float"}


def test_rows_columns_and_frames_give_the_same_table():
    rows = [{"image": "a", "crack_id": 1, "length_px": 2.5}, {"image": "b", "crack_id": 2}]
    values = {"length_px": [2.5, None], "crack_id": [1, 2], "image": ["a", "b"], "other": [0, 0]}
    expected = as_frame(rows, COLUMNS)
    assert list(expected.columns) == list(COLUMNS)
    assert np.isnan(expected["length_px"][1])
    pd.testing.assert_frame_equal(as_frame(values, COLUMNS), expected)
    pd.testing.assert_frame_equal(as_frame(pd.DataFrame(values), COLUMNS), expected)
    # The order of a frame's index does not matter.
    pd.testing.assert_frame_equal(as_frame(pd.DataFrame(values, index=[7, 3]), COLUMNS), expected)


def test_missing_text_is_empty_and_missing_rows_are_none():
    table = as_frame({"crack_id": [1], "image": [None]}, COLUMNS)
    assert table["image"].tolist() == [""]
    assert len(as_frame([], COLUMNS)) == len(as_frame(pd.DataFrame(), COLUMNS)) == 0
    with pytest.raises(TypeError):
        as_frame({"image": ["a"]}, COLUMNS)
