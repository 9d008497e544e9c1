"""How soon the path of a trace is seen while the pointer moves, in `crackgauge serve`.

A rendered crack of 4 px in noise, crossed by five darker bars (as in `tracing.py`, 1024 x 1024
px), by itself, within a photo of 4000 x 3000 px (JPEG), and within one of 12,000 x 9,000 px (tiled
TIFF), served by the command itself. The first click has the server compute what is around it; then
the pointer goes along the crack, 150 to 900 px from the click, and each preview is asked for when
the one before has been answered. Timed is the whole request; "there" is what the answer says that
the computation took. Where the crack was searched, the previews use its probability.

    python benchmarks/live_tracing.py --runs RUNS
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from machine import as_text, machine_facts
from tables import RESULTS, write_results
from traced_scenes import Scene, crossed_scene

from crackgauge.arrays import Image

SIDE_PX = 1024
SIZES = {"1 Mpx": (1024, 1024), "12 Mpx": (3000, 4000), "108 Mpx": (9000, 12_000)}
LIMIT_S = 0.5


def main() -> None:
    """Parse, write the photos, trace in each, write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where photos and projects lie")
    parser.add_argument("--previews", type=int, default=20, help="of each photo")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    facts = machine_facts("numba")
    scene = crossed_scene(0, side_px=SIDE_PX)
    rows = []
    for name, (height, width) in SIZES.items():
        photo = write_photo(
            options.runs / "live-tracing" / name.replace(" ", "-"), scene, height, width
        )
        for searched in (False, True) if name == "1 Mpx" else (False,):
            row = serve(photo, scene, options.previews, searched=searched)
            rows.append({"photo": name, "its probability": "used" if searched else "no", **row})
            print(rows[-1], flush=True)
    write_results(
        "live_tracing",
        title="Previews of traces in `crackgauge serve`",
        command="python benchmarks/live_tracing.py --runs RUNS",
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{as_text(facts)} Limit for "
        f"a preview: {LIMIT_S:g} s.",
        tables={"Seconds": rows},
        folder=options.out,
    )


def write_photo(folder: Path, scene: Scene, height: int, width: int) -> Path:
    """Write the scene in the middle of a noisy wall."""
    folder.mkdir(parents=True, exist_ok=True)
    large = height * width > 100_000_000
    path = folder / ("wall.tif" if large else "wall.jpg")
    if path.exists():
        return path
    tile = np.random.default_rng(1).normal(170, 6, (1000, 1000, 3)).clip(0, 255).astype(np.uint8)
    wall: Image = np.tile(tile, (-(-height // 1000), -(-width // 1000), 1))[:height, :width].copy()
    top, left = (height - SIDE_PX) // 2, (width - SIDE_PX) // 2
    wall[top : top + SIDE_PX, left : left + SIDE_PX] = scene.image
    if large:
        tifffile.imwrite(path, wall, tile=(512, 512), compression="zlib", photometric="rgb")
    elif not cv2.imwrite(str(path), wall[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95]):
        raise OSError(f"{path}: cannot be written")
    return path


def serve(photo: Path, scene: Scene, previews: int, *, searched: bool) -> dict[str, Any]:
    """Start the server on a new project and trace."""
    project = photo.parent / "project"
    shutil.rmtree(project, ignore_errors=True)
    command = [sys.executable, "-m", "crackgauge.cli", "serve", str(photo)]
    command += ["--project", str(project), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        stdout = process.stdout
        if stdout is None:
            raise RuntimeError("the server has no output")
        found = re.search(r"http://[^ ]+", stdout.readline())
        if found is None:
            raise RuntimeError("the server did not say its address")
        return trace(found.group().rstrip("/"), scene, previews, searched=searched)
    finally:
        process.terminate()
        process.wait(30)


def trace(address: str, scene: Scene, previews: int, *, searched: bool) -> dict[str, Any]:
    """Click, and move the pointer along the crack."""
    csrf = ask(address, "/api/session")[0]["csrf"]

    def post(path: str, values: object) -> tuple[Any, float]:
        return ask(address, path, values, csrf)

    image = ask(address, "/api/images")[0]["items"][0]["id"]
    if searched:
        job = post("/api/jobs", {"kind": "find", "images": [image]})[0][0]["id"]
        while ask(address, f"/api/jobs/{job}")[0]["state"] in ("queued", "running"):
            time.sleep(0.2)
    zoom = ask(address, f"/api/images/{image}/tiles")[0]
    left, top = (zoom["width_px"] - SIDE_PX) // 2, (zoom["height_px"] - SIDE_PX) // 2

    def at(share: float) -> list[float]:
        x, y = scene.at(share)
        return [x + left, y + top]

    target = f"/api/images/{image}/trace"
    ask(address, f"/api/images/{image}/annotation")  # as the page does when it shows the photo
    started = time.perf_counter()
    while ask(address, "/api/health")[0]["tracer"] is None:
        time.sleep(0.05)
    post(target, {"points": [at(0.02)]})
    ready_s = time.perf_counter() - started
    shares = np.linspace(0.17, 0.95, previews)
    answers = [post(target, {"points": [at(0.02), at(float(share))]}) for share in shares]
    again = [post(target, {"points": [at(0.02), at(float(share))]}) for share in shares]
    seconds = [each for _, each in again]
    return {
        "first click, server at rest": round(ready_s, 2),
        "slowest preview, first time along": round(max(each for _, each in answers), 2),
        "median preview after that": round(statistics.median(seconds), 3),
        "slowest": round(max(seconds), 3),
        "slowest there": round(max(found["seconds"] for found, _ in again), 3),
    }


def ask(address: str, path: str, values: object | None = None, csrf: str = "") -> tuple[Any, float]:
    """The answer, and how long it took."""
    body = None if values is None else json.dumps(values).encode()
    headers = {"Origin": address, "X-Crackgauge-CSRF": csrf, "Content-Type": "application/json"}
    request = urllib.request.Request(address + path, body, headers if body else {})
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=300) as answer:
        found = json.loads(answer.read())
    return found, time.perf_counter() - started


if __name__ == "__main__":
    main()
