"""The pictures of docs/trace.md, rendered.

python benchmarks/tracing_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from traced_scenes import crossed_scene, parallel_scene

from crackgauge.annotate import Edges, Tracer
from crackgauge.arrays import Image
from crackgauge.data.synth.render import render
from crackgauge.images import write_image

FOLDER = Path(__file__).parent.parent / "docs" / "images" / "trace"
LINE, EDGE, CLICK = (235, 25, 60), (255, 200, 0), (0, 110, 255)
_SHIFT = 4


def main() -> None:
    """Draw and write them all."""
    write_image(FOLDER / "clicks.jpg", _clicks())
    write_image(FOLDER / "parallel.jpg", _parallel())
    write_image(FOLDER / "edges.jpg", _edges())


def _clicks() -> Image:
    """A crack in rendered asphalt: two clicks, and what they gave."""
    picture = render(11, surface="asphalt", size=(300, 420), cracks="single", distractors=())
    line = max(picture.centre_lines, key=len)
    ends = [(float(x), float(y)) for x, y in line[[0, -1]]]
    ends = [(float(np.clip(x, 0, 420)), float(np.clip(y, 0, 300))) for x, y in ends]
    found = Tracer(picture.image).trace(ends)
    return _beside(_marked(picture.image, ends), _drawn(picture.image, found, ends))


def _parallel() -> Image:
    """A darker line beside the crack: ends alone, a point between, a probability."""
    scene = parallel_scene(1, gaps=(0.35, 0.65), gap_px=16, along=(0.2, 0.8), side_px=420)
    ends = scene.ends
    sure = np.where(scene.mask, np.float32(0.9), np.float32(0.05))
    more = [ends[0], scene.at(0.5), ends[1]]
    plain = Tracer(scene.image)
    pictures = [
        _drawn(scene.image, plain.trace(ends), ends),
        _drawn(scene.image, plain.trace(more), more),
        _drawn(scene.image, Tracer(scene.image, probability=sure).trace(ends), ends),
    ]
    return _beside(*(picture[300:560] for picture in pictures), across=False)


def _edges() -> Image:
    """Edges across a dark bar, enlarged."""
    scene = crossed_scene(2, side_px=300, width_px=6, bars=3)
    found = Tracer(scene.image).trace(scene.ends)
    x, y = scene.at(0.5)
    left, top = round(x) - 60, round(y) - 35
    drawn = _drawn(scene.image, found, [], factor=7)
    return drawn[top * 7 : (top + 70) * 7, left * 7 : (left + 120) * 7]


def _drawn(
    image: Image, found: Edges, clicks: list[tuple[float, float]], *, factor: int = 2
) -> Image:
    size = (image.shape[1] * factor, image.shape[0] * factor)
    drawn = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    for points, colour in ((found.left, EDGE), (found.right, EDGE), (found.centre, LINE)):
        fine = np.rint((points * factor - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.polylines(drawn, [fine], False, colour, 1, cv2.LINE_AA, _SHIFT)
    return _marked(drawn, clicks, factor=factor, enlarged=True)


def _marked(
    image: Image, clicks: list[tuple[float, float]], *, factor: int = 2, enlarged: bool = False
) -> Image:
    size = (image.shape[1] * factor, image.shape[0] * factor)
    drawn = image.copy() if enlarged else cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    for x, y in clicks:
        place = (round(x * factor), round(y * factor))
        cv2.circle(drawn, place, 7, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(drawn, place, 5, CLICK, -1, cv2.LINE_AA)
    return np.asarray(drawn, np.uint8)


def _beside(*pictures: Image, across: bool = True) -> Image:
    shape = (pictures[0].shape[0], 8, 3) if across else (8, pictures[0].shape[1], 3)
    gap = np.full(shape, 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)][1:]
    return np.concatenate(parts, axis=1 if across else 0)


if __name__ == "__main__":
    main()
