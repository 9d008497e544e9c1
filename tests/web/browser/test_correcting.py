"""Strokes by hand: traced, painted, undone; and what is measured from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.browser.conftest import Held, Opened
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
    opened.wait_until_still()
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
    opened.row(1).click()
    page.get_by_text("Confidence").wait_for()
    assert page.get_by_text("-100 %").count() == 0  # strokes have none
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
    opened.wait_until_still()
    opened.click(200, 205)
    opened.wait_for_strokes(2)
    assert strokes(walls, image) == ["brush", "erase"]
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Back to what the model found").click()
    page.get_by_role("button", name="what was found").wait_for()
    walls.wait_for_all()
    (crack,) = walls.cracks(image)
    assert crack["measures"]["length_px"] == pytest.approx(380, abs=6)


def test_a_stroke_is_kept_once_and_leaving_keeps_it(walls: Running, corrected: tuple[Opened, str]):
    opened, image = corrected
    page = opened.page
    held = Held(page, "**/annotation/strokes")
    opened.click(30.5, 150)
    opened.click(370.5, 150)
    with page.expect_request("**/annotation/strokes"):
        page.keyboard.press("Enter")
    page.get_by_text("Being kept").wait_for()
    page.keyboard.press("Enter")  # the answer takes too long
    held.release()
    opened.wait_for_strokes(1)
    page.keyboard.press("g")
    for corner in ((100, 200), (300, 200), (300, 210)):
        opened.click(*corner)
    page.get_by_role("button", name="Done").click()
    opened.notice("measured from its strokes")
    assert strokes(walls, image) == ["trace", "polygon"]


def test_a_stroke_on_its_way_can_be_undone(walls: Running, corrected: tuple[Opened, str]):
    opened, image = corrected
    page = opened.page
    held = Held(page, "**/annotation/strokes")
    page.keyboard.press("b")
    with page.expect_request("**/annotation/strokes"):
        opened.drag((50, 60), (350, 60))
    with page.expect_response("**/annotation/undo"):
        page.keyboard.press("Control+z")
        held.release()
    opened.wait_for_strokes(0)
    page.get_by_role("button", name="Redo").wait_for()
    assert strokes(walls, image) == []


def test_a_photo_in_which_nothing_was_drawn_keeps_its_cracks(
    walls: Running, corrected: tuple[Opened, str]
):
    opened, image = corrected
    opened.page.get_by_role("button", name="Done").click()
    opened.notice("what the model found stays")
    opened.page.locator(".stage:focus").wait_for()  # the button is gone, the focus is not lost
    walls.wait_for_all()
    assert len(walls.cracks(image)) == 1
    assert walls.get(f"/api/images/{image}").json["corrected"] is False


def test_two_fingers_move_the_photo_and_paint_nothing(walls: Running, open_page: Open):
    image = walls.upload(png_of(300, 400, 150), name="two-fingers.png").json["id"]
    walls.find(image)
    opened = open_page(walls, place=f"#photo={image}", has_touch=True)
    opened.wait_for_photo()
    page = opened.page
    page.keyboard.press("t")
    page.get_by_role("button", name="what was found").click()
    opened.wait_for_strokes(1)
    page.keyboard.press("b")
    page.get_by_role("slider", name="Width").wait_for()
    opened.wait_until_still()
    before = page.url
    hand = page.context.new_cdp_session(page)
    (x, y), (x2, y2) = opened.on_screen(150, 100), opened.on_screen(250, 100)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (x, y))
    touch("touchStart", (x, y), (x2, y2))
    for step in range(1, 6):
        touch("touchMove", (x - 8 * step, y), (x2 + 8 * step, y2))
    touch("touchEnd")
    page.wait_for_function("before => location.href !== before", arg=before)
    touch("touchStart", (x, y + 60))  # one finger paints
    touch("touchMove", (x + 40, y + 60))
    touch("touchEnd")
    opened.wait_for_strokes(2)
    assert strokes(walls, image) == ["trace", "brush"]
