"""COCO, beside pycocotools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from crackgauge.errors import CORRUPT, MISSING, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.labels import (
    ImageLabels,
    LabelFile,
    MaskShape,
    Polygon,
    draw_shapes,
    read_labels,
    write_labels,
)
from crackgauge.labels.run_length import compress_runs, expand_runs

# pycocotools was built for an older numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGE = {"id": 3, "file_name": "a.jpg", "width": 4, "height": 3}
CATEGORIES = [{"id": 7, "name": "crack"}]
TRIANGLE = [0, 0, 4, 0, 4, 3]


def read(folder: Path, *annotations: Any, **parts: Any) -> LabelFile:
    tree = {"images": [IMAGE], "annotations": annotations, "categories": CATEGORIES, **parts}
    path = folder / "annotations.json"
    path.write_text(json.dumps(tree))
    return read_labels(path)


def annotation(segmentation: Any, **rest: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 3, "category_id": 7, "segmentation": segmentation, **rest}


def runs(counts: Any, size: Any = (3, 4)) -> dict[str, Any]:
    return {"size": list(size), "counts": counts}


def test_outlines_runs_and_boxes(tmp_path: Path):
    found = read(
        tmp_path,
        annotation([TRIANGLE, [1.5, 0, 2, 0, 2, 1]]),
        annotation(runs([1, 2, 8, 1])),
        annotation([], bbox=[0, 0, 1, 1]),
        annotation([TRIANGLE], category_id=9),
    )
    assert found.format == "coco"
    (image,) = found.images
    first, second, mask, other = image.shapes
    assert first == Polygon(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0)), "crack")
    assert second == Polygon(((1.5, 0.0), (2.0, 0.0), (2.0, 1.0)), "crack")
    assert np.argwhere(mask.pixels).tolist() == [[1, 0], [2, 0], [2, 3]]  # down the columns
    assert other.label == "category 9"
    assert image.unread == (("box", "crack"),)
    assert found.problems == image.problems == ()


def test_compressed_runs_are_those_of_pycocotools(tmp_path: Path):
    mask = np.random.default_rng(1).random((30, 50)) < 0.3
    counts = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    image = {**IMAGE, "width": 50, "height": 30}
    (found,) = read(tmp_path, annotation(runs(counts, (30, 50))), images=[image]).images
    assert np.array_equal(draw_shapes(found.shapes, 30, 50), mask)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=9))
def test_runs_survive_compression(counts: list[int]):
    assert expand_runs(compress_runs(np.array(counts))) == counts


@pytest.mark.parametrize(
    ("segmentation", "reason", "words"),
    [
        ([[0, 0, 1, 1]], CORRUPT, "expected 3 or more"),
        ([[0, 0, 1, 1, 2]], CORRUPT, "expected [x, y, x, y, ...]"),
        ([7], CORRUPT, "has the outline 7"),
        ([[0, 0, 1, float("nan"), 2, 2]], CORRUPT, "(1, nan)"),
        (runs([12], (4, 3)), CORRUPT, "of the image (3, 4)"),
        (runs([12], "ab"), CORRUPT, "of the size ['a', 'b']"),
        (runs([11]), CORRUPT, "add up to 11 pixels, expected 12"),
        (runs([6, 7]), CORRUPT, "add up to 13"),
        (runs([0, 10**15]), CORRUPT, "of 12"),
        (runs([2**70]), CORRUPT, "no list of whole numbers"),
        (runs([-3, 15]), CORRUPT, "a run has -3"),
        (runs([1.5, 10.5]), CORRUPT, "no list of whole numbers"),
        (runs([[1], [2, 3]]), CORRUPT, "no list of whole numbers"),
        (runs(None), CORRUPT, "no list of whole numbers"),
        (runs("1é"), CORRUPT, "out of its place"),
        (runs("o" * 30), CORRUPT, "out of its place"),
        (runs("o"), CORRUPT, "end in the middle"),
    ],
)
def test_a_damaged_shape_is_set_aside(tmp_path: Path, segmentation: Any, reason: str, words: str):
    (found,) = read(tmp_path, annotation(segmentation), annotation([TRIANGLE])).images
    (problem,) = found.problems
    assert (problem.image, problem.reason) == ("a.jpg", reason)
    assert words in problem.sentence
    assert len(found.shapes) == 1


def test_a_bomb_of_one_run_is_set_aside_before_it_grows(tmp_path: Path):
    image = {**IMAGE, "width": 10**6, "height": 10**6}
    bomb = annotation(runs([0, 10**12], (10**6, 10**6)))
    (found,) = read(tmp_path, bomb, images=[image]).images
    assert [problem.reason for problem in found.problems] == [TOO_LARGE]


def test_what_has_no_image_is_set_aside(tmp_path: Path):
    found = read(
        tmp_path,
        annotation([TRIANGLE], image_id=4),
        annotation([TRIANGLE], image_id=[3]),
        annotation([TRIANGLE]),
        images=[IMAGE, IMAGE, {"id": 5}, {"file_name": "b.jpg", "id": None}],
    )
    assert [problem.reason for problem in found.problems] == [CORRUPT] * 3 + [MISSING] * 2
    assert [len(image.shapes) for image in found.images] == [1]


def test_other_forms_are_refused(tmp_path: Path):
    with pytest.raises(InputRefused, match="`images` is no list"):
        read(tmp_path, images={})
    with pytest.raises(InputRefused, match="panoptic") as caught:
        read(tmp_path, {"image_id": 3, "segments_info": []})
    assert caught.value.reason == UNSUPPORTED


def test_pycocotools_reads_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    mask = np.random.default_rng(2).random((5, 7)) < 0.4
    square = Polygon(((10.0, 10.0), (14.0, 10.0), (14.0, 13.0), (10.0, 13.0)), "joint")
    images = [
        ImageLabels("day/a.jpg", 40, 30, (MaskShape.of(mask, row=3, col=4, label="crack"), square)),
        ImageLabels("b.jpg", 8, 9, ()),
    ]
    path = tmp_path / "annotations.json"
    assert write_labels(path, images, to="coco") == {}
    assert list(read_labels(path).images) == images
    coco = COCO(str(path))
    capsys.readouterr()  # it prints its timings
    first, second = coco.loadAnns(coco.getAnnIds(imgIds=[1]))
    assert np.array_equal(coco.annToMask(first), draw_shapes(images[0].shapes[:1], 30, 40))
    assert np.array_equal(coco.annToMask(second), draw_shapes([square], 30, 40))
    assert (first["area"], second["area"]) == (mask.sum(), 12)
    assert first["bbox"] == coco_mask.toBbox(first["segmentation"]).tolist()
    assert second["bbox"] == [10, 10, 4, 3]
    assert [coco.cats[each["category_id"]]["name"] for each in (first, second)] == [
        "crack",
        "joint",
    ]
    assert coco.loadImgs([2])[0]["file_name"] == "b.jpg"
