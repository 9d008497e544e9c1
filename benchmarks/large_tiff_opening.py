"""How soon a TIFF of 20,000 x 20,000 px can be seen in `crackgauge serve`.

Two files of the same rendered surface, tiled and JPEG-compressed: one with smaller copies in it (as
`gdaladdo` makes), one without. Each is served to a new project by the command itself. Timed from
the first request about the image: its size, then the whole image in a window of 1280 x 800 px (the
first screen), tile after tile, from the coarsest level to the one that has a pixel for each of the
window's or more, as the page asks for them; then a screen of the finest level, in the middle. A
tile that the server calls rough, because the small copy is still being made, counts for the first
screen and is asked for again until it is sharp. Beside it: reading the whole file at once, which a
viewer without tiles would do.

    python benchmarks/large_tiff_opening.py --runs RUNS [--side 20000]
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import rasterio
import tifffile
from huge_tiff import write_huge
from machine import as_text, machine_facts
from rasterio.enums import Resampling
from tables import RESULTS, write_results

SCREEN_PX = (800, 1280)
LIMIT_S = 2.0


def main() -> None:
    """Parse, write the files, serve each, write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where the files are kept")
    parser.add_argument("--side", type=int, default=20_000, help="px")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    facts = machine_facts("tifffile")
    rows = []
    for name, with_copies in (("with smaller copies", True), ("without", False)):
        photo = write_photo(options.runs, options.side, with_copies=with_copies)
        rows.append({"file": name, "MB": round(photo.stat().st_size / 1e6), **serve(photo)})
        print(rows[-1], flush=True)
    started = time.perf_counter()
    tifffile.imread(photo)
    whole_s = time.perf_counter() - started
    write_results(
        "large_tiff_opening",
        title=f"A TIFF of {options.side} x {options.side} px in `crackgauge serve`",
        command=f"python benchmarks/large_tiff_opening.py --runs RUNS --side {options.side}",
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{as_text(facts)} Limit for "
        f"the first screen of the file with smaller copies: {LIMIT_S:g} s; of the other one a "
        f"preview that sharpens is wanted. Reading a file whole, in the same run: {whole_s:.1f} s.",
        tables={"Seconds": rows},
        folder=options.out,
    )


def write_photo(runs: Path, side: int, *, with_copies: bool) -> Path:
    """Write the file, once."""
    folder = runs / "large-tiff" / ("copies" if with_copies else "plain")
    path = folder / f"surface-{side}.tif"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    if with_copies:
        shutil.copy(write_photo(runs, side, with_copies=False), draft)
        with rasterio.open(draft, "r+") as raster:
            raster.build_overviews([2, 4, 8, 16, 32, 64], Resampling.average)
    else:
        write_huge(draft, side)
    draft.rename(path)
    return path


def serve(photo: Path) -> dict[str, Any]:
    """Start the server on a new project and look at the photo."""
    project = photo.parent / "project"
    shutil.rmtree(project, ignore_errors=True)
    command = [sys.executable, "-m", "crackgauge.cli", "serve", str(photo.parent)]
    command += ["--project", str(project), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        stdout = process.stdout
        if stdout is None:
            raise RuntimeError("the server has no output")
        found = re.search(r"http://[^ ]+", stdout.readline())
        if found is None:
            raise RuntimeError("the server did not say its address")
        return look(found.group().rstrip("/"))
    finally:
        process.terminate()
        process.wait(30)


def look(address: str) -> dict[str, Any]:
    """Ask for the first screen and for one of the finest level, as a page would."""
    started = time.perf_counter()
    image = json.loads(get(f"{address}/api/images")[0])["items"][0]
    base = f"{address}/api/images/{image['id']}/tiles"
    zoom = json.loads(get(base)[0])
    size_s = time.perf_counter() - started
    top, side = zoom["top_level"], zoom["tile_px"]
    shrunk = max(zoom["height_px"] // SCREEN_PX[0], zoom["width_px"] // SCREEN_PX[1], 1)
    finest = max(0, top - shrunk.bit_length() + 1)
    wanted = [
        f"{base}/{level}/{column}/{row}?rough=true"
        for level in range(min(finest, side.bit_length() - 1), finest + 1)
        for row in range(-(-zoom["height_px"] // 2 ** (top - level) // side))
        for column in range(-(-zoom["width_px"] // 2 ** (top - level) // side))
    ]
    rough = [each for each in wanted if get(each)[1]]
    screen_s = time.perf_counter() - started
    began = time.perf_counter()
    across, down = -(-SCREEN_PX[1] // side), -(-SCREEN_PX[0] // side)
    first = (zoom["width_px"] // side // 2, zoom["height_px"] // side // 2)
    for row in range(down):
        for column in range(across):
            get(f"{base}/{top}/{first[0] + column}/{first[1] + row}")
    finest_s = time.perf_counter() - began
    still = rough
    while still:
        still = [each for each in still if get(each)[1]]
        time.sleep(0.2 if still else 0)
    return {
        "its size": round(size_s, 2),
        "first screen": round(screen_s, 2),
        "its tiles": len(wanted),
        "rough at first": len(rough),
        "all sharp after": round(time.perf_counter() - started if rough else screen_s, 2),
        "a screen of the finest level": round(finest_s, 2),
        "its tiles too": down * across,
    }


def get(address: str) -> tuple[bytes, bool]:
    """The answer, and whether it is a rough picture."""
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read(), "Crackgauge-Rough" in answer.headers


if __name__ == "__main__":
    main()
