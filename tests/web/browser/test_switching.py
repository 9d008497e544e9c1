"""Going from photo to photo while the server is slow: nothing of one is taken for the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.browser.conftest import Held, Opened
from tests.web.conftest import Running, png_of

Open = Callable[..., Opened]


def test_a_photo_that_came_too_late_says_nothing_over_the_next(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    pattern = f"**/api/images/{walls.image('one.png')['id']}/tiles"
    held = Held(page, pattern)
    with page.expect_request(pattern):
        opened.photo("one.png").click()
    opened.choose("three.png")
    opened.settle()
    assert page.locator(".hindrance").count() == 0
    assert len(held.routes) == 1


def test_keys_judge_no_crack_of_the_photo_before(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    opened.row(1).wait_for()
    changes: list[str] = []
    page.on("request", lambda each: changes.append(each.url) if each.method == "PATCH" else None)
    pattern = f"**/api/images/{walls.image('one.png')['id']}/cracks"
    held = Held(page, pattern)
    with page.expect_request(pattern):
        opened.photo("one.png").click()
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.get_by_text("Loading …").wait_for()  # and not that it has no crack
    assert changes == []
    held.release()
    opened.row(1).wait_for()
    page.keyboard.press("j")
    page.locator(".crack-row.current").wait_for()
    assert changes == []


def test_back_and_forward(walls: Running, open_page: Open):
    opened = open_page(walls)
    for name in ("one.png", "three.png"):
        opened.choose(name)
        page = opened.page
        page.wait_for_function("() => location.hash.includes('view=')")
    page.go_back()
    page.get_by_role("heading", name="one.png").wait_for()
    opened.wait_for_photo()
    before = page.url
    page.keyboard.press("+")
    page.wait_for_function("before => location.href !== before", arg=before)
    page.go_forward()
    page.get_by_role("heading", name="three.png").wait_for()
    opened.wait_for_photo()


def test_a_crack_stays_chosen_under_another_number(walls: Running, open_page: Open):
    """Measured anew with a crack above it, crack 1 is crack 2."""
    pytest.importorskip("numba")
    image = walls.upload(png_of(300, 400, 150), name="renumbered.png").json["id"]
    walls.find(image)
    opened = open_page(walls, place=f"#photo={image}")
    opened.row(1).click()
    opened.page.get_by_role("heading", name="Crack 1 of 1").wait_for()
    begun = {"version": 0, "start": "prediction"}
    version = walls.send("POST", f"/api/images/{image}/annotation", begun).json["version"]
    stroke = {"kind": "brush", "points": [[20, 40], [380, 40]], "diameter_px": 9}
    added = {"version": version, "stroke": stroke}
    assert walls.send("POST", f"/api/images/{image}/annotation/strokes", added).status == 200
    assert walls.send("POST", "/api/jobs", {"kind": "measure", "images": [image]}).status == 202
    opened.page.get_by_role("heading", name="Crack 2 of 2").wait_for()
    crack = next(each for each in walls.cracks(image) if each["number"] == 2)
    assert crack["measures"]["bbox_top_px"] > 100


def test_a_long_name_leaves_room_for_its_buttons(walls: Running, open_page: Open):
    name = "south-abutment-between-axes-C-and-D-after-the-rain-seen-from-the-river-2026-11-03.png"
    image = walls.upload(png_of(60, 80), name=name).json["id"]
    opened = open_page(walls, place=f"#photo={image}")
    opened.page.get_by_role("heading", name=name).wait_for()
    for button in ("Next photo", "Trace"):
        box = opened.page.get_by_role("button", name=button, exact=True).bounding_box()
        assert box["x"] + box["width"] <= 1280
