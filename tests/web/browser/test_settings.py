"""Scale, standard and the report, from the page."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of

Open = Callable[..., Opened]


@pytest.fixture
def scaled(walls: Running, open_page: Open) -> tuple[Opened, str]:
    image = walls.upload(png_of(300, 400, 150), name="ruler.png").json
    walls.find(image["id"])
    opened = open_page(walls, place=f"#photo={image['id']}")
    opened.wait_for_photo()
    return opened, image["id"]


def scale_of(running: Running, image: str) -> float:
    running.wait_for_all()
    measured = running.get(f"/api/images/{image}").json["measured"]
    return float(measured["mm_per_px"])


def test_a_scale_by_two_clicks(walls: Running, scaled: tuple[Opened, str]):
    opened, image = scaled
    page = opened.page
    page.get_by_role("button", name="0.5 mm/px").click()
    page.get_by_role("button", name="Choose the points").click()
    opened.wait_until_still()
    opened.click(50, 50)
    opened.click(250, 50)
    page.get_by_text("px are").wait_for()
    page.locator("#points-mm:focus").wait_for()
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    opened.notice("measured anew")
    page.get_by_role("button", name="mm/px (two points)").wait_for()
    # 200 px are 50 mm; a click is right to a px of the screen.
    assert scale_of(walls, image) == pytest.approx(0.25, rel=0.01)


def test_a_scale_by_number_and_by_a_marker_that_is_not_there(
    walls: Running, scaled: tuple[Opened, str]
):
    opened, image = scaled
    page = opened.page
    page.get_by_role("button", name="0.5 mm/px").click()
    page.get_by_text("A number").click()
    page.get_by_label("mm per pixel").fill("0,21")
    page.get_by_role("button", name="Use it").click()
    opened.notice("measured anew")
    assert scale_of(walls, image) == 0.21
    page.get_by_role("button", name="0.21 mm/px").click()
    page.get_by_text("As the project").click()
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="0.5 mm/px").wait_for()
    assert scale_of(walls, image) == 0.5
    page.get_by_role("button", name="0.5 mm/px").click()
    page.get_by_text("An ArUco marker").click()
    page.get_by_label("Side of the marker in mm").fill("50")
    page.get_by_role("button", name="Use it").click()
    page.locator(".photo-facts").get_by_text("no marker of the family").wait_for()
    page.get_by_role("button", name="no scale").wait_for()


def test_a_dialog_shows_what_went_wrong_and_keeps_what_is_marked(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.wait_for_photo()
    page = opened.page
    page.get_by_role("button", name="Settings").click()
    field = page.get_by_label("mm per pixel")
    field.fill("0.25")
    page.route("**/api/project", lambda route: route.abort())
    page.get_by_role("button", name="Keep").click()
    notice = opened.notice("does not answer")
    notice.get_by_role("button", name="Dismiss").click()  # it is not under the dialog
    notice.wait_for(state="detached")
    box = field.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(5, box["y"] + 5, steps=3)  # marks the text, and ends beside the dialog
    page.mouse.up()
    opened.settle()
    assert field.input_value() == "0.25"
    page.mouse.click(5, 400)
    page.locator("dialog").wait_for(state="detached")
    assert all("ERR_FAILED" in text for text in opened.said)
    opened.said.clear()


def test_a_standard_grades_and_the_report_is_downloaded(
    walls: Running, open_page: Open, tmp_path: Path
):
    image = walls.upload(png_of(300, 400, 60, 150, 240), name="graded.png").json
    walls.find(image["id"])
    opened = open_page(walls, place=f"#photo={image['id']}")
    opened.wait_for_photo()
    page = opened.page
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Standard", exact=True).select_option("osim")
    page.get_by_role("button", name="Keep").click()
    opened.notice("measured anew")
    page.locator(".crack-row .severity", has_text="wide").first.wait_for()  # 1.5 mm
    walls.wait_for_all()
    crack = walls.cracks(image["id"])[0]
    judged = {"version": crack["version"], "decision": "rejected"}
    assert walls.send("PATCH", f"/api/cracks/{crack['id']}", judged).status == 200
    page.get_by_role("button", name="Report").click()
    page.get_by_role("button", name="Write").click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="All as ZIP").first.click()
    begun.value.save_as(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert archive.testzip() is None
        assert {"report.html", "cracks.csv", "review.csv"} <= set(archive.namelist())
        rows = list(csv.DictReader(io.StringIO(archive.read("cracks.csv").decode())))
    of_photo = [row["crack_id"] for row in rows if row["image"] == "graded.png"]
    assert str(crack["number"]) not in of_photo
    assert len(of_photo) == 2
