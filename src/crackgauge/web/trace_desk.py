"""Tracing in a worker: photos stay open, and what was computed around the clicks is kept.

The dear part of a trace, the lines of the photo around the clicks, is computed once for each tile
of 1024 px; the cheap part, the path and its edges, is what the next trace there costs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.annotate import Edges, Erase, Session, Trace, Tracer, TraceSettings
from crackgauge.annotate.tracer import ReadProbability
from crackgauge.arrays import Probability, Window
from crackgauge.errors import SIZE_MISMATCH, InputRefused
from crackgauge.images import BIG_OUTPUT_PX, ImageSource, image_size, open_image, read_probability
from crackgauge.images.tiff import TiffReader
from crackgauge.pipeline.proposals import propose, propose_by_window
from crackgauge.pipeline.tracing import ERASER_PX
from crackgauge.web.refusals import Refused

# Photos that stay open; dark and bright cracks of one photo count as two.
_KEPT = 2
_MOST_CACHE_BYTES = 512 << 20
_AHEAD_PX = 256.0
# Of the memory of the worker, what one open photo may keep.
_SHARE_OF_MEMORY = 16
_DECIMALS = 2


@dataclass(frozen=True)
class _Open:
    source: ImageSource
    tracer: Tracer


@dataclass(frozen=True)
class _OpenProbability:
    stamp: str
    height: int
    width: int
    read: ReadProbability
    reader: TiffReader | None


class TraceDesk:
    """Traces cracks in photos, and takes predictions as traces.

    Args:
        memory_bytes: that the worker may take.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._cache_bytes = min(_MOST_CACHE_BYTES, memory_bytes // _SHARE_OF_MEMORY)
        self._photos: OrderedDict[tuple[str, str, bool], _Open] = OrderedDict()
        self._probability: _OpenProbability | None = None

    def trace(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Trace one crack; with one point, compute what a trace from there will need.

        Args:
            arguments: `photo`, `stamp` of its content, `points`, `forbid` (lines that the path
                keeps away from), `erased` (strokes that it keeps away from too), `bright`,
                `probability` (a file, or None), `probability_stamp`.

        Returns:
            `centre`, `left`, `right` (lists of x, y), `widths_px`, `mean_width_px`, `length_px`,
            `seconds`.

        Raises:
            UsageError: as in `Tracer.trace`.
            InputRefused: a file is damaged.
        """
        started = time.perf_counter()
        points = [(float(x), float(y)) for x, y in arguments["points"]]
        tracer = self._tracer(arguments)
        tracer = tracer.guided_by(self._guide(arguments, tracer))
        if len(points) == 1:
            tracer.prepare(points)
            tracer.prepare(_around(points[0], tracer))
            return _nothing() | {"seconds": time.perf_counter() - started}
        forbidden = [Erase.model_validate(each) for each in arguments["erased"]]
        for line in arguments["forbid"]:
            drawn = tuple((float(x), float(y)) for x, y in line)
            forbidden.append(Erase(points=drawn, radius_px=ERASER_PX))
        edges = tracer.trace(points, forbidden=forbidden)
        return _worded(edges) | {"seconds": time.perf_counter() - started}

    def propose(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Take a prediction as traces, and write them as a session.

        Args:
            arguments: `photo`, `name`, `probability`, `threshold`, `most` strokes, `session` to
                write.

        Returns:
            `strokes`: how many there are.

        Raises:
            Refused: 422, more than `most`.
            InputRefused: a file is damaged.
            StorageError: the disk is full.
        """
        height, width = image_size(Path(arguments["photo"]))
        session = Session(height, width, image=str(arguments["name"]))
        most = int(arguments["most"])
        for trace in islice(_proposals(arguments, height, width), most + 1):
            session.add(trace)
        if len(session.strokes) > most:
            raise Refused(
                422,
                "too-many",
                f"the prediction has more than {most:,} branches; raise the threshold, or begin "
                "from nothing",
            )
        session.save(arguments["session"])
        return {"strokes": len(session.strokes)}

    def _tracer(self, arguments: Mapping[str, Any]) -> Tracer:
        bright = bool(arguments["bright"])
        key = (str(arguments["photo"]), str(arguments["stamp"]), bright)
        if key in self._photos:
            self._photos.move_to_end(key)
            return self._photos[key].tracer
        while len(self._photos) >= _KEPT:
            self._photos.popitem(last=False)[1].source.close()
        source = open_image(key[0])
        tracer = Tracer(
            source, settings=TraceSettings(bright=bright), cache_bytes=self._cache_bytes
        )
        self._photos[key] = _Open(source, tracer)
        return tracer

    def _guide(self, arguments: Mapping[str, Any], tracer: Tracer) -> ReadProbability | None:
        """Open the probability that is asked for; the last one stays open."""
        file, stamp = arguments["probability"], str(arguments["probability_stamp"])
        if file is None:
            return None
        if self._probability is None or self._probability.stamp != stamp:
            if self._probability is not None and self._probability.reader is not None:
                self._probability.reader.close()
            self._probability = None
            self._probability = _open_probability(Path(file), stamp)
        _check_size(self._probability, arguments["photo"], tracer.height, tracer.width)
        return self._probability.read


def warm_up() -> None:
    """Have the search compiled, or its machine code loaded, ahead of the first trace.

    Raises:
        UsageError: numba is missing.
    """
    image = np.full((48, 96, 3), 180, np.uint8)
    image[23:26] = 60
    Tracer(image).trace([(8.5, 24.5), (88.5, 24.5)])


def _around(point: tuple[float, float], tracer: Tracer) -> list[tuple[float, float]]:
    """Two corners of what a trace from a point will soon come to."""
    x, y = point
    return [
        (max(x - _AHEAD_PX, 0.0), max(y - _AHEAD_PX, 0.0)),
        (min(x + _AHEAD_PX, float(tracer.width)), min(y + _AHEAD_PX, float(tracer.height))),
    ]


def _open_probability(file: Path, stamp: str) -> _OpenProbability:
    if file.suffix != ".tif":
        whole = read_probability(file)
        height, width = whole.shape
        return _OpenProbability(stamp, height, width, lambda window: whole[window.slices], None)
    reader = TiffReader(file)

    def read(window: Window) -> Probability:
        pixels = reader.read(window)
        return pixels.values.astype(np.float32) / np.float32(pixels.top)

    return _OpenProbability(stamp, reader.height, reader.width, read, reader)


def _check_size(found: _OpenProbability, photo: str, height: int, width: int) -> None:
    if (found.height, found.width) != (height, width):
        raise InputRefused(
            photo,
            SIZE_MISMATCH,
            f"has {width} x {height} px, and had {found.width} x {found.height} when its cracks "
            "were searched; start the server again, and find them again",
        )


def _proposals(arguments: Mapping[str, Any], height: int, width: int) -> Iterator[Trace]:
    found = _open_probability(Path(arguments["probability"]), "")
    threshold = float(arguments["threshold"])
    try:
        _check_size(found, arguments["photo"], height, width)
        if height * width > BIG_OUTPUT_PX:
            yield from propose_by_window(found.read, height, width, threshold=threshold)
        else:
            yield from propose(found.read(Window(0, 0, height, width)), threshold=threshold)
    finally:
        if found.reader is not None:
            found.reader.close()


def _worded(edges: Edges) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(edges, name).round(_DECIMALS).tolist() for name in ("centre", "left", "right")
    }
    return found | {
        "widths_px": edges.width_px.round(_DECIMALS).tolist(),
        "mean_width_px": round(float(edges.width_px.mean()), _DECIMALS),
        "length_px": round(edges.length_px, _DECIMALS),
    }


def _nothing() -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("centre", "left", "right", "widths_px")}
    return {**empty, "mean_width_px": 0.0, "length_px": 0.0}
