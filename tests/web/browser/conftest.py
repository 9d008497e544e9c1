"""The built page in Debian's Chromium, with everything it says and asks for written down."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.web.conftest import Running

from crackgauge.web.page import read_page

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
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
        self.photo(name).click()
        self.page.get_by_role("heading", name=name).wait_for()
        self.wait_for_photo()

    def wait_for_photo(self) -> None:
        self.page.locator(".stage[data-shown=true]").wait_for()

    def settle(self) -> None:
        """Wait until what was done is drawn."""
        self.page.evaluate(
            "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    def wait_for_mask(self) -> None:
        """Wait until all tiles of the probability in sight are drawn."""
        self.page.locator(".stage[data-complete=true]").wait_for()
        self.settle()

    def colours(self, layer: int = 0) -> dict[str, int]:
        """How many px of a layer (0: pixels, 1: lines) are drawn, and how many there are."""
        counted: dict[str, int] = self.page.evaluate(
            """at => {
                const canvas = document.querySelectorAll("canvas.layer")[at];
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


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Opened]]:
    """Open the page of a server; at the end, nothing may have gone wrong in it."""
    opened: list[Opened] = []

    def start(running: Running, *, place: str = "", **context: Any) -> Opened:
        settings = {"viewport": {"width": 1280, "height": 800}, **context}
        page = chromium.new_context(**settings).new_page()
        page.set_default_timeout(20_000)
        made = Opened(page, running.address)
        page.on("console", lambda message: made.said.append(message.text))
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
