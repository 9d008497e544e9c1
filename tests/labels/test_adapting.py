"""What a format cannot hold, and what stands in for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackgauge.errors import UsageError
from crackgauge.labels import (
    FORMATS,
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    draw_shapes,
    read_labels,
    write_labels,
)
from crackgauge.labels.adapting import LOSSES, adapt, losses, with_width

SQUARE = ((2.0, 2.0), (12.0, 2.0), (12.0, 12.0), (2.0, 12.0))
HOLE = ((4.0, 4.0), (8.0, 4.0), (8.0, 8.0), (4.0, 8.0))
POINTS = ((1.5, 15.5), (20.0, 18.0))
SHAPES = {
    "line": Polyline(POINTS, "crack"),
    "wide": Polyline(POINTS, "crack", width_px=3.0),
    "polygon": Polygon(SQUARE, "crack"),
    "ring": Polygon(SQUARE, "crack", holes=(HOLE,)),
    "mask": MaskShape.of(np.eye(5, dtype=bool), row=3, col=4, label="crack"),
}
# What becomes of each, by format, in the order of SHAPES.
EXPECTED = {
    "mask": ("line-to-curve", "line-to-mask", "polygon-to-mask", "polygon-to-mask", None),
    "coco": ("line-to-curve", "line-to-mask", None, "holes-to-mask", None),
    "cvat": (None, "width-lost", None, "holes-to-mask", None),
    "label-studio": ("line-to-curve", "line-to-mask", None, "holes-to-mask", None),
    "labelme": (None, "width-lost", None, "holes-to-mask", None),
    "geojson": (None, None, None, None, "mask-to-polygons"),
}


def image(*names: str) -> ImageLabels:
    return ImageLabels("a.png", 30, 25, tuple(SHAPES[name] for name in names))


def test_the_table_knows_every_format_and_loss():
    assert EXPECTED.keys() == FORMATS.keys()
    named = {kind for kinds in EXPECTED.values() for kind in kinds if kind}
    assert named | {"merged", "label-added", "left-out"} == set(LOSSES)


@pytest.mark.parametrize("form", EXPECTED)
def test_losses_are_named_and_pixels_stay(form: str, tmp_path: Path):
    for (name, shape), loss in zip(SHAPES.items(), EXPECTED[form], strict=True):
        path = tmp_path / f"{name}{FORMATS[form].suffix}"
        assert write_labels(path, [image(name)], to=form) == ({loss: 1} if loss else {})
        (found,) = read_labels(path).images
        if loss == "width-lost":
            assert found.shapes == (SHAPES["line"],)
            continue
        assert np.array_equal(draw_shapes(found.shapes, 25, 30), draw_shapes([shape], 25, 30))
        assert {each.label for each in found.shapes} == {"crack"}


def test_a_mask_alone_holds_neither_labels_nor_instances():
    form = FORMATS["mask"]
    assert losses(image("mask"), form) == {}
    assert losses(image("mask", "mask"), form) == {"merged": 2}
    joint = ImageLabels("a.png", 30, 25, (MaskShape.of(np.eye(2, dtype=bool), label="joint"),))
    assert losses(joint, form) == {"merged": 1}


def test_shapes_without_a_label_get_one_where_there_must_be_one():
    bare = ImageLabels("a.png", 30, 25, (Polygon(SQUARE),), (("box", ""),))
    assert losses(bare, FORMATS["coco"]) == {"label-added": 1, "left-out": 1}
    assert adapt(bare, FORMATS["coco"]).shapes == (Polygon(SQUARE, "crack"),)
    assert losses(bare, FORMATS["geojson"]) == {"left-out": 1}
    assert adapt(bare, FORMATS["geojson"]).shapes == (Polygon(SQUARE),)


def test_a_line_of_one_point_gets_a_second():
    dot = ImageLabels("a.png", 9, 9, (Polyline(((1.0, 2.0),), "crack"),))
    (line,) = adapt(dot, FORMATS["cvat"]).shapes
    assert line == Polyline(((1.0, 2.0), (1.0, 2.0)), "crack")


def test_only_lines_without_a_width_are_given_one():
    found = with_width(image("line", "wide", "polygon"), 5.0).shapes
    assert [getattr(shape, "width_px", None) for shape in found] == [5.0, 3.0, None]
    assert with_width(image("line"), None) == image("line")


def test_sizes_that_stand_in_the_way_are_said(tmp_path: Path):
    unknown = ImageLabels("a.png", None, None, (SHAPES["polygon"],))
    with pytest.raises(UsageError, match=r"a\.png: its size is not known"):
        write_labels(tmp_path / "a.json", [unknown], to="coco")
    huge = ImageLabels("a.png", 10**5, 10**5, (SHAPES["line"],))
    assert write_labels(tmp_path / "a.xml", [huge], to="cvat") == {}
    with pytest.raises(UsageError, match="masks are limited to 200,000,000"):
        write_labels(tmp_path / "a.json", [huge], to="coco")
    with pytest.raises(UsageError, match="holds one image, got 2"):
        write_labels(tmp_path / "a.json", [image("line")] * 2, to="labelme")
    with pytest.raises(UsageError, match="unknown label format 'voc'; known: mask, coco"):
        write_labels(tmp_path / "a.json", [huge], to="voc")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xml"]


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_mask_goes_through_every_format_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, data: st.DataObject
):
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits).reshape(height, width)
    folder = tmp_path_factory.mktemp("round")
    labels = ImageLabels("a.png", width, height, (MaskShape.of(mask, label="crack"),))
    for name in (*FORMATS, "mask"):
        path = folder / f"{name}{FORMATS[name].suffix}"
        write_labels(path, [labels], to=name)
        (labels,) = read_labels(path).images
        assert np.array_equal(draw_shapes(labels.shapes, height, width), mask)
