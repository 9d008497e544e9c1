"""Truths that are lines: drawn, filled and thinned, found by the image's name, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackgauge.data.dataset import load_samples
from crackgauge.data.doctor import check
from crackgauge.data.layouts import scan
from crackgauge.data.pairs import find_pairs
from crackgauge.data.truths import read_truth
from crackgauge.errors import DatasetError, InputRefused
from crackgauge.images import write_image, write_mask
from crackgauge.labels import (
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    draw_shapes,
    write_labels,
)

WIDTH, HEIGHT = 12, 8
LINE = [[0.5, 2.5], [9.5, 2.5]]


def photo(path: Path) -> Path:
    generator = np.random.default_rng(len(path.name))
    write_image(path, generator.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
    return path


def labelme(path: Path, *shapes: dict[str, Any], **rest: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = {"imageWidth": WIDTH, "imageHeight": HEIGHT}
    path.write_text(json.dumps({"shapes": shapes, **size, **rest}))
    return path


def line(points: Any = None, *, label: str = "crack", kind: str = "linestrip") -> dict[str, Any]:
    return {"points": points or LINE, "label": label, "shape_type": kind}


def cvat(path: Path, **images: str) -> Path:
    """One image a name, with the points of its line; "" for none."""
    shapes = "".join(
        f'<image name="{name.replace("_", "/")}.png" width="{WIDTH}" height="{HEIGHT}">'
        + (f'<polyline label="crack" points="{points}"/>' if points else "")
        + "</image>"
        for name, points in images.items()
    )
    path.write_text(f"<annotations>{shapes}</annotations>")
    return path


def test_lines_become_curves(tmp_path: Path):
    mask, rule = read_truth(labelme(tmp_path / "a.json", line()))
    assert rule == "lines"
    assert np.argwhere(mask).tolist() == [[2, col] for col in range(10)]


BAR = [[1, 1], [11, 1], [11, 6], [1, 6]]  # the pixels of rows 1-5, columns 1-10


def test_areas_alone_stay_areas(tmp_path: Path):
    mask, rule = read_truth(labelme(tmp_path / "a.json", line(BAR, kind="polygon")))
    assert rule == "areas"
    assert mask[1:6, 1:11].all()
    assert mask.sum() == 50


def test_an_outline_beside_a_line_becomes_its_centre_line(tmp_path: Path):
    drawn = labelme(tmp_path / "a.json", line(BAR, kind="polygon"), line([[0.5, 7.5]]))
    mask, rule = read_truth(drawn)
    assert rule == "lines"
    assert np.argwhere(mask[:, 4:8]).tolist() == [[3, col] for col in range(4)]
    assert np.argwhere(mask[[0, 1, 6, 7]]).tolist() == [[3, 0]]


def test_only_the_labels_that_are_named_count(tmp_path: Path):
    path = labelme(
        tmp_path / "a.json", line(), line([[0.5, 6.5]], label="joint"), line(kind="rectangle")
    )
    assert read_truth(path, labels=["joint"]).mask.sum() == 1
    with pytest.raises(InputRefused, match=r"rectangle of 'crack'.*curves\.labels"):
        read_truth(path)


def test_no_lines_are_an_empty_truth(tmp_path: Path):
    assert not read_truth(labelme(tmp_path / "a.json")).mask.any()


def test_lines_that_all_miss_the_image_are_refused(tmp_path: Path):
    with pytest.raises(InputRefused, match="coordinates of a map"):
        read_truth(labelme(tmp_path / "a.json", line([[400.5, 7], [401, 9]])))


def test_the_photo_gives_the_size_and_must_be_the_labels_own(tmp_path: Path):
    image = photo(tmp_path / "a.png")
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "LineString", "coordinates": LINE}))
    assert read_truth(path, image=image).mask.shape == (HEIGHT, WIDTH)
    with pytest.raises(InputRefused, match="how large its image is"):
        read_truth(path)
    other = labelme(tmp_path / "b.json", line(), imageWidth=HEIGHT, imageHeight=WIDTH)
    with pytest.raises(InputRefused, match=f"{HEIGHT} x {WIDTH} px, but its image has {WIDTH} x"):
        read_truth(other, image=image)
    huge = labelme(tmp_path / "c.json", line(), imageWidth=10**6, imageHeight=10**6)
    with pytest.raises(InputRefused, match="200 megapixels"):
        read_truth(huge)


def test_a_label_file_that_changes_is_read_again(tmp_path: Path):
    path = labelme(tmp_path / "a.json", line())
    assert read_truth(path).mask.sum() == 10
    labelme(path, line(), line([[0.5, 6.5]]))
    assert read_truth(path).mask.sum() == 11


def test_a_mask_is_read_as_ever(tmp_path: Path):
    mask = np.eye(5, dtype=bool)
    write_mask(tmp_path / "a.png", mask)
    reading = read_truth(tmp_path / "a.png", image=tmp_path / "none.png")
    assert reading.rule == "0/255"
    assert np.array_equal(reading.mask, mask)


def stems(root: Path) -> list[tuple[str, str | None, str | None]]:
    return [(e.stem, e.split, e.mask.name if e.mask else None) for e in scan(root).entries]


def test_label_files_pair_where_there_is_no_mask(tmp_path: Path):
    for name in "abc":
        photo(tmp_path / "images" / f"{name}.png")
    write_mask(tmp_path / "labels" / "a.png", np.zeros((HEIGHT, WIDTH), bool))
    for name in "abz":
        labelme(tmp_path / "labels" / f"{name}.json", line())
    listing = scan(tmp_path)
    assert listing.layout == "images-masks"
    assert stems(tmp_path) == [("a", None, "a.png"), ("b", None, "b.json"), ("c", None, None)]
    assert listing.orphan_masks == []
    assert listing.ambiguous == []


def test_two_label_files_of_one_image_are_ambiguous(tmp_path: Path):
    photo(tmp_path / "images" / "a.png")
    labelme(tmp_path / "labels" / "a.json", line())
    labelme(tmp_path / "labels" / "a.geojson", line())
    with pytest.raises(DatasetError, match="claim the same name"):
        find_pairs(tmp_path)


def test_label_files_beside_the_images(tmp_path: Path):
    for name in ("a", "b"):
        photo(tmp_path / f"{name}.png")
        labelme(tmp_path / f"{name}.json", line())
    (tmp_path / "train.txt").write_text("a\n")
    (tmp_path / "val.txt").write_text("b\n")
    assert scan(tmp_path).layout == "labels-beside"
    assert stems(tmp_path) == [("a", "train", "a.json"), ("b", "val", "b.json")]


def test_images_without_any_label_file_beside_them_are_no_dataset(tmp_path: Path):
    photo(tmp_path / "a.png")
    labelme(tmp_path / "other.json", line())
    with pytest.raises(DatasetError, match="no images with masks found"):
        scan(tmp_path)


def test_a_cvat_export(tmp_path: Path):
    for name in ("1/a", "2/a", "c"):
        photo(tmp_path / "images" / f"{name}.png")
    cvat(tmp_path / "annotations.xml", **{"1_a": "0,2;9,2", "2_a": ""})
    assert scan(tmp_path).layout == "cvat"
    assert [(stem, mask is not None) for stem, _, mask in stems(tmp_path)] == [
        ("1/a", True),
        ("2/a", True),
        ("c", False),
    ]
    with pytest.raises(DatasetError, match=r"without a mask, the first is .*c\.png"):
        find_pairs(tmp_path)
    (tmp_path / "images" / "c.png").unlink()
    samples = load_samples(find_pairs(tmp_path), channels=3)
    assert [int(sample.mask.sum()) for sample in samples] == [10, 0]


@pytest.mark.parametrize("to", ["coco", "label-studio"])
@pytest.mark.parametrize(
    "name", ["annotations.json", "_annotations.coco.json", "annotations/instances_default.json"]
)
def test_one_json_for_all_images(tmp_path: Path, to: str, name: str):
    marked = np.random.default_rng(3).random((HEIGHT, WIDTH)) < 0.4
    shapes = (MaskShape.of(marked, label="crack"),)
    for image in ("1/a", "2/a"):
        photo(tmp_path / "images" / f"{image}.png")
    labels = [ImageLabels("1/a.png", WIDTH, HEIGHT, shapes), ImageLabels("2/a.png", 12, 8, ())]
    write_labels(tmp_path / name, labels, to=to)
    listing = scan(tmp_path)
    assert listing.layout == "annotations-json"
    samples = load_samples(find_pairs(tmp_path), channels=3)
    assert np.array_equal(samples[0].mask, marked)
    assert not samples[1].mask.any()
    report = check(tmp_path)
    assert [one.mask_rule for one in report.examined] == ["areas", "lines"]


def test_a_task_that_nobody_labelled_is_no_truth(tmp_path: Path):
    photo(tmp_path / "a.png")
    tasks = [{"data": {"image": "a.png"}, "annotations": [], "predictions": [{"result": []}]}]
    (tmp_path / "annotations.json").write_text(json.dumps(tasks))
    with pytest.raises(DatasetError, match=r"without a mask, the first is .*a\.png"):
        find_pairs(tmp_path)


def test_areas_and_wide_lines_keep_their_pixels(tmp_path: Path):
    hole = ((3.0, 3.0), (9.0, 3.0), (9.0, 5.0))
    bar = tuple((float(x), float(y)) for x, y in BAR)
    shapes = (
        Polygon(bar, "crack", holes=(hole,)),
        Polyline(((0.5, 7.0), (11.0, 7.0)), "crack", width_px=2.0),
    )
    path = tmp_path / "a.geojson"
    write_labels(path, [ImageLabels("a.png", WIDTH, HEIGHT, shapes)], to="geojson")
    mask, rule = read_truth(path)
    assert rule == "areas"
    assert np.array_equal(mask, draw_shapes(shapes, HEIGHT, WIDTH))


def test_coordinates_of_a_map_are_refused(tmp_path: Path):
    crs = {"type": "name", "properties": {"name": "EPSG:25832"}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "LineString", "coordinates": LINE, "crs": crs}))
    with pytest.raises(InputRefused, match=r"coordinates of a map \(EPSG:25832\)"):
        read_truth(path)


def test_a_damaged_shape_is_refused(tmp_path: Path):
    path = labelme(tmp_path / "a.json", line(), line([[1, "x"]]))
    with pytest.raises(InputRefused, match=r"shape 2 .* has the point \[1, 'x'\]"):
        read_truth(path)


def test_a_broken_cvat_export_says_so(tmp_path: Path):
    photo(tmp_path / "a.png")
    (tmp_path / "annotations.xml").write_text("<annotations>")
    with pytest.raises(DatasetError, match=r"annotations\.xml: corrupt"):
        scan(tmp_path)


def test_the_doctor_reads_lines(tmp_path: Path):
    photo(tmp_path / "images" / "a.png")
    labelme(tmp_path / "labels" / "a.json", line())
    report = check(tmp_path)
    assert [one.mask_rule for one in report.examined] == ["lines"]
    labelme(tmp_path / "labels" / "a.json", line(kind="circle"))
    assert [finding.kind for finding in check(tmp_path).problems] == ["mask-unreadable"]
