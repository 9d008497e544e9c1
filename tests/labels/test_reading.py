"""Which format a label file is, and which of its images is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crackgauge.errors import CORRUPT, EMPTY, MISSING, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.labels import ImageLabels, find_image, read_labels

LABELME = {
    "imagePath": "a.png",
    "shapes": [{"shape_type": "linestrip", "label": "crack", "points": [[0, 0], [1, 1]]}],
}
LINE = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}


def refusal(path: Path, **options) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_labels(path, **options)
    return caught.value


@pytest.mark.parametrize("name", ["a.json", "a.geojson", "a.xml", "a"])
def test_the_content_decides_the_format(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_text(json.dumps(LABELME))
    assert read_labels(path).images[0].image == "a.png"
    path.write_text(json.dumps(LINE))
    assert read_labels(path).images[0].image == ""
    path.write_text("\ufeff<annotations><image name='b.png'/></annotations>", encoding="utf-8")
    assert read_labels(path).images[0].image == "b.png"


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [
        ("", EMPTY, "0 bytes"),
        ("{", CORRUPT, "neither XML nor JSON"),
        ("[" * 100_000, CORRUPT, "neither XML nor JSON"),
        ("[]", UNSUPPORTED, "is a list"),
        ('[{"image_id": 1}]', UNSUPPORTED, "is a list"),
        ("{}", UNSUPPORTED, "neither `shapes`"),
        ('{"type": {}}', UNSUPPORTED, "neither `shapes`"),
        ("\x89PNG\r\n", UNSUPPORTED, "this is no image"),
        ('{"shapes": ' + "9" * 5000 + "}", CORRUPT, "neither XML nor JSON"),
    ],
)
def test_what_is_no_label_file_is_refused(tmp_path: Path, content: str, reason: str, words: str):
    path = tmp_path / "a.json"
    path.write_bytes(content.encode("latin-1"))
    refused = refusal(path)
    assert refused.reason == reason
    assert words in refused.sentence


def test_a_missing_file_is_refused(tmp_path: Path):
    assert refusal(tmp_path / "none.xml").reason == MISSING


def test_a_file_above_the_limit_is_refused(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(LABELME))
    size = path.stat().st_size
    assert read_labels(path, largest_bytes=size)
    assert refusal(path, largest_bytes=size - 1).reason == TOO_LARGE


def entries(*names: str) -> list[ImageLabels]:
    return [ImageLabels(name, None, None, ()) for name in names]


def test_a_single_entry_is_taken_whatever_it_names():
    assert find_image(entries("x.png"), Path("a.png"), path=Path("l.xml")).image == "x.png"


@pytest.mark.parametrize(
    ("image", "names", "found"),
    [
        ("in/a.png", ("a.png", "b.png"), "a.png"),
        ("in/a.png", ("in/a.jpg", "b.png"), "in/a.jpg"),
        ("a.png", ("task/a.png", "task/b.png"), "task/a.png"),
        ("in/2/a.png", ("1/a.png", "2/a.png"), "2/a.png"),
        ("in/2/a.png", ("a.png", "2/a.png"), "2/a.png"),  # more folders say more
    ],
)
def test_the_entry_is_found_by_name(image: str, names: tuple[str, ...], found: str):
    assert find_image(entries(*names), Path(image), path=Path("l.xml")).image == found


@pytest.mark.parametrize(
    "names", [("b.png", "c.png"), ("1/a.png", "2/a.png"), ("", "b.png"), ("/", ".")]
)
def test_no_entry_or_two_are_refused(names: tuple[str, ...]):
    with pytest.raises(InputRefused, match="expected one"):
        find_image(entries(*names), Path("3/a.png"), path=Path("l.xml"))
