"""A list of photos that is longer than its place."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of

Open = Callable[..., Opened]


def test_the_list_stays_where_it_is_looked_at(walls: Running, open_page: Open):
    """Photos come into another order while others are searched."""
    first = walls.upload(png_of(24, 32), name="list-0.png").json["id"]
    for number in range(1, 9):
        walls.upload(png_of(24, 32), name=f"list-{number}.png")
    last = walls.upload(png_of(300, 400, 150), name="list-9.png").json["id"]
    screen = {"width": 1280, "height": 560}
    opened = open_page(walls, place=f"#photo={first}", viewport=screen)
    opened.wait_for_photo()
    page = opened.page
    rows = page.get_by_role("listbox")
    page.locator(".photo-row.current").wait_for()
    rows.evaluate("list => list.scrollTo(0, list.scrollHeight)")
    opened.photo("list-9.png").wait_for()
    before = rows.evaluate("list => list.scrollTop")
    with page.expect_response(lambda answer: "/api/images?order=worst" in answer.url):
        walls.find(last)  # now it comes before the one that is open
    page.locator(".photo-row:last-child").filter(has_text="list-9").wait_for(state="detached")
    opened.settle()
    assert rows.evaluate("list => list.scrollTop") == before


def test_a_thumbnail_that_cannot_be_drawn_is_an_empty_frame(walls: Running, open_page: Open):
    opened = open_page(walls, place="#layers=lines")
    page = opened.page
    with page.expect_response("**/thumbnail*"):
        page.route("**/thumbnail*", lambda route: route.fulfill(status=422))
        page.reload()
    opened.wait_for_photo()
    page.wait_for_function("() => !document.querySelector('.thumbnail img')")
    assert all("422" in text for text in opened.said)
    opened.said.clear()
