"""Label Studio's export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackgauge.errors import CORRUPT, MISSING, TOO_LARGE, UNSUPPORTED
from crackgauge.labels import (
    ImageLabels,
    LabelFile,
    MaskShape,
    Polygon,
    Polyline,
    read_labels,
    write_labels,
)
from crackgauge.labels.brush_bits import pack_brush

SIZE = {"original_width": 40, "original_height": 20, "image_rotation": 0}
PERCENT = [[10, 10], [50, 10], [50, 50]]
TRIANGLE = ((4.0, 2.0), (20.0, 2.0), (20.0, 10.0))
BRUSH = pack_brush(np.array([41, 2, 757])).tolist()


def polygon(points: Any = None, **rest: Any) -> dict[str, Any]:
    value = {"points": PERCENT if points is None else points, "polygonlabels": ["crack"]}
    return {"type": "polygonlabels", "value": value, **SIZE, **rest}


def brush(rle: Any, **rest: Any) -> dict[str, Any]:
    value = {"format": "rle", "rle": rle, "brushlabels": ["crack"]}
    return {"type": "brushlabels", "value": value, **SIZE, **rest}


def task(*results: Any, image: str = "a.jpg", **rest: Any) -> dict[str, Any]:
    return {"data": {"image": image}, "annotations": [{"result": results}], **rest}


def read(folder: Path, *tasks: Any) -> LabelFile:
    path = folder / "project.json"
    path.write_text(json.dumps(tasks))
    return read_labels(path)


def read_one(folder: Path, *results: Any) -> ImageLabels:
    (found,) = read(folder, task(*results)).images
    return found


def test_brush_and_polygon(tmp_path: Path):
    found = read_one(tmp_path, brush(BRUSH), polygon(), {"type": "choices", "value": {}})
    assert (found.image, found.width, found.height) == ("a.jpg", 40, 20)
    mask, outline = found.shapes
    assert np.argwhere(mask.pixels).tolist() == [[1, 1], [1, 2]]
    assert (mask.label, outline) == ("crack", Polygon(TRIANGLE, "crack"))
    assert found.unread == found.problems == ()


def test_a_label_of_its_own_belongs_to_the_region_of_its_id(tmp_path: Path):
    shape = {"id": "x", "type": "polygon", "value": {"points": PERCENT, "closed": True}, **SIZE}
    label = {"id": "x", "type": "labels", "value": {"points": PERCENT, "labels": ["joint"]}}
    assert read_one(tmp_path, shape, label).shapes == (Polygon(TRIANGLE, "joint"),)
    shape["value"]["closed"] = False
    assert read_one(tmp_path, {**label, **SIZE}, shape).shapes == (Polyline(TRIANGLE, "joint"),)


def test_an_open_polygon_is_a_line_and_a_box_is_unread(tmp_path: Path):
    line = polygon()
    line["value"]["closed"] = False
    box = {"type": "rectanglelabels", "value": {"x": 1, "y": 1, "rectanglelabels": ["lid"]}}
    found = read_one(tmp_path, line, box)
    assert found.shapes == (Polyline(TRIANGLE, "crack"),)
    assert found.unread == (("rectanglelabels", "lid"),)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("photos/a#1 b.jpg", "photos/a#1 b.jpg"),
        ("/data/upload/3/0a1b2c3d-deck.jpg", "deck.jpg"),
        ("/data/local-files/?d=photos/a%20b.jpg", "photos/a b.jpg"),
        ("https://host.example/x/a.png?token=1", "x/a.png"),
        ("s3://bucket/day1/a.png", "day1/a.png"),
        ("http://[broken", ""),
        ("a sentence", ""),
    ],
)
def test_the_image_of_an_address(tmp_path: Path, address: str, name: str):
    (found,) = read(tmp_path, task(image=address)).images
    assert found.image == name


def test_ground_truth_counts_and_predictions_do_not(tmp_path: Path):
    truth, other = {"result": [polygon()], "ground_truth": True}, {"result": []}
    cancelled = {"result": [polygon(), polygon()], "was_cancelled": True}
    predictions = [{"result": [polygon()]}]
    found = read(
        tmp_path,
        {"data": {"image": "1.jpg"}, "annotations": [other, truth], "predictions": predictions},
        {"data": {"image": "2.jpg"}, "annotations": [cancelled, other]},
        {"data": {"image": "3.jpg"}, "annotations": [cancelled], "predictions": predictions},
        {"data": {"image": "4.jpg"}, "predictions": predictions},
        {"data": {"image": "5.jpg"}, "completions": [truth]},
        {"data": 6},
        7,
    )
    assert [(image.image, len(image.shapes)) for image in found.images] == [
        ("1.jpg", 1),
        ("2.jpg", 0),
        ("5.jpg", 1),
    ]
    assert [(problem.image, problem.reason) for problem in found.problems] == [
        ("3.jpg", MISSING),
        ("4.jpg", MISSING),
        ("", CORRUPT),
        ("", CORRUPT),
    ]


@pytest.mark.parametrize(
    ("result", "reason", "words"),
    [
        (polygon([[1, 1], [2, 2]]), CORRUPT, "expected 3 or more"),
        (polygon([[1, 1], [2, 2], [3, None]]), CORRUPT, "has the point"),
        (polygon(original_width=None), CORRUPT, "does not say how large its image is"),
        (polygon(image_rotation=90), UNSUPPORTED, "turned by 90"),
        (brush([]), CORRUPT, "no list of bytes"),
        (brush([1.5]), CORRUPT, "no list of bytes"),
        (brush([1, 256]), CORRUPT, "no bytes"),
        (brush("0101"), CORRUPT, "no list of bytes"),
        (brush([0, 0, 0, 7]), CORRUPT, "ends before"),
        (brush(pack_brush(np.array([799])).tolist()), CORRUPT, "has 3196 values"),
        (brush(BRUSH, original_width=10**6, original_height=10**6), TOO_LARGE, "limit"),
    ],
)
def test_a_damaged_region_is_set_aside(tmp_path: Path, result: Any, reason: str, words: str):
    found = read_one(tmp_path, result)
    (problem,) = found.problems
    assert problem.reason == reason
    assert words in problem.sentence


def test_regions_of_two_sizes_do_not_go_together(tmp_path: Path):
    found = read_one(tmp_path, polygon(), polygon(original_width=41))
    assert len(found.shapes) == 1
    assert "expected 40 x 20" in found.problems[0].sentence


def test_what_is_written_is_read_again(tmp_path: Path):
    mask = np.random.default_rng(4).random((5, 9)) < 0.5
    shapes = (
        MaskShape.of(mask, row=2, col=3, label="crack"),
        Polygon(((0.1, 1.25), (12.345678, 3.0), (7.0, 36.999999)), "joint"),
    )
    images = [ImageLabels("day/a.jpg", 61, 37, shapes), ImageLabels("b.jpg", 5, 5, shapes[:0])]
    path = tmp_path / "tasks.json"
    assert write_labels(path, images, to="label-studio") == {}
    found = read_labels(path)
    assert found.format == "label-studio"
    assert list(found.images) == images
