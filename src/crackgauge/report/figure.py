"""A figure to draw curves on: its style, its head, marked points.

matplotlib is loaded when a picture is drawn, and without its global state (pyplot). A user's own
style has no say and the file bears neither a date nor a version: equal curves give equal bytes.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crackgauge.errors import UsageError
from crackgauge.files import atomic_path
from crackgauge.report.lettering import break_lines, open_font, quiet_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY, FAINT = "#555555", "#C4C4C4"
_WARNING = "#A33B00"
# Okabe and Ito (2008), the ones that stand out on white; the dashes tell them apart in print.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")

_WIDTH_IN, _DPI = 7.6, 140
_TEXT_PT, _TITLE_PT = 12, 15
_TEXT_WIDTH_PX = 900
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": _TEXT_PT,
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.h_pad": 0.14,
    "figure.constrained_layout.w_pad": 0.14,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "text.parse_math": False,  # a $ in a name is a $
}
# Where words may stand: so many steps right (or left) of their point and up (or down).
_STEP_PT = 9
_NEAR_AND_FAR = ((1, 1), (1, 3.2), (5.5, 1), (5.5, 3.2))
_ABOVE = tuple((x * a, y * b) for x, y in _NEAR_AND_FAR for a, b in ((1, 1), (-1, 1), (1, -1)))
_BELOW = tuple((x * a, y * b) for x, y in _NEAR_AND_FAR for a, b in ((-1, -1), (1, 1), (-1, 1)))


class Marked(NamedTuple):
    """A point in [0, 1] x [0, 1] with its words."""

    x: float
    y: float
    words: str
    colour: str


class _Box(NamedTuple):
    """Room that a point or its words take, as shares of the axes."""

    x: float
    y: float
    half_width: float
    half_height: float

    def meets(self, other: _Box) -> bool:
        return (
            abs(self.x - other.x) < self.half_width + other.half_width
            and abs(self.y - other.y) < self.half_height + other.half_height
        )

    @property
    def is_inside(self) -> bool:
        return (
            self.half_width <= self.x <= 1 - self.half_width
            and self.half_height <= self.y <= 1 - self.half_height
        )


@contextlib.contextmanager
def new_figure(path: str | Path, *, height_in: float, title: str, note: str) -> Iterator[Figure]:
    """Give a figure to draw on; afterwards it gets its head and its legend and is written.

    Args:
        path: ends in .png; atomic. Nothing is written where the body raises.
        height_in: in inches of 140 px; the width is 7.6.
        title: above the first axes.
        note: below the title; "" leaves it out.

    Raises:
        UsageError: another suffix.
        StorageError: the file cannot be written.
    """
    if Path(path).suffix.lower() != ".png":
        raise UsageError(f"{path}: got the suffix {Path(path).suffix!r}, expected .png")
    with quiet_matplotlib():
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            figure = Figure(figsize=(_WIDTH_IN, height_in), dpi=_DPI, layout="constrained")
            FigureCanvasAgg(figure)
            yield figure
            _draw_head(figure.axes[0], title, note)
            figure.legend(loc="outside lower center")
            with atomic_path(path) as temporary:
                figure.savefig(temporary, metadata={"Software": None})


def colour(index: int) -> str:
    """Return the colour of a curve."""
    return _COLOURS[index % len(_COLOURS)]


def line_style(index: int) -> dict[str, Any]:
    """Return the colour and the dashes of a curve."""
    return {"color": colour(index), "linestyle": _DASHES[index % len(_DASHES)]}


def legend_label(text: str) -> str:
    """Return the words of a curve, broken into lines that fit the figure."""
    words = _fit(text)
    # matplotlib leaves labels with a leading underscore out of the legend.
    return f" {words}" if words.startswith("_") else words


def set_unit_axes(axes: Axes, *, x_label: str, y_label: str) -> None:
    """Show 0 to 1 on both axes."""
    ticks = np.linspace(0, 1, 11)
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks, xlabel=x_label, ylabel=y_label)


def mark_points(axes: Axes, points: Sequence[Marked], *, above: bool) -> None:
    """Draw points with their words beside them, where they do not cover one another.

    Args:
        axes: unit axes.
        points: in the order in which they choose their side.
        above: tries the sides above a point first.
    """
    from matplotlib.patheffects import withStroke

    for point, (right, up) in zip(points, _choose_sides(points, above=above), strict=True):
        axes.plot(
            point.x,
            point.y,
            "o",
            color=point.colour,
            markersize=11,
            markeredgecolor="white",
            markeredgewidth=1.6,
            clip_on=False,
            zorder=5,
        )
        axes.annotate(
            point.words,
            (point.x, point.y),
            xytext=(_STEP_PT * right, _STEP_PT * up),
            textcoords="offset points",
            ha="left" if right > 0 else "right",
            va="bottom" if up > 0 else "top",
            color=point.colour,
            fontweight="bold",
            zorder=6,
            path_effects=[withStroke(linewidth=3.5, foreground="white")],
        )


def _choose_sides(points: Sequence[Marked], *, above: bool) -> list[tuple[float, float]]:
    sides = _ABOVE if above else _BELOW
    taken = [_Box(point.x, point.y, 0.014, 0.018) for point in points]
    chosen = []
    for point in points:
        boxes = [
            _Box(
                point.x + math.copysign(0.034 + 0.021 * abs(right), right),
                point.y + math.copysign(0.02 + 0.024 * abs(up), up),
                0.038,
                0.024,
            )
            for right, up in sides
        ]
        free = [
            index
            for index, box in enumerate(boxes)
            if box.is_inside and not any(box.meets(other) for other in taken)
        ]
        index = free[0] if free else 0
        taken.append(boxes[index])
        chosen.append(sides[index])
    return chosen


def _draw_head(axes: Axes, title: str, note: str) -> None:
    above_pt = 12.0
    if note:
        words = _fit(note)
        axes.annotate(
            words,
            (0, 1),
            xytext=(0, 12),
            xycoords="axes fraction",
            textcoords="offset points",
            color=_WARNING,
            linespacing=1.3,
        )
        above_pt += 20 * (1 + words.count("\n"))
    font = open_font(_in_px(_TITLE_PT), bold=True)
    lines = break_lines(title, font, _TEXT_WIDTH_PX)
    axes.set_title(
        "\n".join(lines), loc="left", fontsize=_TITLE_PT, fontweight="bold", pad=above_pt
    )


def _fit(text: str) -> str:
    return "\n".join(break_lines(text, open_font(_in_px(_TEXT_PT)), _TEXT_WIDTH_PX))


def _in_px(size_pt: float) -> int:
    return round(size_pt * _DPI / 72)
