"""Conversions of whole files and folders, as a person would make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackgauge.errors import InputRefused, UsageError
from crackgauge.images import read_mask, write_image, write_mask
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
from crackgauge.pipeline.conversion import convert
from crackgauge.pipeline.summary import ProgressEvent

HEIGHT, WIDTH = 20, 30
TRIANGLE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.5))


def mask_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((HEIGHT, WIDTH)) < 0.3


def photo(path: Path, *, height: int = HEIGHT) -> Path:
    write_image(path, np.full((height, WIDTH, 3), 120, np.uint8))
    return path


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Three masks, one of them in a folder."""
    for seed, name in enumerate(("a", "b", "day2/a")):
        write_mask(tmp_path / "masks" / f"{name}.png", mask_of(seed))
    return tmp_path / "masks"


def labels_of(path: Path, *images: ImageLabels, to: str = "coco") -> Path:
    write_labels(path, images, to=to)
    return path


def image(name: str, *shapes: Any, **rest: Any) -> ImageLabels:
    return ImageLabels(name, WIDTH, HEIGHT, shapes or (Polygon(TRIANGLE, "crack"),), **rest)


def read_back(folder: Path) -> dict[str, np.ndarray]:
    return {
        path.relative_to(folder).with_suffix("").as_posix(): read_mask(path).mask
        for path in sorted(folder.rglob("*.png"))
    }


@pytest.mark.parametrize("to", FORMATS)
def test_masks_go_there_and_back_bit_by_bit(masks: Path, tmp_path: Path, to: str):
    there = convert(masks, tmp_path / "there", to=to)
    assert there.report.exit_code == 0
    assert (there.report.images, there.report.shapes) == (3, 3)
    back = convert(tmp_path / "there", tmp_path / "back", to="mask")
    assert back.report.exit_code == 0
    found = read_back(tmp_path / "back")
    assert found.keys() == {"a", "b", "day2/a"}
    for seed, name in enumerate(("a", "b", "day2/a")):
        assert np.array_equal(found[name], mask_of(seed))
    report = json.loads((tmp_path / "there" / "conversion.json").read_text())
    assert report["losses"] == (
        [
            {
                "kind": "mask-to-polygons",
                "shapes": 3,
                "what": "masks, which GeoJSON does not hold, became outlines along their pixels",
                "images": ["a.png", "b.png", "day2/a.png"],
            }
        ]
        if to == "geojson"
        else []
    )


def test_the_same_conversion_writes_the_same_bytes(masks: Path, tmp_path: Path):
    for name in ("one", "two"):
        convert(masks, tmp_path / name, to="cvat")
    for file in ("annotations.xml", "conversion.json"):
        first, second = (tmp_path / name / file for name in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


def test_a_dataset_names_its_photos(tmp_path: Path):
    for seed, name in enumerate(("deck", "day2/pier")):
        photo(tmp_path / "set" / "images" / f"{name}.jpg")
        write_mask(tmp_path / "set" / "masks" / f"{name}_mask.png", mask_of(seed))
    done = convert(tmp_path / "set", tmp_path / "out", to="coco")
    assert done.result == tmp_path / "out" / "annotations.json"
    assert [each.image for each in read_labels(done.result).images] == ["day2/pier.jpg", "deck.jpg"]


def test_photos_give_names_and_sizes(masks: Path, tmp_path: Path):
    photo(tmp_path / "photos" / "a.jpg")
    photo(tmp_path / "photos" / "b.tif.png", height=HEIGHT + 1)
    photo(tmp_path / "photos" / "day2" / "a.jpg")
    (masks / "b.png").rename(masks / "b.tif_mask.png")
    write_mask(masks / "lost.png", mask_of(5))
    done = convert(masks, tmp_path / "out", to="labelme", photos=tmp_path / "photos")
    assert done.report.written == ["a.json", "day2/a.json"]
    assert read_labels(tmp_path / "out" / "a.json").images[0].image == "a.jpg"
    # In the order in which it is found out: names first, then sizes.
    assert [(each.path, each.reason) for each in done.report.set_aside] == [
        ("lost.png", "missing"),
        ("b.tif_mask.png: b.tif.png", "size-mismatch"),
    ]
    assert done.report.exit_code == 3


def test_labelme_names_its_image_as_seen_from_its_own_file(masks: Path, tmp_path: Path):
    convert(masks, tmp_path / "out", to="labelme")
    (found,) = read_labels(tmp_path / "out" / "day2" / "a.json").images
    assert found.image == "a.png"
    folder = tmp_path / "drawn"
    for file, name in (("a.json", "a.jpg"), ("day2/a.json", "..\\b.jpg"), ("c.json", "")):
        labels_of(folder / file, image(name), to="labelme")
    labels_of(folder / "d.json", image("C:/photos/d.jpg"), to="labelme")
    done = convert(folder, tmp_path / "coco", to="coco")
    names = [each.image for each in read_labels(done.result).images]
    assert names == ["a.jpg", "c", "photos/d.jpg", "b.jpg"]


def test_two_photos_of_one_name_are_not_guessed(masks: Path, tmp_path: Path):
    for folder in ("1", "2"):
        photo(tmp_path / "photos" / folder / "b.jpg")
    done = convert(masks / "b.png", tmp_path / "out", to="coco", photos=tmp_path / "photos")
    assert "2 photos in photos/ are named b" in done.report.set_aside[0].sentence
    assert not (tmp_path / "out" / "annotations.json").exists()
    assert json.loads(done.report_file.read_text())["images"] == 0


def test_labels_with_crack_in_their_name_count(tmp_path: Path):
    shapes = [Polygon(TRIANGLE, name) for name in ("Fine Crack", "spalling", "crack")]
    source = labels_of(tmp_path / "a.json", image("a.jpg", *shapes))
    done = convert(source, tmp_path / "out", to="cvat")
    assert done.report.taken == {"Fine Crack": 1, "crack": 1}
    assert done.report.left_out == {"spalling": 1}
    done = convert(source, tmp_path / "named", to="cvat", labels=["spalling"])
    assert done.report.taken == {"spalling": 1}
    with pytest.raises(UsageError, match=r"no label 'joint'; the labels are 'Fine Crack', 'crack'"):
        convert(source, tmp_path / "none", to="cvat", labels=["joint"])
    others = labels_of(tmp_path / "b.json", image("a.jpg", shapes[1]))
    assert convert(others, tmp_path / "all", to="cvat").report.taken == {"spalling": 1}


def test_an_image_whose_labels_are_left_out_stays_empty(tmp_path: Path):
    images = [image("a.jpg"), image("b.jpg", Polygon(TRIANGLE, "spalling"))]
    done = convert(labels_of(tmp_path / "a.json", *images), tmp_path / "out", to="mask")
    assert done.report.written == ["a.png", "b.png"]
    assert not read_mask(tmp_path / "out" / "b.png").mask.any()


def test_an_image_whose_shapes_are_all_damaged_is_set_aside(tmp_path: Path):
    source = labels_of(tmp_path / "a.json", image("a.jpg"), image("b.jpg"))
    tree = json.loads(source.read_text())
    tree["annotations"][0]["segmentation"] = [[1, 2]]
    source.write_text(json.dumps(tree))
    done = convert(source, tmp_path / "out", to="mask")
    assert done.report.written == ["b.png"]
    assert [each.path for each in done.report.set_aside] == ["a.json: a.jpg"] * 2


def test_an_image_with_boxes_alone_is_set_aside(tmp_path: Path):
    source = labels_of(tmp_path / "a.json", image("a.jpg"), image("b.jpg"))
    tree = json.loads(source.read_text())
    tree["annotations"][0]["segmentation"] = []
    source.write_text(json.dumps(tree))
    done = convert(source, tmp_path / "out", to="mask")
    assert done.report.written == ["b.png"]
    (aside,) = done.report.set_aside
    assert (aside.path, aside.reason) == ("a.json: a.jpg", "unsupported")
    assert "1 box" in aside.sentence


def test_where_nothing_is_written_the_report_is_the_result(tmp_path: Path):
    labels = labels_of(tmp_path / "a.json", image("a.jpg"))
    (tmp_path / "photos").mkdir()
    done = convert(labels, tmp_path / "out", to="cvat", photos=tmp_path / "photos")
    assert done.report.exit_code == 3
    assert done.result == done.report_file == tmp_path / "out" / "conversion.json"
    assert list((tmp_path / "out").iterdir()) == [done.result]


def test_an_image_whose_shapes_all_miss_it_is_set_aside(tmp_path: Path):
    far = Polygon(tuple((x + 5e5, y + 5e6) for x, y in TRIANGLE), "crack")
    source = labels_of(tmp_path / "a.xml", image("a.jpg", far), image("b.jpg"), to="cvat")
    done = convert(source, tmp_path / "out", to="coco")
    assert [(each.path, each.reason) for each in done.report.set_aside] == [
        ("a.xml: a.jpg", "bad-encoding")
    ]
    both = labels_of(tmp_path / "b.xml", image("a.jpg", far, Polygon(TRIANGLE, "crack")), to="cvat")
    assert convert(both, tmp_path / "both", to="coco").report.shapes == 2


def test_masks_count_as_labels_too(masks: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="no label 'joint'; the labels are 'crack'"):
        convert(masks, tmp_path / "out", to="coco", labels=["joint"])


def test_a_photo_that_cannot_be_read_is_named(masks: Path, tmp_path: Path):
    photo(tmp_path / "photos" / "a.jpg").write_bytes(b"")
    done = convert(masks / "a.png", tmp_path / "out", to="coco", photos=tmp_path / "photos")
    (aside,) = done.report.set_aside
    assert (aside.path, aside.reason) == ("a.png: a.jpg", "empty")
    assert aside.sentence.startswith("its photo a.jpg: the file has 0 bytes")


def test_lines_get_their_width(tmp_path: Path):
    line = Polyline(((2.0, 5.0), (20.0, 9.0)), "crack")
    source = labels_of(tmp_path / "a.xml", image("a.jpg", line), to="cvat")
    done = convert(source, tmp_path / "out", to="mask", width_px=3.0)
    assert done.report.losses == {"line-to-mask": 1}
    expected = draw_shapes([Polyline(line.points, width_px=3.0)], HEIGHT, WIDTH)
    assert np.array_equal(read_mask(tmp_path / "out" / "a.png").mask, expected)
    done = convert(source, tmp_path / "curve", to="mask")
    assert done.report.losses == {"line-to-curve": 1}
    with pytest.raises(UsageError, match="got a width of 0 px"):
        convert(source, tmp_path / "none", to="mask", width_px=0)


def test_strict_writes_nothing_where_something_would_be_lost(tmp_path: Path):
    line = Polyline(((2.0, 5.0), (20.0, 9.0)), "crack", width_px=2.5)
    source = labels_of(tmp_path / "a.geojson", image("a.jpg", line), to="geojson")
    with pytest.raises(UsageError, match=r"CVAT for images 1\.1 cannot hold everything \(1: lines"):
        convert(source, tmp_path / "out", to="cvat", strict=True)
    assert not (tmp_path / "out").exists()
    assert convert(source, tmp_path / "out", to="geojson", strict=True).report.exit_code == 0
    assert read_labels(tmp_path / "out" / "a.geojson").images[0].shapes == (line,)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("../../evil.jpg", "evil.png"),
        ("/etc/evil.jpg", "etc/evil.png"),
        ("C:\\Users\\me\\deck.jpg", "Users/me/deck.png"),
        ("a/../../b.jpg", "a/b.png"),
        (".hidden/.jpg", "_hidden/_jpg.png"),
        ("..", "a_1.png"),
        ("a\nb.jpg", "a_b.png"),
        ("CON:<>|?*.jpg", "CON______.png"),
        ("é" * 300 + ".jpg", "é" * 58 + ".png"),
        ("🙂" * 300 + ".jpg", "🙂" * 29 + ".png"),
        ("d/" * 2000 + "a.jpg", "d/" * 7 + "a.png"),
    ],
)
def test_names_stay_in_the_folder(tmp_path: Path, name: str, written: str):
    source = labels_of(tmp_path / "in" / "a.json", image(name))
    done = convert(source, tmp_path / "out" / "deep", to="mask")
    assert done.report.written == [written]
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    out = Path("out", "deep")
    assert files == {Path("in", "a.json"), out / written, out / "conversion.json"}


def test_an_image_has_labels_once(tmp_path: Path):
    images = [image("a.jpg"), image("../a.jpg", Polygon(TRIANGLE, "fine crack"))]
    done = convert(labels_of(tmp_path / "a.json", *images), tmp_path / "out", to="cvat")
    assert "has labels already" in done.report.set_aside[0].sentence
    (found,) = read_labels(done.result).images
    assert found.shapes == (Polygon(TRIANGLE, "crack"),)


def test_images_that_differ_in_their_suffix_get_files_of_their_own(tmp_path: Path):
    images = [image(name) for name in ("a.jpg", "a.png", "A.tif")]
    done = convert(labels_of(tmp_path / "a.json", *images), tmp_path / "out", to="labelme")
    assert done.report.written == ["a.json", "a_png.json", "A_tif.json"]


def test_labels_and_the_report_do_not_replace_each_other(tmp_path: Path):
    """A photo may be called as the report is."""
    images = [image("conversion.jpg"), image("my_conversion.jpg")]
    there = convert(labels_of(tmp_path / "a.json", *images), tmp_path / "there", to="labelme")
    assert there.report.written == ["conversion_jpg.json", "my_conversion.json"]
    assert json.loads(there.report_file.read_text())["images"] == 2
    (tmp_path / "there" / "conversion_jpg.json").rename(tmp_path / "there" / "a.conversion.json")
    back = convert(tmp_path / "there", tmp_path / "back", to="mask")
    assert back.report.read == {"labelme": 2}
    assert read_back(tmp_path / "back").keys() == {"conversion", "my_conversion"}


def test_a_name_that_is_none_sets_its_image_aside_alone(tmp_path: Path):
    photo(tmp_path / "photos" / "a.jpg")
    labels = labels_of(tmp_path / "a.json", image("a.jpg"), image("/"), image("."))
    done = convert(labels, tmp_path / "out", to="coco", photos=tmp_path / "photos")
    assert (done.report.images, len(done.report.set_aside)) == (1, 2)
    assert all("there is no photo" in each.sentence for each in done.report.set_aside)


def test_labels_without_a_size_need_the_photos(tmp_path: Path):
    unknown = ImageLabels("a.jpg", None, None, (Polygon(TRIANGLE, "crack"),))
    source = labels_of(tmp_path / "a.geojson", unknown, to="geojson")
    done = convert(source, tmp_path / "out", to="coco")
    assert [each.reason for each in done.report.set_aside] == ["missing"]
    photo(tmp_path / "photos" / "a.jpg")
    done = convert(source, tmp_path / "done", to="coco", photos=tmp_path / "photos")
    assert read_labels(done.result).images == (image("a.jpg"),)


def test_a_mask_beyond_the_photo_is_set_aside(tmp_path: Path):
    shape = MaskShape.of(np.ones((4, 4), np.bool_), row=HEIGHT - 2, label="crack")
    source = labels_of(tmp_path / "a.xml", ImageLabels("a.jpg", WIDTH, 99, (shape,)), to="cvat")
    source.write_text(source.read_text().replace(f'width="{WIDTH}" height="99"', ""))
    photo(tmp_path / "photos" / "a.jpg")
    done = convert(source, tmp_path / "out", to="label-studio", photos=tmp_path / "photos")
    assert [each.reason for each in done.report.set_aside] == ["size-mismatch"]


def test_files_that_cannot_be_read_are_set_aside(masks: Path, tmp_path: Path):
    (masks / "b.png").write_bytes(b"no picture")
    done = convert(masks, tmp_path / "out", to="coco")
    assert [(each.path, each.reason) for each in done.report.set_aside] == [("b.png", "corrupt")]
    assert len(read_labels(done.result).images) == 2
    folder = tmp_path / "labels"
    labels_of(folder / "a.json", image("a.jpg"), to="labelme")
    (folder / "b.json").write_text("{")
    (folder / "conversion.json").write_text('{"format": "crackgauge conversion 1"}')
    done = convert(folder, tmp_path / "more", to="coco")
    assert [each.path for each in done.report.set_aside] == ["b.json"]


def test_the_content_of_one_file_says_what_it_is(masks: Path, tmp_path: Path):
    labels_of(tmp_path / "export.txt", image("a.jpg"))
    (masks / "a.png").rename(masks / "a.json")
    done = convert(tmp_path / "export.txt", tmp_path / "1", to="cvat")
    assert done.report.read == {"coco": 1}
    done = convert(masks / "a.json", tmp_path / "2", to="cvat")
    assert done.report.read == {"mask": 1}
    assert np.array_equal(
        draw_shapes(read_labels(done.result).images[0].shapes, HEIGHT, WIDTH), mask_of(0)
    )


def test_one_file_that_cannot_be_read_is_the_error(tmp_path: Path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputRefused, match="neither `shapes`"):
        convert(tmp_path / "a.json", tmp_path / "out", to="coco")
    assert not (tmp_path / "out").exists()


def test_outputs_replace_nothing_unasked(masks: Path, tmp_path: Path):
    convert(masks, tmp_path / "out", to="coco")
    before = (tmp_path / "out" / "annotations.json").read_bytes()
    with pytest.raises(UsageError, match=r"annotations\.json is there already.*--overwrite"):
        convert(masks / "a.png", tmp_path / "out", to="coco")
    assert (tmp_path / "out" / "annotations.json").read_bytes() == before
    convert(masks / "a.png", tmp_path / "out", to="coco", overwrite=True)
    assert len(read_labels(tmp_path / "out" / "annotations.json").images) == 1


def test_inputs_are_never_replaced(masks: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="folder of the labels itself"):
        convert(masks, masks, to="mask")
    with pytest.raises(UsageError, match="would replace what it is made from"):
        convert(masks / "a.png", masks, to="mask", overwrite=True)
    photo(tmp_path / "photos" / "a.png")
    source = labels_of(tmp_path / "a.json", image("a.png"))
    with pytest.raises(UsageError, match="would replace what it is made from"):
        convert(source, tmp_path / "photos", to="mask", photos=tmp_path / "photos", overwrite=True)


def test_a_named_file_has_its_report_beside_it(masks: Path, tmp_path: Path):
    done = convert(masks, tmp_path / "all.json", to="label-studio")
    assert done.report_file == tmp_path / "all.conversion.json"
    assert len(read_labels(tmp_path / "all.json").images) == 3
    done = convert(masks / "a.png", tmp_path / "one.geojson", to="geojson")
    assert done.result == tmp_path / "one.geojson"
    with pytest.raises(UsageError, match="a file of GeoJSON holds one image, got 3"):
        convert(masks, tmp_path / "three.geojson", to="geojson")
    with pytest.raises(UsageError, match=r"COCO is written as \.json"):
        convert(masks, tmp_path / "all.xml", to="coco")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file, expected a folder"):
        convert(masks, tmp_path / "file", to="coco")


def test_there_must_be_something_to_read(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no labels"):
        convert(tmp_path / "empty", tmp_path / "out", to="coco")
    nothing = labels_of(tmp_path / "none.xml", to="cvat")
    with pytest.raises(UsageError, match="names no image, so that there is nothing to convert"):
        convert(nothing, tmp_path / "out", to="coco")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="no such file or folder"):
        convert(tmp_path / "none", tmp_path / "out", to="coco")
    with pytest.raises(UsageError, match="no such folder; give the folder of the photos"):
        convert(tmp_path / "empty", tmp_path / "out", to="coco", photos=tmp_path / "none")


def test_what_lies_in_the_output_is_no_input(masks: Path):
    convert(masks, masks / "coco", to="labelme")
    done = convert(masks, masks / "coco", to="labelme", overwrite=True)
    assert done.report.read == {"mask": 3}


def test_progress_counts_the_images(masks: Path, tmp_path: Path):
    events: list[ProgressEvent] = []
    convert(masks, tmp_path / "out", to="mask", progress=events.append)
    assert [(event.finished, event.total, event.name) for event in events] == [
        (1, 3, "a.png"),
        (2, 3, "b.png"),
        (3, 3, "day2/a.png"),
    ]
