"""The class of each crack by a standard, as columns of the tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from crackgauge.measure.rows import Columns
from crackgauge.measure.standard import NOT_GRADED, Grade, Standard

if TYPE_CHECKING:
    import pandas as pd

NO_SCALE = "not graded: the scale is not known"


def grade_cracks(cracks: Columns, standard: Standard | None) -> Columns:
    """Return `standard`, `severity`, `severity_rank`, `severity_reason` and `standard_verified`.

    Without a standard they are empty (the rank is -1).

    Args:
        cracks: columns of cracks, with those in mm where there is a scale.
        standard: by which they are graded, or None.
    """
    count = len(cracks["length_px"])
    if standard is None:
        return {"severity_rank": [NOT_GRADED] * count}
    grades = [_grade(cracks, index, standard) for index in range(count)]
    return {
        "standard": [standard.name] * count,
        "severity": [grade.severity for grade in grades],
        "severity_rank": [grade.rank for grade in grades],
        "severity_reason": [grade.reason for grade in grades],
        "standard_verified": ["yes" if grade.verified else "no" for grade in grades],
    }


def worst(cracks: pd.DataFrame, standard: Standard | None) -> dict[str, Any]:
    """Return the image's columns of a standard: its name, whether verified, the worst class."""
    if standard is None:
        return {}
    graded = cracks[cracks["severity_rank"] > NOT_GRADED]
    severity = ""
    if len(graded):
        severity = str(graded["severity"].iloc[int(graded["severity_rank"].to_numpy().argmax())])
    verified = standard.verified and "no" not in set(cracks["standard_verified"])
    return {
        "standard": standard.name,
        "standard_verified": "yes" if verified else "no",
        "worst_severity": severity,
    }


def _grade(cracks: Columns, index: int, standard: Standard) -> Grade:
    column = standard.width_column
    if "length_mm" not in cracks:
        return Grade("", NOT_GRADED, NO_SCALE, standard.verified)
    length_mm, width_mm, width_px = (
        float(np.asarray(cracks[name])[index])
        for name in ("length_mm", f"{column}_mm", f"{column}_px")
    )
    if math.isnan(width_mm):
        return Grade("", NOT_GRADED, NO_SCALE, standard.verified)
    return standard.grade(width_mm=width_mm, width_px=width_px, length_mm=length_mm)
