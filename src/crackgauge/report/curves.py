"""Curves over the threshold as pictures: precision and recall, IoU, reliability.

Legend: T thresholds, B bins of probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.report.figure import (
    FAINT,
    GREY,
    Marked,
    colour,
    legend_label,
    line_style,
    mark_points,
    new_figure,
    set_unit_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEAN_STYLE: dict[str, Any] = {"linewidth": 1.4, "linestyle": (0, (1.5, 2.5))}
_EQUAL_F1 = np.arange(1, 10) / 10
_Values = npt.NDArray[np.float64]


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall at T thresholds.

    Args:
        label: in the legend, such as the tolerance.
        precision: (T,), fractions.
        recall: (T,), fractions.
        best: index of the ODS threshold, which is marked.
    """

    label: str
    precision: _Values
    recall: _Values
    best: int


class IouCurve(NamedTuple):
    """IoU at T thresholds, fractions (T,); NaN where there is nothing to take it of."""

    label: str
    iou: _Values


class ReliabilityBins(NamedTuple):
    """Pixels sorted by their probability into B bins.

    Args:
        label: in the legend, such as the calibration error.
        edges: (B + 1,), ascending, 0 to 1.
        probability: (B,), mean of the pixels in the bin; NaN where there is none.
        share: (B,), fraction of them that is crack; NaN where there is none.
        pixels: (B,), how many they are.
    """

    label: str
    edges: _Values
    probability: _Values
    share: _Values
    pixels: npt.NDArray[np.int64]


def write_precision_recall(
    path: str | Path,
    curves: Sequence[PrecisionRecallCurve],
    *,
    thresholds: Sequence[float],
    title: str,
    note: str = "",
) -> None:
    """Draw precision over recall, each curve's ODS point with its threshold, and lines of equal F1.

    Thresholds at which precision and recall are both 0 (nothing is found) are left out.

    Args:
        path: ends in .png; atomic.
        curves: at least one.
        thresholds: the T thresholds of all curves, ascending.
        title: stands above.
        note: stands below the title, such as where the threshold comes from.

    Raises:
        UsageError: no curve, lengths that differ, an index outside, another suffix.
        StorageError: the file cannot be written.
    """
    _check_some(curves)
    for curve in curves:
        _check_length("precision", curve.precision, len(thresholds))
        _check_length("recall", curve.recall, len(thresholds))
        if not 0 <= curve.best < len(thresholds):
            raise UsageError(
                f"best of {curve.label}: got {curve.best}, expected an index below "
                f"{len(thresholds)}"
            )
    with new_figure(path, height_in=7.7 + 0.3 * len(curves), title=title, note=note) as figure:
        axes = figure.add_subplot(1, 1, 1)
        _draw_equal_f1(axes)
        marked = []
        for index, curve in enumerate(curves):
            precision, recall = float(curve.precision[curve.best]), float(curve.recall[curve.best])
            at = f"{thresholds[curve.best]:.2f}"
            words = f"{curve.label}: ODS {_f1(precision, recall):.4f} at threshold {at}"
            found = (curve.precision > 0) | (curve.recall > 0)
            axes.plot(
                curve.recall[found],
                curve.precision[found],
                clip_on=False,
                label=legend_label(words),
                **line_style(index),
            )
            marked.append(Marked(recall, precision, at, colour(index)))
        mark_points(axes, marked, above=False)
        set_unit_axes(axes, x_label="recall", y_label="precision")


def write_iou_curves(
    path: str | Path,
    curves: Sequence[IouCurve],
    *,
    thresholds: Sequence[float],
    threshold: float | None,
    title: str,
    note: str = "",
) -> None:
    """Draw IoU over the threshold, with the mean (AIU) and the best of each curve.

    Args:
        path: ends in .png; atomic.
        curves: at least one.
        thresholds: the T thresholds of all curves, ascending.
        threshold: the one that the fixed scores use, an upright line; None draws none.
        title: stands above.
        note: stands below the title, such as where the threshold comes from.

    Raises:
        UsageError: no curve, lengths that differ, another suffix.
        StorageError: the file cannot be written.
    """
    _check_some(curves)
    for curve in curves:
        _check_length("iou", curve.iou, len(thresholds))
    with new_figure(path, height_in=6.1 + 0.3 * len(curves), title=title, note=note) as figure:
        axes = figure.add_subplot(1, 1, 1)
        axes.grid(color=FAINT, linewidth=0.6)
        marked = []
        for index, curve in enumerate(curves):
            best = _middle_best(curve.iou)
            words = f"{curve.label}: nothing to take it of"
            if best is not None:
                at, highest = f"{thresholds[best]:.2f}", float(curve.iou[best])
                mean = float(np.nanmean(curve.iou))
                words = f"{curve.label}: best {highest:.4f} at {at}, AIU {mean:.4f}"
                marked.append(Marked(thresholds[best], highest, at, colour(index)))
                axes.axhline(mean, color=colour(index), **_MEAN_STYLE)
            axes.plot(thresholds, curve.iou, label=legend_label(words), **line_style(index))
        if threshold is not None:
            words = f"threshold of the fixed scores: {threshold:.4g}"
            axes.axvline(threshold, color=GREY, linewidth=1.6, label=words)
        axes.plot([], [], color=GREY, label="mean over the thresholds (AIU)", **_MEAN_STYLE)
        mark_points(axes, marked, above=True)
        set_unit_axes(axes, x_label="threshold", y_label="IoU")


def write_reliability(
    path: str | Path, curves: Sequence[ReliabilityBins], *, title: str, note: str = ""
) -> None:
    """Draw the share of crack over the predicted probability, and below how many pixels there are.

    On the dashed line the probability means what it says; below it too much is promised.

    Args:
        path: ends in .png; atomic.
        curves: at least one.
        title: stands above.
        note: stands below the title.

    Raises:
        UsageError: no curve, lengths that differ, another suffix.
        StorageError: the file cannot be written.
    """
    _check_some(curves)
    for curve in curves:
        bins = len(curve.edges) - 1
        for name in ("probability", "share", "pixels"):
            _check_length(name, getattr(curve, name), bins)
    with new_figure(path, height_in=8.6 + 0.3 * len(curves), title=title, note=note) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        above.plot((0, 1), (0, 1), color=GREY, linewidth=1.4, linestyle="--", label="calibrated")
        above.grid(color=FAINT, linewidth=0.6)
        for index, curve in enumerate(curves):
            style = line_style(index)
            seen = curve.pixels > 0
            above.plot(
                curve.probability[seen],
                curve.share[seen],
                marker="o",
                markersize=7,
                clip_on=False,
                label=legend_label(curve.label),
                **style,
            )
            counts = np.where(seen, curve.pixels, np.nan)
            below.stairs(counts, curve.edges, linewidth=1.8, **style)
        set_unit_axes(above, x_label="", y_label="share of the pixels that is crack")
        most = max(10, *(int(curve.pixels.max()) for curve in curves))
        below.set_ylim(0.5, 2 * most)  # a bin of one pixel is seen too
        below.set(yscale="log", ylabel="pixels", xlabel="predicted probability")
        below.yaxis.set_major_formatter("{x:,.0f}")


def _draw_equal_f1(axes: Axes) -> None:
    """Light lines of F1 = 0.1 ... 0.9, named at the right border."""
    for f1 in _EQUAL_F1:
        recall = np.linspace(f1 / (2 - f1), 1, 200)
        axes.plot(recall, f1 * recall / (2 * recall - f1), color=FAINT, linewidth=0.9, zorder=1)
    right = axes.secondary_yaxis("right")
    right.set_yticks(_EQUAL_F1 / (2 - _EQUAL_F1), [f"{f1:.1f}" for f1 in _EQUAL_F1])
    right.set_ylabel("F1 of the grey lines", color=GREY)
    right.tick_params(colors=GREY, length=0, labelsize=11)
    right.spines["right"].set_visible(False)


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


def _middle_best(values: _Values) -> int | None:
    """Index of the highest value, of equals the middle one, as `metrics.curves` chooses."""
    if np.isnan(values).all():
        return None
    best = np.flatnonzero(values == np.nanmax(values))
    return int(best[(len(best) - 1) // 2])


def _check_some(curves: Sequence[object]) -> None:
    if not curves:
        raise UsageError("got no curve to draw, expected at least one")


def _check_length(name: str, values: npt.NDArray[np.generic], expected: int) -> None:
    if values.shape != (expected,):
        raise UsageError(f"{name}: got the shape {values.shape}, expected ({expected},)")
