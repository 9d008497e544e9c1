"""CVAT for images 1.1: one XML file for many images.

The file is read as a stream of elements. A document type is refused, and with it every entity that
could grow or lead to another file.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.labels.shapes import ImageLabels, Polyline, posix_name, to_points, to_size

# Fewest points of the shapes that are read; an outline is the closed one.
_LEAST_POINTS = {"polyline": 1, "polygon": 3}
_OTHERS = frozenset({"box", "points", "ellipse", "cuboid", "mask", "skeleton"})


def read_cvat(stream: BinaryIO, path: Path) -> list[ImageLabels]:
    """Read the polylines and polygons of a CVAT file (`<annotations>` with `<image>`).

    Args:
        stream: the file's bytes.
        path: its name, for errors.

    Returns:
        One entry an image, in the file's order, images without shapes too.

    Raises:
        InputRefused: no XML, another kind of XML, a document type, an annotated video, or a shape
            without usable points.
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
    return reader.images


class _Reader:
    """Takes the elements one by one."""

    def __init__(self, path: Path) -> None:
        self.images: list[ImageLabels] = []
        self._path = path
        self._depth = 0
        self._image: dict[str, str] | None = None
        self._lines: list[Polyline] = []
        self._unread: list[tuple[str, str]] = []

    def refuse_document_type(self, *_: object) -> None:
        raise InputRefused(
            self._path,
            UNSUPPORTED,
            "the XML declares a document type, which CVAT never writes and which could make it "
            "grow without end; export the task from CVAT again",
        )

    def start(self, name: str, values: dict[str, str]) -> None:
        self._depth += 1
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
            self._image, self._lines, self._unread = values, [], []
        elif self._image is not None and self._depth == 3:
            self._shape(name, values)

    def end(self, _name: str) -> None:
        if self._depth == 2 and self._image is not None:
            self.images.append(
                ImageLabels(
                    posix_name(self._image.get("name")),
                    to_size(self._image.get("width")),
                    to_size(self._image.get("height")),
                    tuple(self._lines),
                    tuple(self._unread),
                )
            )
            self._image = None
        self._depth -= 1

    def _shape(self, kind: str, values: dict[str, str]) -> None:
        label = values.get("label", "")
        if kind in _LEAST_POINTS:
            pairs = [_numbers(pair) for pair in values.get("points", "").split(";") if pair.strip()]
            where = f"a {kind} of {values.get('label', 'no label')!r} on an image"
            points = to_points(pairs, path=self._path, where=where, least=_LEAST_POINTS[kind])
            self._lines.append(Polyline(points, label, closed=kind == "polygon"))
        elif kind in _OTHERS:
            self._unread.append((kind, label))


def _numbers(pair: str) -> list[float | str]:
    """The numbers of `x,y`; what is none stays text, which `to_points` refuses."""
    found: list[float | str] = []
    for text in pair.split(","):
        try:
            found.append(float(text))
        except ValueError:
            found.append(text)
    return found
