"""Bodies that fit the description and yet make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from crackgauge.web.schemas import ProjectChange, Scale


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"mm_per_px": 1, "marker_mm": 50},
        {"points_mm": 100},
        {"points_px": [0, 0, 10, 0]},
        {"mm_per_px": 1e-320},  # nothing could be drawn
        {"mm_per_px": 1e9},
        {"mm_per_px": float("nan")},
        {"points_px": [3, 4, 3, 4], "points_mm": 100},
        {"points_px": [0, 0, 1e-320, 0], "points_mm": 100},  # infinitely many mm per px
        {"points_px": [0, 0, 1e-5, 0], "points_mm": 1e8},
        {"points_px": [0, 0, 1e6, 0], "points_mm": 1e-9},
    ],
)
def test_scales_that_are_none(given: dict[str, Any]):
    with pytest.raises(ValidationError):
        Scale(**given)


def test_scales():
    assert Scale(points_px=(0, 0, 3, 4), points_mm=1).points_mm == 1
    assert Scale(mm_per_px=1e-9).mm_per_px == 1e-9
    with pytest.raises(ValidationError, match="mm_per_px"):
        ProjectChange(version=1, mm_per_px=1e-10)


def test_a_scale_that_was_kept_is_shown_as_it_is():
    kept = Scale.kept({"points_px": [0, 0, 1e-5, 0], "points_mm": 1e8})
    assert kept.model_dump(exclude_none=True) == {"points_px": (0, 0, 1e-5, 0), "points_mm": 1e8}
