"""Sessions of tracing as one more label format, which is read only.

A trace and a polygon become the polygons that they fill, a brush stroke a line with its width. What
a later stroke of the eraser takes a pixel from becomes a mask. Together they are the session's
mask, bit by bit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.annotate import AnyStroke, Brush, Erase, Polygon, Session, Trace
from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, InputRefused, UsageError
from crackgauge.labels import LabelFormat, MaskShape, Polyline, Shape
from crackgauge.labels import Polygon as Area
from crackgauge.labels.checking import Collector, Found, check_pixels, to_text
from crackgauge.labels.mask_file import LABEL

# More strokes under erasers than anybody draws become one mask, for each costs a drawing.
_MOST_PAIRS = 100_000


def is_session(tree: Any) -> bool:
    """Whether JSON looks like a session's."""
    return isinstance(tree, dict) and str(tree.get("format")).startswith("crackgauge session")


def read_session(tree: dict[str, Any], path: Path) -> Found:
    """Read a session as shapes; strokes without a label are cracks.

    Args:
        tree: the JSON.
        path: the file, for errors.

    Returns:
        One entry.

    Raises:
        InputRefused: the session cannot be read.
    """
    try:
        session = Session.from_json(json.dumps(tree))
    except (UsageError, RecursionError) as error:
        sentence = str(error) if isinstance(error, UsageError) else "is nested too deeply; save it"
        raise InputRefused(path, CORRUPT, sentence) from error
    collector = Collector(path, session.image, session.width, session.height)
    pairs = list(_with_erasers(session))
    if sum(len(erasers) for _, _, erasers in pairs) > _MOST_PAIRS:
        collector.add(partial(_whole, session, path))
    else:
        for stroke, shape, erasers in pairs:
            collector.add(partial(_erased, stroke, shape, erasers, session, path))
    return Found([collector.done()], [])


SESSION = LabelFormat(
    "crackgauge session", ".json", many=False, lines=True, recognise=is_session, read=read_session
)


def _with_erasers(session: Session) -> Iterator[tuple[AnyStroke, Polyline | Area, list[Erase]]]:
    """Each stroke that draws, its shape, and the later strokes of the eraser that come near it."""
    strokes = list(session.current().values())
    erasers = [(n, each) for n, each in enumerate(strokes) if isinstance(each, Erase)]
    numbers = np.array([number for number, _ in erasers])
    windows = np.array([_window(_line(each), session) for _, each in erasers]).reshape(-1, 4)
    for number, stroke in enumerate(strokes):
        shape = _shape(stroke)
        if shape is None:
            continue
        row, col, height, width = _window(shape, session)
        near = (numbers > number) & (windows[:, 0] < row + height) & (windows[:, 1] < col + width)
        near &= (row < windows[:, 0] + windows[:, 2]) & (col < windows[:, 1] + windows[:, 3])
        yield stroke, shape, [erasers[index][1] for index in np.flatnonzero(near)]


def _whole(session: Session, path: Path) -> list[Shape]:
    """The whole session as one mask."""
    check_pixels(session.height, session.width, path=path, where="the session")
    mask = session.mask()
    return [MaskShape.of(mask, label=LABEL)] if mask.any() else []


def _erased(
    stroke: AnyStroke,
    shape: Polyline | Area,
    erasers: Sequence[Erase],
    session: Session,
    path: Path,
) -> list[Shape]:
    """What a stroke draws, after later strokes of the eraser."""
    if not erasers:
        return [shape]
    window = _window(shape, session)
    check_pixels(window.height, window.width, path=path, where="a stroke under the eraser")
    mask = np.zeros((window.height, window.width), np.bool_)
    stroke.draw(mask, x_px=window.col, y_px=window.row)
    before = int(mask.sum())
    for each in erasers:
        each.draw(mask, x_px=window.col, y_px=window.row)
    if int(mask.sum()) == before:
        return [shape]
    if not mask.any():
        return []
    return [MaskShape.of(mask, row=window.row, col=window.col, label=shape.label)]


def _shape(stroke: AnyStroke) -> Polyline | Area | None:
    label = to_text(stroke.label) or LABEL
    if isinstance(stroke, Trace):
        return Area(tuple((x, y) for x, y in stroke.edges.polygon.tolist()), label)
    if isinstance(stroke, Polygon):
        return Area(stroke.points, label)
    return _line(stroke, label) if isinstance(stroke, Brush) else None


def _line(stroke: Brush | Erase, label: str = "") -> Polyline:
    return Polyline(stroke.points, label, width_px=2 * stroke.radius_px)


def _window(shape: Polyline | Area, session: Session) -> Window:
    """The part of the image that a shape may touch; one pixel at least."""
    margin = (shape.width_px or 0) / 2 if isinstance(shape, Polyline) else 0
    x, y = np.array(shape.points).T
    left, right = _within(float(x.min()) - margin, float(x.max()) + margin, session.width)
    top, bottom = _within(float(y.min()) - margin, float(y.max()) + margin, session.height)
    return Window(top, left, bottom - top, right - left)


def _within(first: float, last: float, size: int) -> tuple[int, int]:
    begin = min(max(math.floor(first), 0), size - 1)
    return begin, max(begin + 1, min(math.ceil(last) + 1, size))
