"""Comments keep themselves, and two writers of one comment both see what the other wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of

Open = Callable[..., Opened]


def commented(walls: Running, open_page: Open, name: str) -> tuple[Opened, str]:
    """Open a photo of its own, with its crack chosen."""
    image = walls.upload(png_of(300, 400, 150), name=name).json["id"]
    walls.find(image)
    opened = open_page(walls, place=f"#photo={image}")
    opened.row(1).click()
    opened.page.get_by_label("Comment on crack").wait_for()
    return opened, image


def is_change(answer: Any) -> bool:
    return answer.request.method == "PATCH"


def test_what_is_typed_keeps_itself(walls: Running, open_page: Open):
    opened, image = commented(walls, open_page, "typed.png")
    page = opened.page
    with page.expect_response(is_change):
        page.get_by_label("Comment on crack").fill("wet")  # and is not left
    assert walls.cracks(image)[0]["comment"] == "wet"
    with page.expect_response(is_change):
        page.get_by_label("Comment on the photo").fill("north side")
    assert walls.get(f"/api/images/{image}").json["comment"] == "north side"


def test_a_comment_from_elsewhere_does_not_replace_what_is_typed(walls: Running, open_page: Open):
    opened, image = commented(walls, open_page, "two-writers.png")
    page = opened.page
    (crack,) = walls.cracks(image)
    theirs = {"version": crack["version"], "comment": "theirs"}
    field = page.get_by_label("Comment on crack")
    field.fill("mine")
    assert walls.send("PATCH", f"/api/cracks/{crack['id']}", theirs).status == 200
    page.wait_for_selector(".crack-row.current .decided .icon >> nth=1")
    field.press("Control+Enter")
    notice = opened.notice("changed elsewhere meanwhile")
    assert "“mine”" in notice.inner_text()
    assert field.input_value() == walls.cracks(image)[0]["comment"] == "theirs"
    with page.expect_response(is_change):
        notice.get_by_role("button", name="Use mine").click()
    assert field.input_value() == walls.cracks(image)[0]["comment"] == "mine"
