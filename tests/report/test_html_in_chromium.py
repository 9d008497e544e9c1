"""The page as a client sees it: opened in Chromium, which the system must bring."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.report.surveys import content_of, survey_of

from crackgauge.report.html import write_report

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not there (apt install chromium)"
)


@pytest.mark.parametrize("mm_per_px", [None, 0.5])
def test_no_error_no_request_and_every_picture_is_shown(tmp_path: Path, mm_per_px):
    survey = survey_of("a.jpg", "<b>.jpg", mm_per_px=mm_per_px)
    write_report(tmp_path / "report.html", content_of(survey, tmp_path))
    address = (tmp_path / "report.html").as_uri()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, wait_until="load")
        sizes = page.eval_on_selector_all("img", "all => all.map(each => each.naturalWidth)")
        charts = page.eval_on_selector_all(
            "svg", "all => all.map(each => each.getBoundingClientRect().width)"
        )
        wide = page.evaluate("document.documentElement.scrollWidth")
        ink = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
        page.set_viewport_size({"width": 390, "height": 800})
        narrow = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert len(sizes) == 6
    assert min(sizes) > 50
    assert len(charts) == 2
    assert min(charts) > 100
    assert ink == "38.4px"  # the style sheet was let through
    assert wide <= 1280
    assert narrow <= 390
