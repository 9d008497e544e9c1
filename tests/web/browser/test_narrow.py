"""A tablet, upright and on its side, and a page that is enlarged to 200 %."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of

Open = Callable[..., Opened]

TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
ON_ITS_SIDE = {"viewport": {"width": 1024, "height": 768}, "has_touch": True, "is_mobile": True}
ENLARGED = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}

# Elements with words or for clicks that stick out of the pane that they are in, or out of the page.
STICKING_OUT = """() => {
    const out = [];
    for (const pane of document.querySelectorAll(".top, .photos, .viewer, .cracks")) {
        const { left, right } = pane.getBoundingClientRect();
        for (const each of pane.querySelectorAll("button, input, select, output, h1, h2, span")) {
            const box = each.getBoundingClientRect();
            const isSeen = box.width > 1 && getComputedStyle(each).position !== "absolute";
            const isIn = box.left >= left - 1 && box.right <= right + 1;
            const isCut = each.closest(".words, .photo-words, .title, h1");
            if (isSeen && !isIn && !isCut) out.push(each.outerHTML.slice(0, 120));
        }
    }
    return out;
}"""


SCREENS = {"upright": TABLET, "side": ON_ITS_SIDE, "enlarged": ENLARGED}


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_nothing_lies_over_another(walls: Running, open_page: Open, screen: dict[str, Any]):
    image = walls.upload(png_of(300, 400, 150), name="narrow.png").json["id"]
    walls.find(image)
    opened = open_page(walls, place=f"#photo={image}", **screen)
    opened.wait_for_photo()
    page = opened.page
    opened.row(1).click()
    page.get_by_role("heading", name="Crack 1").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("button", name="Trace", exact=True).first.click()
    page.get_by_role("button", name="what was found").click()
    opened.wait_for_strokes(1)
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("button", name="Report").click()  # scrolled to, where it is out of sight
    box = page.locator("dialog").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= screen["viewport"]["width"]
