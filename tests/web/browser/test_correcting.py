"""Strokes by hand: traced, painted, undone; and what is measured from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of

pytest.importorskip("numba")
Open = Callable[..., Opened]


@pytest.fixture
def corrected(walls: Running, open_page: Open) -> tuple[Opened, str]:
    """A photo of its own with a crack along row 150, and strokes from nothing."""
    image = walls.upload(png_of(300, 400, 150), name="by-hand.png").json
    walls.find(image["id"])
    opened = open_page(walls, place=f"#photo={image['id']}")
    opened.wait_for_photo()
    opened.page.keyboard.press("t")
    opened.page.get_by_role("button", name="nothing").click()
    opened.page.get_by_role("button", name="Done").wait_for()
    opened.page.wait_for_timeout(400)  # the bar made the photo smaller
    return opened, image["id"]


def strokes(running: Running, image: str) -> list[str]:
    found = running.get(f"/api/images/{image}/annotation").json["strokes"]
    return [each["kind"] for each in found]


def test_click_click_and_the_crack_is_there(walls: Running, corrected: tuple[Opened, str]):
    opened, image = corrected
    page = opened.page
    opened.click(30.5, 150)
    page.mouse.move(*opened.on_screen(200, 150))
    page.get_by_text("mm long").wait_for()
    opened.click(370.5, 150)
    page.get_by_text("170 mm long").wait_for()  # from 30.5 to 370.5, of 0.5 mm
    page.keyboard.press("Enter")
    opened.wait_for_strokes(1)
    assert strokes(walls, image) == ["trace"]
    page.keyboard.press("Control+z")
    opened.wait_for_strokes(0)
    page.keyboard.press("Control+Shift+z")
    opened.wait_for_strokes(1)
    page.reload()  # the mode and the strokes are still there
    opened.wait_for_strokes(1)
    page.get_by_role("button", name="Done").click()
    opened.notice("measured from its strokes")
    page.get_by_text("corrected by hand").wait_for()
    page.get_by_role("gridcell", name="170 mm").wait_for()  # 340 px of 0.5 mm
    (crack,) = walls.cracks(image)
    assert crack["measures"]["length_px"] == pytest.approx(340, abs=4)


def test_brush_erase_area_and_taking_out(walls: Running, corrected: tuple[Opened, str]):
    opened, image = corrected
    page = opened.page
    page.get_by_role("button", name="Brush").click()
    opened.drag((50, 60), (350, 60))
    opened.wait_for_strokes(1)
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("slider", name="Width").fill("60")
    opened.drag((200, 20), (200, 100))
    opened.wait_for_strokes(2)
    page.get_by_role("button", name="Area").click()
    for corner in ((100, 200), (300, 200), (300, 210), (100, 210)):
        opened.click(*corner)
    page.keyboard.press("Enter")
    opened.wait_for_strokes(3)
    page.get_by_role("button", name="Done").click()
    opened.notice("measured from its strokes")
    walls.wait_for_all()
    # Erased over 60 px and round at the ends: two pieces, and the area.
    assert len(walls.cracks(image)) == 3
    page.keyboard.press("t")
    page.get_by_role("button", name="Remove").click()
    opened.page.wait_for_timeout(400)
    opened.click(200, 205)
    opened.wait_for_strokes(2)
    assert strokes(walls, image) == ["brush", "erase"]
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Back to what the model found").click()
    page.get_by_role("button", name="what was found").wait_for()
    walls.wait_for_all()
    (crack,) = walls.cracks(image)
    assert crack["measures"]["length_px"] == pytest.approx(380, abs=6)
