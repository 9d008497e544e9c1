"""`crackgauge data convert` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crackgauge.images import write_mask
from crackgauge.labels import ImageLabels, Polygon, Polyline, write_labels
from crackgauge.labels.formats import FORMATS

TRIANGLE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.5))


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    for number in range(3):
        mask = np.zeros((20, 30), np.bool_)
        mask[number : number + 3, 4:20] = True
        write_mask(tmp_path / "masks" / f"{number}.png", mask)
    return tmp_path / "masks"


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    shapes = (
        Polygon(TRIANGLE, "crack"),
        Polygon(TRIANGLE, "spalling"),
        Polyline(((1.0, 1.0), (20.0, 9.0)), "crack", width_px=2.0),
    )
    path = tmp_path / "deck.geojson"
    write_labels(path, [ImageLabels("deck.jpg", 30, 20, shapes)], to="geojson")
    return path


def test_masks_to_coco(run, masks: Path, tmp_path: Path):
    done = run("data", "convert", masks, tmp_path / "coco", "--to", "coco", "--strict")
    assert done.code == 0
    assert done.out.splitlines() == [
        "read: mask (3)",
        "written: 3 images, 3 shapes, as coco",
        str(tmp_path / "coco" / "annotations.json"),
    ]
    tree = json.loads((tmp_path / "coco" / "annotations.json").read_text())
    assert [each["area"] for each in tree["annotations"]] == [48, 48, 48]


def test_what_is_lost_is_said_in_a_line_a_kind(run, drawn: Path, tmp_path: Path):
    done = run("data", "convert", drawn, tmp_path / "cvat", "--to", "cvat")
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines == [
        "read: geojson (1)",
        "labels that count: crack (2); left out: spalling (1)",
        "written: 1 images, 2 shapes, as cvat",
        "width-lost 1 lines keep their place and lose their width, which CVAT for images 1.1 does "
        "not hold",
        str(tmp_path / "cvat" / "annotations.xml"),
    ]
    (loss,) = json.loads((tmp_path / "cvat" / "conversion.json").read_text())["losses"]
    assert (loss["kind"], loss["shapes"], loss["images"]) == ("width-lost", 1, ["deck.jpg"])


def test_strict_refuses(run, drawn: Path, tmp_path: Path):
    done = run("data", "convert", drawn, tmp_path / "cvat", "--to", "cvat", "--strict")
    assert done.code == 2
    assert "cannot hold everything (1: lines keep their place" in done.err
    assert not (tmp_path / "cvat").exists()


def test_labels_are_chosen(run, drawn: Path, tmp_path: Path):
    arguments = ("data", "convert", drawn, tmp_path / "out", "--to", "labelme")
    assert run(*arguments, "--label", "lid").code == 2
    done = run(*arguments, "--label", "spalling", "--label", "crack", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert len(json.loads((tmp_path / "out" / "deck.json").read_text())["shapes"]) == 3


def test_what_is_set_aside_ends_with_3(run, masks: Path, tmp_path: Path):
    (masks / "1.png").write_bytes(b"no picture")
    done = run("data", "convert", masks, tmp_path / "out", "--to", "label-studio")
    assert done.code == 3
    assert "set aside: 1.png: corrupt: the file is named .png" in done.out
    assert "set aside: 1.png" in done.err
    assert "Traceback" not in done.err


def test_a_refused_file_ends_with_3(run, tmp_path: Path):
    (tmp_path / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "b">]><annotations/>')
    done = run("data", "convert", tmp_path / "a.xml", tmp_path / "out", "--to", "coco")
    assert done.code == 3
    assert "document type" in done.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--to", "voc"), "voc"),
        (("--to", "coco", "--width-px", "-1"), "got a width of -1"),
        (("--to", "coco", "--images", "nowhere"), "no such folder"),
        (("--to", "coco", "--geo"), "need the photos"),
        ((), "--to"),
    ],
)
def test_wrong_use(run, masks: Path, tmp_path: Path, arguments: tuple[str, ...], complaint: str):
    done = run("data", "convert", masks, tmp_path / "out", *arguments)
    assert done.code == 2
    assert complaint in done.err
    assert not (tmp_path / "out").exists()


def test_help_names_every_format(run):
    done = run("data", "convert", "--help")
    assert done.code == 0
    words = done.out.replace("│", " ").replace(",", " ").split()
    assert set(words) >= set(FORMATS)
