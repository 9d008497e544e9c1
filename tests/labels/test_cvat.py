"""CVAT for images 1.1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crackgauge.errors import CORRUPT, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.labels import (
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    draw_shapes,
    read_labels,
    write_labels,
)

# As CVAT writes it, cut down.
FILE = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>deck</name><labels><label><name>crack</name></label></labels></task></meta>
  <image id="0" name="day1/001.jpg" width="480" height="320">
    <polyline label="crack" source="manual" occluded="0" points="1.50,2.00;10.25,2.00;11,9"
        z_order="0">
      <attribute name="width">2</attribute>
    </polyline>
    <polygon label="spalling" occluded="0" points="0,0;4,0;4,4" z_order="0"></polygon>
    <box label="lid" occluded="0" xtl="1" ytl="1" xbr="5" ybr="5" z_order="0"/>
    <tag label="wet" source="manual"/>
  </image>
  <image id="1" name="day1/002.jpg" width="480" height="320"></image>
</annotations>
"""


def read(folder: Path, text: str) -> list[ImageLabels]:
    path = folder / "annotations.xml"
    path.write_text(text, encoding="utf-8")
    return list(read_labels(path).images)


def shape(folder: Path, element: str) -> ImageLabels:
    """What is read of an image of 20 x 10 px with this shape and a good one."""
    good = '<polyline label="c" points="1,1;2,2"/>'
    image = f'<image name="a" width="20" height="10">{element}{good}</image>'
    (found,) = read(folder, f"<annotations>{image}</annotations>")
    return found


def refusal(folder: Path, text: str) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read(folder, text)
    return caught.value


def test_lines_and_outlines_of_every_image(tmp_path: Path):
    assert read(tmp_path, FILE) == [
        ImageLabels(
            "day1/001.jpg",
            480,
            320,
            (
                Polyline(((1.5, 2.0), (10.25, 2.0), (11.0, 9.0)), "crack"),
                Polygon(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), "spalling"),
            ),
            (("box", "lid"),),
        ),
        ImageLabels("day1/002.jpg", 480, 320, ()),
    ]


@pytest.mark.parametrize(
    "points", ["", "1", "1,2;3", "a,b", "nan,1", "1,inf", "1e999,1", "1,2;;x,4", "9" * 400 + ",1"]
)
def test_points_that_are_none_are_set_aside(tmp_path: Path, points: str):
    found = shape(tmp_path, f'<polyline label="c" points="{points}"/>')
    (problem,) = found.problems
    assert problem.image == "a"
    assert problem.reason == CORRUPT
    assert "polyline of 'c'" in problem.sentence
    assert len(found.shapes) == 1


def test_an_outline_wants_three_points(tmp_path: Path):
    (problem,) = shape(tmp_path, '<polygon label="c" points="1,1;2,2"/>').problems
    assert "expected 3 or more" in problem.sentence


def mask(rle: str, **place: object) -> str:
    values = {"left": 3, "top": 2, "width": 4, "height": 2, **place}
    return (
        f'<mask label="c" rle="{rle}" ' + " ".join(f'{k}="{v}"' for k, v in values.items()) + "/>"
    )


def test_a_mask_lies_where_it_says_row_by_row(tmp_path: Path):
    found = shape(tmp_path, mask("1, 2, 1, 1, 3"))  # as CVAT writes it, with spaces
    drawn = draw_shapes(found.shapes[:1], 10, 20)
    assert np.argwhere(drawn).tolist() == [[2, 4], [2, 5], [3, 3]]


@pytest.mark.parametrize(
    ("element", "reason", "words"),
    [
        (mask("1,2"), CORRUPT, "add up to 3 pixels, expected 8"),
        (mask("4,5"), CORRUPT, "add up to 9 pixels"),
        (mask("0,1000000000000"), CORRUPT, "of 8"),
        (mask("-1,9"), CORRUPT, "runs that are no whole numbers"),
        (mask("a,8"), CORRUPT, "runs that are no whole numbers"),
        (mask("9" * 30 + ",8"), CORRUPT, "runs that are no whole numbers"),
        (mask(""), CORRUPT, "runs that are no whole numbers"),
        (mask("0,8", left=17), CORRUPT, "of an image of 20 x 10 px"),
        (mask("0,8", top=9), CORRUPT, "of an image of 20 x 10 px"),
        (mask("0,8", left=-1), CORRUPT, "no place"),
        (mask("0,8", width=0), CORRUPT, "no place"),
        (mask("0,8", height="9" * 30), CORRUPT, "no place"),
    ],
)
def test_a_mask_that_does_not_fit_is_set_aside(
    tmp_path: Path, element: str, reason: str, words: str
):
    found = shape(tmp_path, element)
    (problem,) = found.problems
    assert problem.reason == reason
    assert words in problem.sentence
    assert len(found.shapes) == 1


def test_a_bomb_of_two_runs_is_set_aside_before_it_grows(tmp_path: Path):
    text = mask("0,10000000000", left=0, top=0, width=100_000, height=100_000)
    image = f'<image name="a" width="100000" height="100000">{text}</image>'
    (found,) = read(tmp_path, f"<annotations>{image}</annotations>")
    assert [problem.reason for problem in found.problems] == [TOO_LARGE]


def test_what_is_written_is_read_again(tmp_path: Path):
    marked = np.zeros((3, 4), np.bool_)
    marked[0, 1:] = marked[2, 0] = True
    shapes = (
        Polyline(((0.1, 1 / 3), (19.0, 9.5)), 'a "b" & <c>'),
        Polygon(((1.0, 1.0), (5.5, 1.0), (5.5, 5.25)), "crack"),
        MaskShape.of(marked, row=4, col=7, label="crack"),
    )
    images = [ImageLabels("dir/a & b.png", 20, 10, shapes), ImageLabels("c.png", 5, 6, ())]
    path = tmp_path / "annotations.xml"
    assert write_labels(path, images, to="cvat") == {}
    assert list(read_labels(path).images) == images
    assert "<label><name>crack</name></label>" in path.read_text()
    element = next(line for line in path.read_text().splitlines() if "<mask" in line)
    assert 'rle="1, 3, 4, 1, 3" left="7" top="4" width="4" height="3"' in element


ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "document_type",
    [
        f'<!DOCTYPE annotations [<!ENTITY l0 "lol">{ENTITIES}]>',
        '<!DOCTYPE annotations [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE annotations SYSTEM "http://localhost/a.dtd">',
    ],
)
def test_a_document_type_is_refused_before_anything_grows(tmp_path: Path, document_type: str):
    refused = refusal(tmp_path, f"{document_type}<annotations>&l9;</annotations>")
    assert refused.reason == UNSUPPORTED
    assert "document type" in refused.sentence


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("<annotations><image", CORRUPT, "cannot be read"),
        ("<annotations>&unknown;</annotations>", CORRUPT, "cannot be read"),
        ('<?xml version="1.0" encoding="klingon"?><annotations/>', CORRUPT, "cannot be read"),
        ("<svg></svg>", UNSUPPORTED, "<svg>"),
        ("<annotations><track id='0'></track></annotations>", UNSUPPORTED, "video"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, reason: str, words: str):
    refused = refusal(tmp_path, text)
    assert refused.reason == reason
    assert words in refused.sentence


def test_deep_nesting_is_no_trouble(tmp_path: Path):
    text = f"<annotations>{'<a>' * 50_000}{'</a>' * 50_000}</annotations>"
    assert read(tmp_path, text) == []
