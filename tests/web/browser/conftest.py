"""The built page in Debian's Chromium, with everything it says and asks for written down."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import Running, write_wall

from crackgauge.web.page import read_page

sync_api = pytest.importorskip("playwright.sync_api")
ROW_PX = 72
PATIENCE_MS = 60_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")  # while it lives, its loop keeps other tests from asyncio.run
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not there (apt install chromium)")
    if not read_page():
        pytest.skip("the page is not built (make page, which needs npm)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A tab with the page, and what happened in it."""

    page: Any
    address: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def hear(self, message: Any) -> None:
        """Note an error or a warning of the console."""
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    @property
    def strangers(self) -> list[str]:
        """Addresses beyond the server."""
        return [url for url in self.asked if not url.startswith(f"{self.address}/")]

    def row(self, number: int) -> Any:
        """A row of the table of cracks, by the number of its crack."""
        return self.page.locator(".crack-row:not(.head)").filter(
            has=self.page.get_by_role("gridcell", name=str(number), exact=True)
        )

    def photo(self, name: str) -> Any:
        """A row of the list of photos."""
        return self.page.get_by_role("option").filter(has_text=name)

    def choose(self, name: str) -> None:
        """Open a photo and wait for it and its cracks."""
        row = self.photo(name)
        rows = self.page.get_by_role("listbox")
        self.page.locator(".photo-row").first.wait_for()
        for top in range(0, 40 * ROW_PX, 4 * ROW_PX):
            if row.count():  # only rows in sight exist
                break
            rows.evaluate("(list, top) => list.scrollTo(0, top)", top)
            self.settle()
        row.click()
        self.page.get_by_role("heading", name=name).wait_for()
        self.wait_for_photo()

    def wait_for_photo(self) -> None:
        """Wait until the photo of the address is drawn, as far as it is seen."""
        self.page.wait_for_function(
            """() => {
                const { shown, photo } = document.querySelector(".stage")?.dataset ?? {};
                return shown === "true" && location.hash.includes(`photo=${photo}`);
            }"""
        )

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the photo is in the window, by the view in the address."""
        found = re.search(r"view=([-.\d]+)_([-.\d]+)_([-.e\d]+)", self.page.url)
        assert found is not None
        centre_x, centre_y, zoom = map(float, found.groups())
        box = self.page.locator(".stage").bounding_box()
        return (
            box["x"] + box["width"] / 2 + (x - centre_x) * zoom,
            box["y"] + box["height"] / 2 + (y - centre_y) * zoom,
        )

    def wait_until_still(self) -> None:
        """Wait until the photo lies where the address says: bars above it move it."""
        self.page.wait_for_function(
            """() => new Promise((resolve) => {
                const stage = document.querySelector(".stage");
                const seen = () => `${location.hash} ${stage.clientHeight}`;
                const before = seen();
                window.setTimeout(() => resolve(seen() === before), 300);
            })"""
        )
        self.page.wait_for_function("() => location.hash.includes('view=')")

    def click(self, x: float, y: float) -> None:
        """Click on a point of the photo, and not twice at once."""
        self.page.wait_for_function("() => location.hash.includes('view=')")
        self.page.mouse.click(*self.on_screen(x, y))
        self.page.wait_for_timeout(350)

    def drag(self, *line: tuple[float, float]) -> None:
        """Press on the first point of the photo, go on to the others, let go."""
        self.page.mouse.move(*self.on_screen(*line[0]))
        self.page.mouse.down()
        for point in line[1:]:
            self.page.mouse.move(*self.on_screen(*point), steps=4)
        self.page.mouse.up()

    def notice(self, text: str) -> Any:
        """Wait for a notice with these words."""
        found = self.page.locator(".notice").filter(has_text=text)
        found.first.wait_for()
        return found.first

    def wait_for_strokes(self, count: int) -> None:
        """Wait until the photo has so many strokes."""
        words = re.compile(rf"^{count} strokes?$")
        self.page.locator(".count-of").filter(has_text=words).wait_for()

    def settle(self) -> None:
        """Wait until what was done is drawn."""
        self.page.evaluate(
            "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    def wait_for_mask(self) -> None:
        """Wait until all tiles of the probability in sight are drawn."""
        self.settle()
        self.page.locator(".stage[data-complete=true]").wait_for()
        self.settle()

    def colours(self, layer: str) -> dict[str, int]:
        """How many px of a layer (raster, strokes, lines) are drawn, and how many there are."""
        counted: dict[str, int] = self.page.evaluate(
            """layer => {
                const canvas = document.querySelector(`canvas.${layer}`);
                const { width, height } = canvas;
                // Read back from a copy: the page's own canvas stays as fast as it is.
                const copy = new OffscreenCanvas(width, height);
                const context = copy.getContext("2d", { willReadFrequently: true });
                context.drawImage(canvas, 0, 0);
                const { data } = context.getImageData(0, 0, width, height);
                let drawn = 0;
                for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0;
                return { drawn, all: width * height };
            }""",
            layer,
        )
        return counted


class Held:
    """Keeps back what a page asks of the server, until it is released."""

    def __init__(self, page: Any, pattern: str) -> None:
        self._is_open = False
        self.routes: list[Any] = []
        page.route(pattern, self._take)

    def _take(self, route: Any) -> None:
        if self._is_open:
            route.continue_()
        else:
            self.routes.append(route)

    def release(self) -> None:
        """Let go on what was kept back, and whatever comes after it."""
        self._is_open = True
        for each in self.routes:
            each.continue_()


@pytest.fixture(scope="session")
def walls(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    """A server with photos of 300 x 400 px: `one.png` with one crack, `three.png` with three.

    A test that changes more than decisions on them adds a photo of its own.
    """
    top = tmp_path_factory.mktemp("walls")
    write_wall(top / "photos" / "one.png", 300, 400, 150)
    write_wall(top / "photos" / "three.png", 300, 400, 60, 150, 240)
    running = serve_at(top / "project", photos=top / "photos", model=contrast_model, mm_per_px=0.5)
    running.find(running.image("one.png")["id"], running.image("three.png")["id"])
    return running


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Opened]]:
    """Open the page of a server; at the end, nothing may have gone wrong in it."""
    opened: list[Opened] = []

    def start(running: Running, *, place: str = "", **context: Any) -> Opened:
        settings = {"viewport": {"width": 1280, "height": 800}, **context}
        page = chromium.new_context(**settings).new_page()
        page.set_default_timeout(PATIENCE_MS)
        made = Opened(page, running.address)
        page.on("console", made.hear)
        page.on("pageerror", lambda error: made.said.append(str(error)))
        page.on("request", lambda request: made.asked.append(request.url))
        page.goto(f"{running.address}/{place}")
        opened.append(made)
        return made

    yield start
    for each in opened:
        each.page.context.close()
    assert [each.said for each in opened] == [[] for _ in opened]
    assert [each.strangers for each in opened] == [[] for _ in opened]
