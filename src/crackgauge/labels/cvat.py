"""CVAT for images 1.1: one XML file for many images.

Coordinates are px with pixel corners at integers. A `<mask>` has its place (`left`, `top`, `width`,
`height`) and `rle`, its runs row by row within it, sound first, with commas between.

The file is read as a stream of elements. A document type is refused, and with it every entity that
could grow or lead to another file.

Source: CVAT's exporter (cvat/apps/dataset_manager/formats/cvat.py, MIT).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.labels.checking import (
    Collector,
    Found,
    check_within,
    posix_name,
    to_mask,
    to_points,
    to_text,
    to_whole,
)
from crackgauge.labels.run_length import runs_of
from crackgauge.labels.shapes import ImageLabels, MaskShape, Points, Polygon, Polyline, Shape

# Fewest points of the shapes that are read; an outline is the closed one.
_LEAST_POINTS = {"polyline": 1, "polygon": 3}
_OTHERS = frozenset({"box", "points", "ellipse", "cuboid", "skeleton"})
_KEPT_IN_MEMORY = 64 * 2**20
# A few hundred bytes each in memory.
_MOST_ELEMENTS = 5_000_000


def read_cvat(stream: BinaryIO, path: Path) -> Found:
    """Read the polylines, polygons and masks of a CVAT file (`<annotations>` with `<image>`).

    Args:
        stream: the file's bytes.
        path: its name, for errors.

    Returns:
        One entry an image, in the file's order, images without shapes too.

    Raises:
        InputRefused: no XML, another kind of XML, a document type, or an annotated video.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse_document_type
    try:
        parser.ParseFile(stream)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputRefused(
            path, CORRUPT, f"the XML cannot be read ({error}); export it from CVAT again"
        ) from error
    return Found(reader.images, [])


class _Reader:
    """Takes the elements one by one."""

    def __init__(self, path: Path) -> None:
        self.images: list[ImageLabels] = []
        self._path = path
        self._depth = 0
        self._elements = 0
        self._image: Collector | None = None

    def refuse_document_type(self, *_: object) -> None:
        raise InputRefused(
            self._path,
            UNSUPPORTED,
            "the XML declares a document type, which CVAT never writes and which could make it "
            "grow without end; export the task from CVAT again",
        )

    def start(self, name: str, values: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise InputRefused(
                self._path,
                TOO_LARGE,
                f"the XML has more than {_MOST_ELEMENTS:,} elements; export fewer images at once",
            )
        if self._depth == 1 and name != "annotations":
            raise InputRefused(
                self._path,
                UNSUPPORTED,
                f"the XML begins with <{name[:40]}>, expected <annotations>; export the task as "
                "'CVAT for images 1.1'",
            )
        if name == "track":
            raise InputRefused(
                self._path,
                UNSUPPORTED,
                "the XML holds the tracks of a video, expected single images; export the task as "
                "'CVAT for images 1.1'",
            )
        if self._depth == 2 and name == "image":
            size = (values.get("width"), values.get("height"))
            self._image = Collector(self._path, values.get("name"), *size)
        elif self._image is not None and self._depth == 3:
            _take(self._image, name, values)

    def end(self, _name: str) -> None:
        if self._depth == 2 and self._image is not None:
            self.images.append(self._image.done())
            self._image = None
        self._depth -= 1


def _take(image: Collector, kind: str, values: dict[str, str]) -> None:
    label = to_text(values.get("label"))
    if kind in _LEAST_POINTS:
        image.add(partial(_line, image, kind, values, label))
    elif kind == "mask":
        image.add(partial(_mask, image, values, label))
    elif kind in _OTHERS:
        image.unread.append((kind, label))


def _line(image: Collector, kind: str, values: dict[str, str], label: str) -> Shape:
    pairs = [_numbers(pair) for pair in values.get("points", "").split(";") if pair.strip()]
    where = f"a {kind} of {label[:40]!r}"
    points = to_points(pairs, path=image.path, where=where, least=_LEAST_POINTS[kind])
    return Polygon(points, label) if kind == "polygon" else Polyline(points, label)


def _mask(image: Collector, values: dict[str, str], label: str) -> Shape:
    where = f"a mask of {label[:40]!r}"
    left, top, wide, high = (to_whole(values.get(k)) for k in ("left", "top", "width", "height"))
    if min(left, top) < 0 or min(wide, high) < 1:
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} has no place, expected left, top, width and height in px; export the task "
            "again, or remove it",
        )
    window = Window(top, left, high, wide)
    check_within(window, image, where=where)
    runs = [to_whole(number) for number in values.get("rle", "").split(",")]
    if min(runs) < 0:
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} has runs that are no whole numbers; export the task again, or remove it",
        )
    return to_mask(runs, window, path=image.path, where=where, label=label)


def _numbers(pair: str) -> list[float | str]:
    """The numbers of `x,y`; what is none stays text, which `to_points` refuses."""
    found: list[float | str] = []
    for text in pair.split(","):
        try:
            found.append(float(text))
        except ValueError:
            found.append(text)
    return found


def write_cvat(images: Iterable[ImageLabels], out: TextIO) -> None:
    """Write polylines, polygons and masks; images are numbered from 0 in their order.

    Args:
        images: with their sizes; polygons without holes, lines without widths.
        out: a text file.
    """
    labels: set[str] = set()
    with tempfile.SpooledTemporaryFile(
        max_size=_KEPT_IN_MEMORY, mode="w+", encoding="utf-8", newline="\n"
    ) as body:
        for number, image in enumerate(images):
            name = quoteattr(posix_name(image.image))
            size = f'width="{image.width}" height="{image.height}"'
            body.write(f'  <image id="{number}" name={name} {size}>\n')
            for shape in image.shapes:
                labels.add(to_text(shape.label))
                body.write(f"    {_element(shape)}\n")
            body.write("  </image>\n")
        # The labels stand first, and are known last.
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
        out.write("  <version>1.1</version>\n  <meta>\n    <task>\n      <labels>\n")
        for label in sorted(labels):
            out.write(f"        <label><name>{escape(label)}</name></label>\n")
        out.write("      </labels>\n    </task>\n  </meta>\n")
        body.seek(0)
        shutil.copyfileobj(body, out)
        out.write("</annotations>\n")


def _element(shape: Shape) -> str:
    common = f'label={quoteattr(to_text(shape.label))} source="manual" occluded="0"'
    if isinstance(shape, MaskShape):
        mask, window = shape.cut()
        runs = ", ".join(map(str, runs_of(np.ascontiguousarray(mask).ravel()).tolist()))
        place = f'left="{window.col}" top="{window.row}"'
        size = f'width="{window.width}" height="{window.height}"'
        return f'<mask {common} rle="{runs}" {place} {size} z_order="0"/>'
    kind = "polygon" if isinstance(shape, Polygon) else "polyline"
    return f'<{kind} {common} points="{_points(shape.points)}" z_order="0"/>'


def _points(points: Points) -> str:
    return ";".join(f"{x!r},{y!r}" for x, y in points)
