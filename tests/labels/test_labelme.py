"""labelme."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from crackgauge.errors import CORRUPT, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.images.png import encode_grey_png
from crackgauge.labels import (
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    draw_shapes,
    read_labels,
    write_labels,
)


def read(folder: Path, shapes: Any, **rest: Any) -> ImageLabels:
    path = folder / "a.json"
    path.write_text(json.dumps({"version": "5.4.1", "flags": {}, "shapes": shapes, **rest}))
    (found,) = read_labels(path).images
    return found


def test_lines_and_outlines(tmp_path: Path):
    found = read(
        tmp_path,
        [
            {"label": "crack", "points": [[1.5, 2], [3, 4], [9, 4]], "shape_type": "linestrip"},
            {"label": "crack", "points": [[0, 0], [5, 5]], "shape_type": "line"},
            {"label": "area", "points": [[0, 0], [4, 0], [4, 4]], "shape_type": "polygon"},
            {"label": "lid", "points": [[0, 0], [4, 4]], "shape_type": "rectangle"},
        ],
        imagePath="..\\photos\\a.jpg",
        imageWidth=640,
        imageHeight=480,
        imageData=None,
    )
    assert found == ImageLabels(
        "../photos/a.jpg",
        640,
        480,
        (
            Polyline(((1.5, 2.0), (3.0, 4.0), (9.0, 4.0)), "crack"),
            Polyline(((0.0, 0.0), (5.0, 5.0)), "crack"),
            Polygon(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), "area"),
        ),
        (("rectangle", "lid"),),
    )


def test_a_shape_without_a_type_is_a_polygon(tmp_path: Path):
    found = read(tmp_path, [{"label": "c", "points": [[0, 0], [4, 0], [4, 4]]}])
    assert found.shapes == (Polygon(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), "c"),)


@pytest.mark.parametrize("shapes", [None, {}, ["line"], 3])
def test_shapes_that_are_no_list_of_shapes_are_refused(tmp_path: Path, shapes: Any):
    with pytest.raises(InputRefused, match="no list of shapes"):
        read(tmp_path, shapes)


@pytest.mark.parametrize(
    "points", [None, [], "ab", [1, 2], [[1]], [["1", "2"]], [[float("nan"), 1]], [[True, 1]]]
)
def test_points_that_are_none_are_set_aside(tmp_path: Path, points: Any):
    good = {"label": "c", "points": [[1, 1], [2, 2]], "shape_type": "linestrip"}
    found = read(tmp_path, [{**good, "points": points}, good])
    (problem,) = found.problems
    assert problem.reason == CORRUPT
    assert "shape 1 (linestrip 'c')" in problem.sentence
    assert len(found.shapes) == 1


def png(mask: np.ndarray, mode: str = "L") -> str:
    """A mask as labelme keeps it: Pillow's PNG in base64."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).convert(mode).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def mask_shape(text: Any, first: tuple[int, int] = (3, 1), last: tuple[int, int] = (5, 2)) -> Any:
    return {"label": "crack", "points": [first, last], "shape_type": "mask", "mask": text}


MARKED = np.array([[0, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize("values", [MARKED, MARKED * 255])
@pytest.mark.parametrize("mode", ["L", "1", "RGB"])
def test_a_mask_lies_between_its_first_and_last_pixel(tmp_path: Path, values: Any, mode: str):
    text = png(values if mode != "1" else MARKED * 255, mode)
    found = read(tmp_path, [mask_shape(text)], imageWidth=8, imageHeight=4)
    assert np.argwhere(draw_shapes(found.shapes, 4, 8)).tolist() == [[1, 4], [1, 5], [2, 3]]


def bomb() -> str:
    content = bytearray(encode_grey_png(np.zeros((2, 3), np.uint8)))
    content[16:24] = (10**6).to_bytes(4, "big") * 2  # the header's width and height
    return base64.b64encode(bytes(content)).decode()


CUT = base64.b64encode(encode_grey_png(np.zeros((2, 3), np.uint8))[:40]).decode()


@pytest.mark.parametrize(
    ("shape", "reason", "words"),
    [
        (mask_shape(None), CORRUPT, "no PNG"),
        (mask_shape(7), CORRUPT, "no PNG"),
        (mask_shape("no base64"), CORRUPT, "no PNG"),
        (mask_shape("aGVsbG8="), CORRUPT, "no PNG"),
        (mask_shape(CUT), "truncated", "copy it again"),
        (mask_shape(bomb()), TOO_LARGE, "1000000 x 1000000 px"),
        (mask_shape(png(MARKED, "P")), UNSUPPORTED, "palette"),
        (mask_shape(png(MARKED), last=(6, 2)), CORRUPT, "do not fit"),
        (mask_shape(png(MARKED), (6, 1), (8, 2)), CORRUPT, "an image of 8 x 4 px"),
        (mask_shape(png(MARKED), (-1, 1), (1, 2)), CORRUPT, "an image of 8 x 4 px"),
    ],
)
def test_a_mask_that_does_not_fit_is_set_aside(tmp_path: Path, shape: Any, reason: str, words: str):
    found = read(tmp_path, [shape, mask_shape(png(MARKED))], imageWidth=8, imageHeight=4)
    (problem,) = found.problems
    assert problem.reason == reason
    assert words in problem.sentence
    assert len(found.shapes) == 1


def test_what_is_written_is_read_again(tmp_path: Path):
    shapes = (
        Polyline(((0.1, 1 / 3), (7.0, 3.5)), "joint"),
        Polygon(((1.0, 1.0), (5.5, 1.0), (5.5, 5.25)), "crack"),
        MaskShape.of(MARKED.astype(bool), row=1, col=4, label="crack"),
    )
    image = ImageLabels("photos/a.jpg", 8, 4, shapes)
    path = tmp_path / "a.json"
    assert write_labels(path, [image], to="labelme") == {}
    assert read_labels(path).images == (image,)
    tree = json.loads(path.read_text())
    assert tree["shapes"][2]["points"] == [[4, 1], [6, 2]]
    values = np.array(Image.open(io.BytesIO(base64.b64decode(tree["shapes"][2]["mask"]))))
    assert values.tolist() == MARKED.tolist()
