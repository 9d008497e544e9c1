from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.report.surveys import survey_of

from crackgauge.report.segments import segments_of


def test_two_segments_by_hand():
    line = np.array([[0, 0, 2], [3, -4, 4], [3, 6, 6]], dtype=np.float64)
    branches = pd.DataFrame(
        {
            "line_px": [line, None],
            "length_px": [15.0, 1.0],
            "length_mm": [30.0, 1.0],
            "width_mean_px": [4.0, 1.0],
            "width_mean_mm": [12.0, 1.0],
        }
    )
    found = segments_of(branches, in_mm=True)
    assert found.length.tolist() == [10, 20]
    assert found.width.tolist() == [9, 15]
    assert found.width_px.tolist() == [3, 5]
    assert found.angle_deg.tolist() == pytest.approx([53.13, 90], abs=0.01)
    assert segments_of(branches, in_mm=False).length.tolist() == [5, 10]


def test_the_segments_of_a_survey_are_as_long_as_its_cracks():
    survey = survey_of("a.jpg", mm_per_px=0.5)
    found = segments_of(survey.branches, in_mm=True)
    assert found.length.sum() == pytest.approx(survey.cracks["length_mm"].sum(), rel=0.01)


def test_no_branch_has_no_segment():
    assert len(segments_of(survey_of("a.jpg").branches.iloc[:0], in_mm=False).length) == 0
