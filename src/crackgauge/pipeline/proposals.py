"""A prediction as traces that can be edited, so that correcting starts from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from crackgauge.annotate import Trace
from crackgauge.annotate.level_edges import level_edges
from crackgauge.annotate.strip import resample
from crackgauge.arrays import Probability, Window, check_probability
from crackgauge.measure import MIN_AREA_PX2, measure
from crackgauge.pipeline.regions import MEASURED_AT_ONCE_PX, Region, Regions

_BLOCK_PX = 2048
# Around a region, for the edges between pixels.
_MARGIN_PX = 8


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


def propose_by_window(
    read_probability: Callable[[Window], Probability],
    height: int,
    width: int,
    *,
    threshold: float = 0.5,
    min_area_px2: int = MIN_AREA_PX2,
    label: str = "crack",
) -> Iterator[Trace]:
    """Do as `propose` for a probability that is too large for the memory.

    Cracks that touch are looked at together, within the windows that they lie in; one network
    larger than 50 megapixels comes in pieces of 2048 px.

    Args:
        read_probability: gives a window, float32 (window.height, window.width) in [0, 1].
        height: H of the image.
        width: W.
        threshold: a pixel is crack from this probability on.
        min_area_px2: smaller cracks are left out.
        label: of every trace.
    """
    regions = Regions(width)
    for row in range(0, height, _BLOCK_PX):
        for col in range(0, width, _BLOCK_PX):
            size = (min(_BLOCK_PX, height - row), min(_BLOCK_PX, width - col))
            window = Window(row, col, *size)
            regions.add(window, read_probability(window) >= np.float32(threshold))
    for region in regions.regions(largest_px=MEASURED_AT_ONCE_PX):
        around = _grown(region.bounds, height, width)
        values = _alone(read_probability(around), region, around, threshold)
        for trace in propose(values, threshold=threshold, min_area_px2=min_area_px2, label=label):
            yield _moved(trace, around.col, around.row)


def _grown(window: Window, height: int, width: int) -> Window:
    top, left = max(window.row - _MARGIN_PX, 0), max(window.col - _MARGIN_PX, 0)
    bottom = min(window.row + window.height + _MARGIN_PX, height)
    return Window(
        top, left, bottom - top, min(window.col + window.width + _MARGIN_PX, width) - left
    )


def _alone(values: Probability, region: Region, around: Window, threshold: float) -> Probability:
    """Take the cracks of other regions out of a window."""
    others = values >= np.float32(threshold)
    for block in region.blocks:
        row, col = block.row - around.row, block.col - around.col
        others[row : row + block.height, col : col + block.width] = False
    return np.where(others, np.float32(0), values)


def _moved(trace: Trace, x_px: float, y_px: float) -> Trace:
    left, right = (
        tuple((x + x_px, y + y_px) for x, y in side) for side in (trace.left, trace.right)
    )
    return Trace(label=trace.label, left=left, right=right)
