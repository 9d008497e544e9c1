"""CVAT for images 1.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.labels import ImageLabels, Polyline, read_labels

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
    return read_labels(path)


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
                Polyline(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), "spalling", closed=True),
            ),
            (("box", "lid"),),
        ),
        ImageLabels("day1/002.jpg", 480, 320, ()),
    ]


@pytest.mark.parametrize(
    "points", ["", "1", "1,2;3", "a,b", "nan,1", "1,inf", "1e999,1", "1,2;;x,4", "9" * 400 + ",1"]
)
def test_points_that_are_none_are_refused(tmp_path: Path, points: str):
    refused = refusal(
        tmp_path,
        f'<annotations><image name="a"><polyline label="c" points="{points}"/></image>'
        "</annotations>",
    )
    assert refused.reason == CORRUPT
    assert "polyline of 'c'" in refused.sentence


def test_an_outline_wants_three_points(tmp_path: Path):
    shape = '<polygon label="c" points="1,1;2,2"/>'
    refused = refusal(tmp_path, f'<annotations><image name="a">{shape}</image></annotations>')
    assert "expected 3 or more" in refused.sentence


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
