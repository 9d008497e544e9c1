"""What axe-core finds in each view, light and dark; and the page without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running

import crackgauge

FRONTEND = Path(crackgauge.__file__).parent / "web" / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
# Named by who wrote axe-core; the others are "minor" and "moderate".
GRAVE = {"serious", "critical"}

Open = Callable[..., Opened]


def grave(page: Any) -> list[str]:
    """Serious findings of axe-core, each with the first element that it is about."""
    page.wait_for_timeout(150)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]


def begin_tracing(page: Any) -> None:
    page.keyboard.press("t")
    page.get_by_role("button", name="Cancel").or_(
        page.get_by_role("button", name="Done")
    ).wait_for()


VIEWS: dict[str, Callable[[Any], object]] = {
    "photo": lambda page: page.keyboard.press("j"),
    "settings": lambda page: page.get_by_role("button", name="Settings").click(),
    "report": lambda page: page.get_by_role("button", name="Report").click(),
    "train": lambda page: page.get_by_role("button", name="Train").click(),
    "help": lambda page: page.keyboard.press("?"),
    "scale": lambda page: page.get_by_role("button", name="mm/px").click(),
    "trace": begin_tracing,
}


BOTH_COLOURS = pytest.mark.parametrize("colours", ["light", "dark"])


def open_with_axe(open_page: Open, running: Running, colours: str) -> Opened:
    if not AXE.is_file():
        pytest.skip("the page's packages are not installed (make page, which needs npm)")
    # The page's policy would refuse the checker itself.
    opened = open_page(running, color_scheme=colours, bypass_csp=True)
    opened.page.add_script_tag(path=AXE)
    return opened


@BOTH_COLOURS
def test_no_view_has_a_serious_finding(walls: Running, open_page: Open, colours: str):
    opened = open_with_axe(open_page, walls, colours)
    opened.choose("three.png")
    page = opened.page
    found: dict[str, list[str]] = {}
    for name, show in VIEWS.items():
        show(page)
        found[name] = grave(page)
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
            page.locator("dialog").wait_for(state="detached")
    assert found == {name: [] for name in VIEWS}


@BOTH_COLOURS
def test_the_login_has_no_serious_finding(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path: Path,
    open_page: Open,
    colours: str,
):
    running = serve_at(tmp_path / "project", model=contrast_model, token="q7PzX2mK9vB4nL8sT1wY3c")
    opened = open_with_axe(open_page, running, colours)
    opened.page.get_by_label("Token").wait_for()
    assert grave(opened.page) == []
    assert all("status of 401" in text for text in opened.said)
    opened.said.clear()


def test_everything_frequent_works_from_the_keyboard(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("/")
    page.keyboard.type("one")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # search, which, order, list
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="one.png").wait_for()
    opened.wait_for_photo()
    stops = page.locator("main [tabindex='0']")  # a stop that nothing shows is none
    assert stops.evaluate_all("all => all.map(each => each.className)") == ["stage"]
    page.keyboard.press("f")
    before = page.url
    page.keyboard.press("+")
    page.wait_for_function("before => location.href !== before", arg=before)
    page.keyboard.press("2")
    page.wait_for_function("() => location.hash.includes('layers=mask')")


def test_letters_can_be_switched_off(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.choose("three.png")
    page = opened.page
    page.keyboard.press("?")
    page.get_by_label("Single letters are commands").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert "mask" not in page.url
    page.reload()
    opened.wait_for_photo()
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert "mask" not in page.url


def test_a_tablet_and_a_finger(walls: Running, open_page: Open):
    opened = open_page(walls, viewport={"width": 1024, "height": 768}, has_touch=True)
    opened.choose("three.png")
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    page.wait_for_function("() => location.hash.includes('view=')")
    x, y = opened.on_screen(200, 150)
    page.touchscreen.tap(x, y)
    page.wait_for_selector(".crack-row.current")
    page.get_by_role("button", name="Trace").first.tap()
    page.get_by_text("Correct this photo by hand").wait_for()


def test_the_colours_of_the_switch(walls: Running, open_page: Open):
    opened = open_page(walls, color_scheme="light")
    opened.wait_for_photo()
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Colours: system").click()
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Colours: light").click()
    assert page.evaluate(ground) != light
    page.reload()
    opened.wait_for_photo()
    assert page.evaluate(ground) != light
