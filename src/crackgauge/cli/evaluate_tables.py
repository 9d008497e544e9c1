"""How `crackgauge evaluate` prints scores and comparisons."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crackgauge.cli.options import one_line
from crackgauge.metrics.comparison import Difference
from crackgauge.metrics.evaluate import Evaluation, Score
from crackgauge.metrics.tolerance import Tolerance
from crackgauge.pipeline import EvaluationReport
from crackgauge.pipeline.evaluation.comparison import Comparison
from crackgauge.pipeline.evaluation.outputs import words_of

_COLUMNS = ("precision", "recall", "f1", "ods", "ois", "ap")
_HEADINGS = {"f1": "F1", "ods": "ODS", "ois": "OIS", "ap": "AP"}
_NAMES = {
    "iou": "IoU",
    "iou_best": "best IoU",
    "aiu": "AIU",
    "dice": "Dice",
    "cldice": "clDice",
    "centreline_iou": "centre-line IoU, 4 px",
    "region_precision": "region precision, 50 px",
    "region_recall": "region recall, 50 px",
    "region_f1": "region F1, 50 px",
    "hd_score": "HD-score, 0 to 100",
    "hd95": "HD95, px",
    "psnr": "PSNR, dB",
    "ssim": "SSIM",
    "false_positive_px_per_mpx": "false-positive px per Mpx, no crack",
    "false_positive_image_rate": "images with false alarm, no crack",
    "ece": "calibration error (ECE)",
}
# Of the comparison the terminal shows these for each tolerance; the file holds all.
_COMPARED = ("precision", "recall", "f1", "ods", "ois")
_SHOWN = 5


def show_report(report: EvaluationReport, out: Path | None) -> None:
    """Print a report: the scores, what they rest on, and what was left out."""
    console = Console(highlight=False, soft_wrap=True)
    empty = int((~report.evaluation.stack.has_crack).sum())
    without = f", {empty} of them without a crack" if empty else ""
    images = _count(len(report.evaluation.images), "image")
    _say(console, f"{images} of {report.truths}{without}")
    _say(console, f"predictions: {report.predictions}{_reading(report.inputs['predictions'])}")
    rules = ", ".join(f"{rule} ({count})" for rule, count in report.truth_rules.items())
    _say(console, f"truths read by the rule: {rules}")
    _show_threshold(console, "threshold", report.evaluation)
    console.print(_tolerant(report.evaluation))
    console.print(_others(report.evaluation))
    if report.evaluation.has_probabilities:
        _say(console, "ODS, OIS and best IoU are at the best thresholds for these very images")
    _show_left_out(console, report)
    if report.comparison is not None:
        _show_comparison(console, report.comparison)
    if out is not None:
        _say(console, str(out))


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(one_line(text), markup=False, style=style)


def _reading(inputs: dict[str, Any]) -> str:
    """What a reader of files must know of the numbers that were found."""
    parts = []
    if inputs.get("lowest_stored") is not None and inputs["read_as"] != "masks":
        parts.append(f"values {inputs['lowest_stored']:g} to {inputs['highest_stored']:g}")
    if inputs.get("resized"):
        sizes = ", ".join(inputs["resized_from"])
        parts.append(f"{inputs['resized']} resized ({inputs['resize_method']}) from {sizes}")
    return "".join(f", {part}" for part in parts)


def _show_threshold(console: Console, name: str, evaluation: Evaluation) -> None:
    source = evaluation.threshold_source
    if evaluation.threshold is None:
        _say(console, f"{name}: none, {source.words}")
        return
    _say(console, f"{name}: {evaluation.threshold:g}, {source.words}")
    if source.evaluated_set:
        _say(
            console,
            f"warning: the {name} was chosen on the very images that are scored, which flatters; "
            "choose it with --threshold-from on validation images",
            "yellow",
        )


def _tolerant(evaluation: Evaluation) -> Table:
    """A row a tolerance; the threshold of the ODS in brackets."""
    keys = [name for name in _COLUMNS if _at(name, evaluation.tolerances[0]) in evaluation.scores]
    table = _table("tolerance", *(_HEADINGS.get(name, name) for name in keys))
    for tolerance in evaluation.tolerances:
        scores = [evaluation.scores[_at(name, tolerance)] for name in keys]
        label = words_of(tolerance).replace("of the ", "")
        table.add_row(label, *(_with_threshold(score) for score in scores))
    return table


def _at(name: str, tolerance: Tolerance) -> str:
    return f"{name}@{tolerance.label}"


def _with_threshold(score: Score) -> str:
    figure = _figure(score.value)
    if not score.key.startswith("ods@") or score.threshold is None:
        return figure
    return f"{figure} (at {score.threshold:.2f})"


def _others(evaluation: Evaluation) -> Table:
    """A row a metric, pooled and as the mean over images where there are both."""
    scores = {key: score for key, score in evaluation.scores.items() if "@" not in key}
    table = _table("metric", "pooled", "mean over images")
    for key in sorted(scores.keys() & _NAMES.keys(), key=list(_NAMES).index):
        mean = scores.get(f"{key}_mean")
        cells = [_figure(scores[key].value), "" if mean is None else _figure(mean.value)]
        if scores[key].pooling.startswith("mean over"):
            cells.reverse()
        if any(cell not in ("", "-") for cell in cells):
            table.add_row(_NAMES[key], *cells)
    return table


def _show_left_out(console: Console, report: EvaluationReport) -> None:
    extra = report.without_truth
    if extra:
        names = ", ".join(extra[:_SHOWN]) + (", ..." if len(extra) > _SHOWN else "")
        words = f"left out, {_count(len(extra), 'prediction')} without a truth: {names}"
        _say(console, words)


def _show_comparison(console: Console, comparison: Comparison) -> None:
    _say(console, f"A: {comparison.a}")
    _say(console, f"B: {comparison.b}{_reading(comparison.inputs['predictions'])}")
    _show_threshold(console, "threshold of B", comparison.evaluation)
    table = _table("metric", "A", "B", "A - B", "95 % interval", "")
    for each in comparison.differences:
        name, _, at = each.key.partition("@")
        if (name in _COMPARED) if at else (name in _NAMES and not math.isnan(each.difference)):
            table.add_row(*_compared(each))
    console.print(table)
    drawn = f"paired bootstrap over {_count(comparison.groups, 'source photo')}"
    _say(console, f"{drawn}; *: the interval excludes 0")
    if comparison.warning:
        _say(console, f"warning: {comparison.warning}", "yellow")


def _compared(each: Difference) -> tuple[str, ...]:
    interval = f"{_signed(each.low)} to {_signed(each.high)}"
    unit = "" if each.unit in ("fraction", "0-100") else f", {each.unit}"
    figures = (_figure(each.a), _figure(each.b), _signed(each.difference), interval)
    return (each.key + unit, *figures, "*" if each.excludes_zero else "")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _figure(value: float) -> str:
    """Four decimals; fewer for large numbers; a dash where there is nothing to take it of.

    >>> _figure(0.94945), _figure(83.456), _figure(float("nan")), _figure(float("inf"))
    ('0.9495', '83.46', '-', 'inf')
    """
    if math.isnan(value):
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _signed(value: float) -> str:
    """As `_figure`, with a sign.

    >>> _signed(0.0125), _signed(-12.345)
    ('+0.0125', '-12.35')
    """
    figure = _figure(value)
    return figure if figure[0] == "-" else f"+{figure}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")
