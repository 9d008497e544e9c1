"""Draw the pictures of the page in the docs: draw_page.py --out DIR [--photos DIR] [--model FILE].

Serves rendered photographs (or yours), has their cracks found, and takes pictures of the page in
Chromium: a photo with its cracks, the mask at a threshold, tracing, the report, a tablet. Needs the
page to be built, `pip install playwright`, and Chromium on the system.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DESK, TABLET = {"width": 1280, "height": 800}, {"width": 1024, "height": 768}
JOBS_MS = 10 * 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as top, sync_playwright() as playwright:
        photos = options.photos or render_photos(Path(top) / "Bridge 7")
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with served(photos, Path(top) / "project", options.model) as address:
            prepare(browser, address)
            for name in ("cracks", "mask", "trace", "report", "tablet"):
                draw(browser, address, name, options.out / f"{name}.jpg")
        browser.close()


def render_photos(folder: Path) -> Path:
    command = [sys.executable, "-m", "crackgauge.cli", "data", "synth", "--samples"]
    subprocess.run([*command, "--out", str(folder), "--quiet"], check=True)
    return folder


@contextlib.contextmanager
def served(photos: Path, project: Path, model: Path | None) -> Iterator[str]:
    command = [sys.executable, "-m", "crackgauge.cli", "serve", str(photos), "--port", "0"]
    command += ["--project", str(project), "--mm-per-px", "0.2"]
    command += [] if model is None else ["--model", str(model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process, contextlib.ExitStack() as stack:
        stack.callback(process.terminate)
        found = re.search(r"http://[^ ]+", process.stdout.readline() if process.stdout else "")
        if found is None:
            raise SystemExit("the server did not say its address")
        yield found.group()


def prepare(browser: Browser, address: str) -> None:
    """Choose a standard and have the cracks found."""
    page = opened(browser, address)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Standard", exact=True).select_option("bre-251")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Find cracks").click()
    page.get_by_role("progressbar").first.wait_for()
    page.get_by_role("progressbar").wait_for(state="detached", timeout=JOBS_MS)
    page.context.close()


def opened(browser: Browser, address: str, *, dark: bool = False, tablet: bool = False) -> Page:
    context = browser.new_context(
        viewport=TABLET if tablet else DESK,
        color_scheme="dark" if dark else "light",
        has_touch=tablet,
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".stage[data-shown=true]")
    return page


def draw(browser: Browser, address: str, name: str, picture: Path) -> None:
    """Show one view and take its picture."""
    page = opened(browser, address, dark=name in ("mask", "trace"), tablet=name == "tablet")
    page.wait_for_timeout(1500)  # thumbnails
    if name in ("cracks", "tablet"):
        page.keyboard.press("j")
        page.keyboard.press("j")
    elif name == "mask":
        page.keyboard.press("3")
        page.keyboard.press("2")
        page.get_by_label("Threshold").fill("0.35")
        page.keyboard.press("+")
    elif name == "trace":
        trace(page)
    elif name == "report":
        page.get_by_role("button", name="Report").click()
        page.get_by_role("button", name="Write").click()
        page.get_by_role("link", name="All as ZIP").wait_for(timeout=JOBS_MS)
    page.wait_for_timeout(1500)
    page.screenshot(path=picture, type="jpeg", quality=78)
    print(f"{name}: {picture.stat().st_size / 1000:.0f} kB")
    page.context.close()


def trace(page: Page) -> None:
    """Begin from nothing, in the photo that is seen second, and point along its crack."""
    page.keyboard.press("]")
    page.wait_for_timeout(1500)
    page.keyboard.press("t")
    page.get_by_role("button", name="nothing").click()
    page.get_by_role("button", name="Done").wait_for()
    page.wait_for_timeout(500)
    box = page.locator(".stage").bounding_box()
    if box is None:
        raise SystemExit("the photo is not on the page")
    at = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in PATH]
    page.mouse.click(*at[0])
    page.wait_for_timeout(400)
    page.mouse.move(*at[1], steps=5)
    page.get_by_text("mm long").wait_for()


# Along the crack of the rendered deck, in shares of the stage.
PATH = [(0.43, 0.2), (0.37, 0.8)]


if __name__ == "__main__":
    main()
