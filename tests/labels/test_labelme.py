"""labelme."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crackgauge.errors import CORRUPT, InputRefused
from crackgauge.labels import ImageLabels, Polygon, Polyline, read_labels


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
