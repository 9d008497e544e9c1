"""How fast the page of `crackgauge serve` answers, in a browser without a graphics card.

A project of 500 photos of 12 megapixels (one rendered photo under 500 names), of which the first is
searched and shown first. In Chromium without a window, 1280 x 800 px, driven by Playwright:

- **Opening**: from the start of the navigation until all tiles of the first photo that are in sight
  are drawn, in a new browser without a cache. "first": the server has drawn none of its pictures
  yet, but has drawn the last photo small, so that it is past its own start; "again": it has.
  "beside the start": from the moment at which the server names its address, while its workers are
  still being started and it looks at all photos; it has drawn the first photo before.
- **Frames**: the times between frames while the photo is panned and zoomed with mask and lines over
  it, by `requestAnimationFrame`. First with tiles that come from the server, then over the same
  way again; beside them an empty page, which tells what the machine itself leaves out.
- **Threshold**: from the movement of the slider by one step until the mask is drawn with it, the
  wait for the screen's next frame included, 60 steps, with the whole photo in sight and at its own
  size.

    python benchmarks/page_speed.py --runs RUNS [--images 500]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import as_text, machine_facts
from playwright.sync_api import Browser, Page, sync_playwright
from tables import RESULTS, write_results

from crackgauge.data.synth import render
from crackgauge.images import write_image

OPENING_S, FRAME_MS, STEP_MS = 1.5, 50, 50
REPEATS = 3
FIND_MS = 20 * 60_000
SHOWN = ".stage[data-shown=true]"
# Notes when the first photo is drawn, counted from the start of the navigation.
NOTE_SHOWN = """
new MutationObserver(() => {
    if (!window.shownAt && document.querySelector('.stage[data-shown=true]'))
        window.shownAt = performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-shown'] });
"""
NOTE_FRAMES = """
() => {
    window.frames_ms = [];
    let before = performance.now();
    const next = now => {
        window.frames_ms.push(now - before);
        before = now;
        window.watching = requestAnimationFrame(next);
    };
    window.watching = requestAnimationFrame(next);
}
"""
MOVE_SLIDER = """
async () => {
    const slider = document.getElementById('threshold');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const times = [];
    for (let step = 0; step < 60; step++) {
        await new Promise(requestAnimationFrame);
        const began = performance.now();
        set.call(slider, String(0.2 + 0.01 * step));
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);  // after the page's own, which draws
        times.push(performance.now() - began);
    }
    return times;
}
"""


def main() -> None:
    """Parse, make the project, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where the photos are kept")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    facts = {**machine_facts("playwright"), "niceness": str(os.nice(0))}
    folder = options.runs / "page-speed"
    photos = write_photos(folder / "photos", options.images)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with served(photos, folder / "project") as address:
            find_first(browser, address)
        rows = openings(browser, photos, folder / "project")
        with served(photos, folder / "project") as address:
            frames, steps = motion(browser, address)
        browser.close()
    write_results(
        "page_speed",
        title=f"The page of `crackgauge serve` with {options.images} photos",
        command=f"python benchmarks/page_speed.py --runs RUNS --images {options.images}",
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{as_text(facts)} Limits: "
        f"opening {OPENING_S:g} s; a frame {FRAME_MS} ms; a step {STEP_MS} ms.",
        tables={"Opening, seconds": rows, "Frames, ms": frames, "Threshold, ms": steps},
        folder=options.out,
    )


def write_photos(folder: Path, count: int) -> Path:
    """Write one rendered photo of 4000 x 3000 px under many names."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "deck_001.jpg"
    if not first.exists():
        small = render(3, surface="concrete", size=(750, 1000)).image
        write_image(first, np.tile(small, (4, 4, 1)))
    for number in range(2, count + 1):
        name = folder / f"deck_{number:03d}.jpg"
        if not name.exists():
            os.link(first, name)
    return folder


@contextlib.contextmanager
def served(photos: Path, project: Path) -> Iterator[str]:
    """Run the server; its address."""
    command = [sys.executable, "-m", "crackgauge.cli", "serve", str(photos)]
    command += ["--project", str(project), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://[^ ]+", process.stdout.readline() if process.stdout else "")
        if found is None:
            raise RuntimeError("the server did not say its address")
        yield found.group()
    finally:
        process.terminate()
        process.wait(30)


def find_first(browser: Browser, address: str) -> None:
    """Have the cracks of the first photo found, as an inspector does; kept for the next run."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.wait_for_selector(SHOWN)
    if page.get_by_text("Its cracks were not searched yet").count():
        page.get_by_role("button", name="Find its cracks").click()
        page.wait_for_selector(".crack-row:not(.head)", timeout=FIND_MS)
    page.close()


def openings(browser: Browser, photos: Path, project: Path) -> list[dict[str, Any]]:
    """Open the project, with nothing drawn yet and again."""
    taken: dict[str, list[float]] = {"first": [], "again": [], "beside the start": []}
    for _ in range(REPEATS):
        shutil.rmtree(project / "cache", ignore_errors=True)
        with served(photos, project) as address:
            wait_until_looked_at(browser, address)
            for name in ("first", "again"):
                taken[name].append(opening(browser, address))
        with served(photos, project) as address:
            taken["beside the start"].append(opening(browser, address))
    return [
        {"opening": name, "median": float(np.median(times)), "slowest": max(times)}
        for name, times in taken.items()
    ]


def wait_until_looked_at(browser: Browser, address: str) -> None:
    """Wait until the server has listed its photos and drawn one, the last: then it has started."""
    context = browser.new_context()
    ask = "async () => (await (await fetch('/api/images?count=1000')).json()).items"
    page = context.new_page()
    page.goto(f"{address}openapi.json")
    while any(each["height_px"] is None for each in page.evaluate(ask)):
        page.wait_for_timeout(500)
    last = page.evaluate(ask)[-1]["id"]
    page.evaluate("async path => (await fetch(path)).ok", f"/api/images/{last}/thumbnail")
    context.close()


def opening(browser: Browser, address: str) -> float:
    """Seconds until the first photo is drawn, in a browser without a cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(NOTE_SHOWN)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(SHOWN)
    shown_ms: float = page.evaluate("window.shownAt")
    context.close()
    return shown_ms / 1000


def motion(browser: Browser, address: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Frames while the photo is moved, and steps of the slider."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.wait_for_selector(SHOWN)
    page.keyboard.press("2")
    page.wait_for_timeout(3000)  # thumbnails and tiles have come
    frames = [
        {"page": f"this one, tiles {words}", **frames_of(page, move)}
        for words in ("come from the server", "are there")
    ]
    frames.append({"page": "an empty one", **empty_frames(browser)})
    steps = []
    for words in ("whole photo", "its own size"):
        page.keyboard.press("f")
        if words == "its own size":
            zoom_to_own_size(page)
        page.wait_for_timeout(1500)
        times = np.array(page.evaluate(MOVE_SLIDER))
        steps.append({"in sight": words, **summary(times, STEP_MS)})
    page.close()
    return frames, steps


def zoom_to_own_size(page: Page) -> None:
    for _ in range(20):
        page.wait_for_timeout(500)
        found = re.search(r"view=[^_]*_[^_]*_([^&]+)", page.url)
        if found and float(found[1]) >= 1:
            return
        page.keyboard.press("+")


def empty_frames(browser: Browser) -> dict[str, Any]:
    page = browser.new_page()
    page.evaluate(NOTE_FRAMES)
    page.wait_for_timeout(8000)
    times = np.array(page.evaluate("cancelAnimationFrame(window.watching), window.frames_ms"))
    page.close()
    return summary(times[1:], FRAME_MS)


def frames_of(page: Page, act: Callable[[Page], None]) -> dict[str, Any]:
    page.keyboard.press("f")
    page.wait_for_timeout(1000)
    page.evaluate(NOTE_FRAMES)
    act(page)
    times = np.array(page.evaluate("cancelAnimationFrame(window.watching), window.frames_ms"))
    return summary(times[1:], FRAME_MS)


def move(page: Page) -> None:
    """Zoom in at three places with the wheel, and drag the photo around."""
    box = page.locator(".stage").bounding_box()
    if box is None:
        raise RuntimeError("the photo is not on the page")
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for turn in (-1, -1, -1, 1, -1, -1):
        page.mouse.move(*middle)
        for _ in range(3):
            page.mouse.wheel(0, turn * 120)
            page.wait_for_timeout(60)
        page.mouse.down()
        for step in range(20):
            page.mouse.move(middle[0] + 12 * step * turn, middle[1] + 6 * step)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.wait_for_timeout(300)


def summary(times: Any, limit: int) -> dict[str, Any]:
    return {
        "measured": len(times),
        "median": round(float(np.median(times)), 1),
        "99 %": round(float(np.percentile(times, 99)), 1),
        "longest": round(float(times.max()), 1),
        f"over {limit}": int((times > limit).sum()),
    }


if __name__ == "__main__":
    main()
