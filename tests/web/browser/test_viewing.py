"""Photos, layers, the table of cracks and decisions, in a browser."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of, wait_until

Open = Callable[..., Opened]


def test_a_photo_its_layers_and_its_threshold(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    assert page.locator(".crack-row:not(.head)").count() == 3
    lines = opened.colours("lines")["drawn"]
    assert lines > 1000
    page.keyboard.press("3")
    page.wait_for_function("() => !location.hash.includes('lines')")
    page.get_by_role("button", name="Mask").click()
    opened.wait_for_mask()
    drawn = opened.colours("raster")["drawn"]
    assert opened.colours("lines")["drawn"] == 0
    # Nine thousandths of the photo are crack: three bars of 3 x 380 px in 300 x 400.
    assert 0.01 < drawn / opened.colours("raster")["all"] < 0.06
    slider = page.get_by_label("Threshold")
    slider.focus()
    slider.press("Home")
    opened.settle()
    assert opened.colours("raster")["drawn"] > 2 * drawn
    slider.press("End")
    opened.settle()
    assert opened.colours("raster")["drawn"] < drawn
    page.get_by_role("button", name="Reset").click()
    opened.settle()
    assert opened.colours("raster")["drawn"] == drawn


def test_a_crack_and_its_row_light_up_together(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    before = opened.colours("lines")["drawn"]
    opened.row(2).hover()
    opened.settle()
    assert opened.colours("lines")["drawn"] > before
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".crack-row.lit")
    lit = page.locator(".crack-row.lit").inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(".crack-row.current")
    assert page.locator(".crack-row.current").inner_text() == lit
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('view=')")
    zoom = float(page.evaluate("location.hash.match(/view=[^_]*_[^_]*_([^&]*)/)[1]"))
    assert zoom > 1


def test_a_decision_is_kept_and_found_after_a_reload(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    image = walls.image("three.png")["id"]
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_selector(".crack-row.rejected.current")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(".crack-row.accepted.current")
    page.keyboard.press("c")
    page.keyboard.type("a <b>joint</b>")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".crack-row.current .decided .icon >> nth=1")
    page.reload()
    opened.wait_for_photo()
    assert page.get_by_role("heading", name="three.png").is_visible()
    page.wait_for_selector(".crack-row.accepted.current")
    assert page.get_by_label("Comment on crack").input_value() == "a <b>joint</b>"
    kept = {each["decision"]: each["comment"] for each in walls.cracks(image)}
    assert kept == {"rejected": "", "accepted": "a <b>joint</b>", "open": ""}
    assert walls.image("three.png")["counts"] == {"open": 1, "accepted": 1, "rejected": 1}


def test_the_second_writer_is_told(walls: Running, open_page: Open):
    first, second = open_page(walls), open_page(walls)
    for each in (first, second):
        each.choose("one.png")
        each.row(1).click()
    # The second tab does not hear of the first: its stream of events is cut off.
    crack = walls.cracks(walls.image("one.png")["id"])[0]
    second.page.route("**/api/cracks/*", _stale(crack["version"]))
    first.page.keyboard.press("a")
    first.page.wait_for_selector(".crack-row.accepted")
    second.page.wait_for_selector(".crack-row.accepted")
    second.page.keyboard.press("r")
    notice = second.page.locator(".notice.error")
    notice.wait_for()
    assert "it is accepted now" in notice.inner_text()
    second.page.unroute("**/api/cracks/*")
    notice.get_by_role("button", name="Use mine").click()
    second.page.wait_for_selector(".crack-row.rejected")
    assert walls.cracks(walls.image("one.png")["id"])[0]["decision"] == "rejected"
    assert second.said == [
        "Failed to load resource: the server responded with a status of 409 (Conflict)"
    ]
    second.said.clear()


def _stale(version: int) -> Callable[..., None]:
    """Let a change go on with the version that was there before."""

    def change(route):
        if route.request.method != "PATCH":
            route.continue_()
            return
        body = {**route.request.post_data_json, "version": version}
        route.continue_(post_data=body)

    return change


def test_a_second_thought_and_a_comment_at_once(walls: Running, open_page: Open):
    """The comment is kept as its field is left, by a click that decides: both must arrive."""
    image = walls.upload(png_of(300, 400, 150), name="second-thought.png").json
    walls.find(image["id"])
    opened = open_page(walls, place=f"#photo={image['id']}")
    opened.wait_for_photo()
    page = opened.page
    opened.row(1).click()
    page.keyboard.press("r")
    page.keyboard.press("o")
    page.get_by_label("Comment on crack").fill("seen twice")
    page.get_by_role("button", name="Accept").click()
    page.wait_for_selector(".crack-row.accepted .decided .icon >> nth=1")
    page.keyboard.press("a")  # changes nothing
    wait_until(lambda: said(walls, image["id"]) == [("accepted", "seen twice")], 30)
    assert page.locator(".notice.error").count() == 0


def said(running: Running, image: str) -> list[tuple[str, str]]:
    return [(each["decision"], each["comment"]) for each in running.cracks(image)]


def test_keys_show_what_they_change(walls: Running, open_page: Open):
    """A threshold shows the mask, and the next crack comes in sight."""
    image = walls.image("three.png")["id"]
    opened = open_page(walls, place=f"#photo={image}&layers=lines&view=50_60_20")
    opened.wait_for_photo()
    page = opened.page
    page.keyboard.press(".")
    page.wait_for_function("() => location.hash.includes('layers=mask')")
    opened.row(1).wait_for()
    for _ in range(3):  # rows 60, 150 and 240 in some order; only the first is in sight
        page.keyboard.press("j")
    page.wait_for_function("() => !/view=50.0_60.0_20/.test(location.hash)")
