"""A prediction as traces that can be edited, so that correcting starts from it."""

from __future__ import annotations

import numpy as np

from crackgauge.annotate import Trace
from crackgauge.annotate.level_edges import level_edges
from crackgauge.annotate.strip import resample
from crackgauge.arrays import Probability, check_probability
from crackgauge.measure import MIN_AREA_PX2, measure


def propose(
    probability: Probability,
    *,
    threshold: float = 0.5,
    min_area_px2: int = MIN_AREA_PX2,
    label: str = "crack",
) -> list[Trace]:
    """Turn a prediction into traces, one a branch of its skeleton.

    Args:
        probability: float32 (H, W) in [0, 1].
        threshold: a pixel is crack from this probability on.
        min_area_px2: smaller cracks are left out.
        label: of every trace.

    Returns:
        Traces without clicked points, in the order of cracks and branches; their edges are where
        the probability falls below the threshold. Drawn together they are the mask but for
        fractions of pixels.

    Raises:
        UsageError: no probability.

    >>> probability = np.zeros((40, 90), np.float32)
    >>> probability[18:23, 10:80] = 0.9
    >>> [trace] = propose(probability)
    >>> trace.edges.width_px.mean().round(), len(trace.left)
    (np.float64(5.0), 71)
    """
    check_probability(probability)
    mask = probability >= np.float32(threshold)
    survey = measure(mask, probability=probability, threshold=threshold, min_area_px2=min_area_px2)
    found = []
    for branch in survey.branches["line_px"]:
        if branch is None or not np.diff(branch[:, :2], axis=0).any():
            continue  # a branch of one pixel has no direction
        line = resample(branch)  # x, y and the width, evenly along the line
        edges = level_edges(line[:, :2], line[:, 2], probability, threshold=threshold)
        found.append(Trace.of(edges, label=label))
    return found
