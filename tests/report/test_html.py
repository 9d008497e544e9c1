from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.report.surveys import graded
from tests.report.test_zone_views import zones

from crackgauge.images import write_image
from crackgauge.measure import Survey, join, measure
from crackgauge.report import html as html_module
from crackgauge.report.html import (
    ReportContent,
    ReportModel,
    ReportPictures,
    write_report,
)

MODEL = ReportModel("attention-unet-fast", "Apache-2.0", "rendered images", 0.5, "by hand", "0.1")


def survey_of(widths: dict[str, int], mm_per_px: float | None = None) -> Survey:
    """One straight crack of 80 px in each image, of the given width; none for 0."""
    surveys = []
    for name, width_px in widths.items():
        mask = np.zeros((60, 120), dtype=bool)
        mask[20 : 20 + width_px, 10:90] = True
        surveys.append(measure(mask, image=name, mm_per_px=mm_per_px))
    return join(surveys)


def write(tmp_path: Path, survey: Survey, **more) -> str:
    arguments = {
        "title": "Deck",
        "model": MODEL,
        "settings": {"scale": "none"},
        "images": survey.images,
        "cracks": survey.cracks,
        "branches": survey.branches,
        "pictures": {},
    }
    write_report(tmp_path / "report.html", ReportContent(**{**arguments, **more}))
    return (tmp_path / "report.html").read_text("utf-8")


class _Page(HTMLParser):
    """Collects what could load something, and the text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] != "style":
            self.text += data


def test_figures_and_order_of_severity(tmp_path):
    page = _Page(write(tmp_path, survey_of({"a.jpg": 3, "b.jpg": 0, "c.jpg": 6}, 0.5)))
    text = " ".join(page.text.split())
    assert "of 3 photos" in text
    assert "Total length80.0 mm" in text  # 2 x 80 px x 0.5 mm
    assert "Widest spot3.00 mmin c.jpg" in text
    assert text.index("1c.jpg") < text.index("2a.jpg")
    assert "Photos in which no crack was marked" in text


def test_without_a_scale_everything_is_in_pixels(tmp_path):
    text = _Page(write(tmp_path, survey_of({"a.jpg": 3}))).text
    assert "80 px" in text
    assert "3.0 px" in text
    assert not re.search(r"\d mm\b", text.replace("0.3 mm", "").replace("0.15 mm", ""))


def test_no_width_is_claimed_below_two_pixels(tmp_path):
    assert "< 2 px" in html.unescape(write(tmp_path, survey_of({"a.jpg": 1})))
    scaled = html.unescape(write(tmp_path, survey_of({"a.jpg": 1}, 0.25)))
    assert "< 0.50 mm" in scaled
    assert ">0.25 mm" not in scaled


def test_the_page_loads_nothing_and_runs_nothing(tmp_path):
    picture = tmp_path / "picture.jpg"
    write_image(picture, np.full((60, 120, 3), 90, dtype=np.uint8))
    pictures = {"a.jpg": ReportPictures(picture, picture, picture)}
    raw = write(tmp_path, survey_of({"a.jpg": 3}), pictures=pictures)
    page = _Page(raw)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    sources = [attributes["src"] for tag, attributes in page.tags if "src" in attributes]
    assert len(sources) == 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    links = [attributes["href"] for tag, attributes in page.tags if "href" in attributes]
    assert links
    assert all(link.startswith("#") for link in links)
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {link[1:] for link in links} <= targets
    style = re.search(r"<style>(.*?)</style>", raw, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "url(" not in style
    assert "@import" not in style
    assert not [a for _, a in page.tags if "style" in a or any(k.startswith("on") for k in a)]


def test_names_and_sentences_are_text_and_never_markup(tmp_path):
    name = '<img src=x onerror=alert(1)>&".jpg'
    raw = write(
        tmp_path,
        survey_of({name: 3}),
        title="<b>Deck</b>",
        settings={"<i>": "<u>"},
        set_aside=[("<s>.heic", "unsupported", "convert <it>")],
    )
    assert not {"b", "i", "u", "s", "it"} & {tag for tag, _ in _Page(raw).tags}
    assert "onerror=alert(1)>" not in raw
    assert name in _Page(raw).text
    assert "convert <it>" in _Page(raw).text


def test_a_name_that_is_no_utf8_is_shown_by_its_bytes(tmp_path):
    assert "b\\udcff.jpg" in write(tmp_path, survey_of({"b\udcff.jpg": 3}))


def test_the_date_is_that_of_the_environment_or_none(tmp_path, monkeypatch):
    survey = survey_of({"a.jpg": 3})
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    undated = write(tmp_path, survey)
    assert undated == write(tmp_path, survey)
    assert not re.search(r"\b20\d\d\b", _Page(undated).text)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1715904000")
    assert "17 May 2024" in write(tmp_path, survey)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert write(tmp_path, survey) == undated


def test_above_the_limit_photos_have_a_row_and_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(html_module, "PICTURED_IMAGES", 2)
    picture = tmp_path / "picture.jpg"
    write_image(picture, np.full((60, 120, 3), 90, dtype=np.uint8))
    names = {f"{number}.jpg": number for number in (3, 4, 5, 6)}
    pictures = {name: ReportPictures(picture, picture, None) for name in names}
    raw = write(tmp_path, survey_of(names), pictures=pictures)
    assert raw.count("data:image/jpeg") == 4
    text = " ".join(_Page(raw).text.split())
    assert "The 2 photos with the widest cracks are shown. The other 2 are in the table" in text
    assert "3.jpg" in text
    assert 'href="#photo-3"' not in raw


def test_a_picture_that_is_gone_or_broken_is_left_out(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no photo")
    pictures = {"a.jpg": ReportPictures(tmp_path / "gone.jpg", broken, None)}
    raw = write(tmp_path, survey_of({"a.jpg": 3}), pictures=pictures)
    assert "<img" not in raw
    assert "a.jpg" in raw


def test_the_widest_cracks_of_a_photo_are_listed_and_the_others_counted(tmp_path, monkeypatch):
    from crackgauge.report import views

    monkeypatch.setattr(views, "LISTED_CRACKS", 1)
    mask = np.zeros((60, 120), dtype=bool)
    mask[10:13, 10:90] = True
    mask[40:45, 10:90] = True
    text = " ".join(_Page(write(tmp_path, measure(mask, image="a.jpg"))).text.split())
    assert "The 1 widest; 1 more are in cracks.csv." in text


def test_zones_have_a_table_where_there_are_some(tmp_path):
    survey = survey_of({"a.jpg": 3})
    assert "Zones" not in _Page(write(tmp_path, survey)).text
    text = " ".join(_Page(write(tmp_path, survey, zones=zones())).text.split())
    assert "Zones" in text
    assert "left lane2500 mm0.250 m/m²" in text


def test_cracks_of_a_standard_have_their_class_and_its_reason(tmp_path):
    survey = graded(survey_of({"a.jpg": 3, "b.jpg": 8}, 0.5))
    raw = write(tmp_path, survey, images=survey.images, cracks=survey.cracks)
    text = " ".join(_Page(raw).text.split())
    assert "some of its bounds were not compared with the source" in text
    assert "severe / wide140.0 mm slight140.0 mm" in text
    assert "slight · mean width" in text


def test_no_photo_at_all_is_still_a_page(tmp_path):
    empty = join([])
    refused = [("b.jpg", "empty", "0 bytes"), ("a.heic", "unsupported", "convert it")]
    text = _Page(write(tmp_path, empty, set_aside=refused)).text
    assert "0 photos" in text
    assert text.index("a.heic") < text.index("b.jpg")


@pytest.mark.parametrize("place", [(48.137154, 11.576124), (float("nan"), float("nan"))])
def test_coordinates_are_plain_text_where_the_photo_has_them(tmp_path, place):
    survey = survey_of({"a.jpg": 3})
    images = survey.images.assign(latitude_deg=place[0], longitude_deg=place[1])
    text = _Page(write(tmp_path, survey, images=images)).text
    assert ("48.137154, 11.576124" in text) == (place[0] == 48.137154)
    assert ("Coordinates (WGS 84)" in text) == (place[0] == 48.137154)
