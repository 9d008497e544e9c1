"""An inspection from empty project to report: real photos, a large one, a reload, a kill."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.web.browser.conftest import Opened
from tests.web.browser.rendered_tiff import write_rendered_tiff
from tests.web.conftest import Running

pytest.importorskip("numba")
Open = Callable[..., Opened]


@pytest.mark.data
def test_from_photos_to_the_report(
    serve_at: Callable[..., Running], data_dir: Path, tmp_path: Path, open_page: Open
):
    (tmp_path / "photos").mkdir()
    write_rendered_tiff(tmp_path / "photos" / "deck.tif")
    names = (data_dir / "uav315" / "test.txt").read_text().split()[:3]
    settings = {"photos": tmp_path / "photos", "threads": 2}
    running = serve_at(tmp_path / "project", **settings)
    opened = open_page(running)
    add_photos(opened, [data_dir / "uav315" / "images" / f"{name}.jpg" for name in names])
    running.wait_for_all(120)
    name = most_cracked(running)
    image = running.image(name)["id"]
    opened.choose(name)
    try_threshold(opened)
    rejected = judge(opened, running, image)
    kept = trace_and_undo(opened, running, image, (40, 40), (400, 40))
    give_scale(opened, running, image, (100, 300), (200, 300))
    opened.page.reload()
    opened.wait_for_photo()
    opened.page.get_by_role("heading", name=name).wait_for()

    before = state_of(running, image)
    running.kill()
    opened.page.get_by_text("The server does not answer").first.wait_for()
    running = serve_at(tmp_path / "project", port=running.port, **settings)
    opened.page.get_by_text("The server does not answer.").wait_for(state="detached")
    assert state_of(running, image) == before
    assert len(running.get(f"/api/images/{image}/annotation").json["strokes"]) == kept

    rejected += work_on_the_large_photo(opened, running)
    check_report(opened, tmp_path, rejected)
    assert [text for text in opened.said if "ERR_" not in text] == []
    opened.said.clear()


def add_photos(opened: Opened, files: list[Path]) -> None:
    opened.photo("deck.tif").wait_for()
    opened.page.locator("#add-photos").set_input_files(files)
    opened.notice("3 photos were added")
    opened.page.get_by_role("progressbar").first.wait_for()
    opened.page.get_by_role("progressbar").wait_for(state="detached", timeout=120_000)


def most_cracked(running: Running) -> str:
    images = running.get("/api/images?count=10").json["items"]
    return max(images, key=lambda each: each["counts"]["open"])["name"]


def try_threshold(opened: Opened) -> None:
    """The mask grows while the slider goes down; nothing is measured by that."""
    page = opened.page
    slider = page.get_by_label("Threshold")
    page.keyboard.press("2")
    opened.wait_for_mask()
    before = opened.colours("raster")["drawn"]
    slider.fill("0.1")
    opened.settle()
    assert opened.colours("raster")["drawn"] > before
    page.get_by_role("button", name="Reset").click()
    opened.settle()
    assert opened.colours("raster")["drawn"] == before
    page.keyboard.press("2")


def judge(opened: Opened, running: Running, image: str) -> int:
    """Reject the first crack of the table, accept the next; return how many are rejected."""
    page = opened.page
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_selector(".crack-row.current.rejected")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(".crack-row.accepted")
    opened.settle()
    decisions = [each["decision"] for each in running.cracks(image)]
    return decisions.count("rejected")


Place = tuple[float, float]


def trace_and_undo(opened: Opened, running: Running, image: str, start: Place, end: Place) -> int:
    """Trace a line in the photo, undo it, do it again; the number of strokes is returned."""
    page = opened.page
    page.keyboard.press("t")
    page.get_by_role("button", name="what was found").click()
    page.get_by_role("button", name="Done").wait_for()
    page.wait_for_timeout(500)
    count = len(running.get(f"/api/images/{image}/annotation").json["strokes"])
    opened.click(*start)
    opened.click(*end)
    page.get_by_text(re.compile(r"\d (px|mm) long")).wait_for()
    page.keyboard.press("Enter")
    opened.wait_for_strokes(count + 1)
    page.keyboard.press("Control+z")
    opened.wait_for_strokes(count)
    page.keyboard.press("Control+y")
    opened.wait_for_strokes(count + 1)
    page.keyboard.press("t")
    opened.notice("measured from its strokes")
    page.get_by_text("corrected by hand").wait_for()
    return count + 1


def give_scale(opened: Opened, running: Running, image: str, start: Place, end: Place) -> None:
    """Between points that lie 100 px apart are 50 mm."""
    page = opened.page
    page.get_by_role("button", name="no scale").click()
    page.get_by_role("button", name="Choose the points").click()
    page.wait_for_timeout(500)
    opened.click(*start)
    opened.click(*end)
    page.get_by_label("Length between the points in mm").fill("50")
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="mm/px (two points)").wait_for()
    running.wait_for_all()
    measured = running.get(f"/api/images/{image}").json["measured"]
    assert measured["mm_per_px"] == pytest.approx(0.5, rel=0.02)


def state_of(running: Running, image: str) -> list[tuple[str, str, float]]:
    """What must outlive the server: what was judged, and what was measured in mm."""
    return [
        (each["id"], each["decision"], each["measures"]["width_max_mm"])
        for each in running.cracks(image)
    ]


def work_on_the_large_photo(opened: Opened, running: Running) -> int:
    """The same with 108 megapixels: searched, judged, traced, measured."""
    page = opened.page
    opened.choose("deck.tif")
    image = running.image("deck.tif")["id"]
    page.get_by_role("button", name="Find its cracks").click()
    page.locator(".crack-row:not(.head)").first.wait_for(timeout=900_000)
    assert len(running.cracks(image)) > 100
    try_threshold(opened)
    rejected = judge(opened, running, image)
    page.keyboard.press("f")
    for _ in range(6):
        page.keyboard.press("+")
        page.wait_for_timeout(100)
    opened.wait_for_photo()
    page.wait_for_timeout(500)
    give_scale(opened, running, image, (5_950, 4_450), (6_050, 4_450))
    trace_and_undo(opened, running, image, (5_900, 4_500), (6_100, 4_500))
    running.wait_for_all(300)
    assert len(running.cracks(image)) > 100
    return rejected


def check_report(opened: Opened, tmp_path: Path, rejected: int) -> None:
    page = opened.page
    page.get_by_role("button", name="Report").click()
    page.get_by_role("button", name="Write").click()
    with page.expect_download(timeout=600_000) as begun:
        page.get_by_role("link", name="All as ZIP").first.click(timeout=600_000)
    begun.value.save_as(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("report.html").startswith(b"<!doctype html>")
        found = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in ("images.csv", "review.csv")
        }
    measured = {row["image"] for row in found["images.csv"]}
    assert "deck.tif" in measured
    assert len(measured) == 4
    decisions = [row["decision"] for row in found["review.csv"]]
    assert decisions.count("rejected") == rejected
