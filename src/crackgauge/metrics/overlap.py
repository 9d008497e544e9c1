"""Overlap of two masks: IoU and Dice.

Legend: P predicted pixels, T truth pixels; masks are bool (H, W).
"""

from __future__ import annotations

from crackgauge.arrays import Mask
from crackgauge.metrics.tolerance import match_counts


def intersection_over_union(prediction: Mask, truth: Mask) -> float:
    """|P and T| / |P or T|, in [0, 1]; 1 where both are empty (Jaccard 1912).

    Raises:
        UsageError: a wrong type, or sizes that differ.

    >>> import numpy as np
    >>> intersection_over_union(np.array([[True, True, False]]), np.array([[False, True, True]]))
    0.3333333333333333
    """
    counts = match_counts(prediction, truth, tolerance_px=0)
    union = counts.predicted + counts.truth - counts.truth_hits
    return counts.truth_hits / union if union else 1.0


def dice(prediction: Mask, truth: Mask) -> float:
    """2 |P and T| / (|P| + |T|), in [0, 1]; 1 where both are empty (Dice 1945).

    It equals F1 at 0 px.

    Raises:
        UsageError: a wrong type, or sizes that differ.

    >>> import numpy as np
    >>> dice(np.array([[True, True, False]]), np.array([[False, True, True]]))
    0.5
    """
    return match_counts(prediction, truth, tolerance_px=0).f1
