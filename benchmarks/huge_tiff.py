"""Peak memory of `crackgauge predict` on one huge TIFF.

    python benchmarks/huge_tiff.py --side 20000

A TIFF of rendered concrete and asphalt, repeated with changing brightness, is written tile by
tile; then the command runs in a process of its own, whose largest resident size the system tells.
Mask and probability are read back by window and compared with a prediction of some windows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from machine import as_text, machine_facts
from tables import RESULTS, write_results

from crackgauge.arrays import Image, Window
from crackgauge.data.synth import render
from crackgauge.images import open_image, read_probability
from crackgauge.inference.predictor import open_model

LIMIT_BYTES = 3 << 29  # 1.5 GiB
TILE_PX = 512


def main() -> int:
    """Write the TIFF, run the command, check and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1300, help="px")
    parser.add_argument("--model", type=Path, help="default: the embedded one")
    parser.add_argument("--backend", default="onnxruntime")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checks", type=int, default=4, help="windows predicted again")
    parser.add_argument("--folder", type=Path, help="for the files; default: a temporary one")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        image = folder / "huge.tif"
        write_huge(image, options.side)
        elapsed_s, peak_bytes = run_measured(command(image, folder / "out", options))
        wrong = check_windows(image, folder / "out", options)
        sizes = {
            path.relative_to(folder).as_posix(): path.stat().st_size
            for path in sorted(folder.rglob("*.*"))
            if path.suffix in (".tif", ".png")
        }
    row = {
        "image": f"{options.side} x {options.side}",
        "megapixels": options.side**2 / 1e6,
        "peak memory, MiB": round(peak_bytes / 2**20),
        "limit, MiB": LIMIT_BYTES >> 20,
        "time, s": round(elapsed_s),
        "megapixels/s": round(options.side**2 / 1e6 / elapsed_s, 2),
    }
    facts = machine_facts("onnxruntime", "tifffile", "numpy")
    write_results(
        "huge_tiff",
        title="A huge TIFF in bounded memory",
        command=f"python benchmarks/huge_tiff.py --side {options.side}",
        text=(
            f"`crackgauge predict huge.tif --out out --backend {options.backend} --threads "
            f"{options.threads}` with mask and 16-bit probability, whole process, largest "
            f"resident size as the system tells it. {options.checks} windows predicted again by "
            f"themselves with their surroundings: {wrong} differ by more than 1e-5 + half a step "
            f"of 16 bits.\n\n{as_text(facts)}"
        ),
        tables={"Result": [row], "Files": [{"file": k, "bytes": v} for k, v in sizes.items()]},
        facts={"machine": facts},
        folder=options.out,
    )
    print(row)
    return 0 if peak_bytes < LIMIT_BYTES and not wrong else 1


def write_huge(path: Path, side: int) -> None:
    """Write a tiled, compressed RGB BigTIFF with little memory."""
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(
            _tiles(side),
            shape=(side, side, 3),
            dtype=np.uint8,
            tile=(TILE_PX, TILE_PX),
            photometric="rgb",
            compression="zlib",
            compressionargs={"level": 1},
            software=False,
        )


def _tiles(side: int) -> Iterator[Image]:
    size = (TILE_PX, TILE_PX)
    patterns = [
        render(seed, surface=surface, size=size).image
        for seed, surface in enumerate(("concrete", "asphalt", "concrete", "asphalt"))
    ]
    generator = np.random.default_rng(0)
    for _ in range((-(-side // TILE_PX)) ** 2):
        pattern = patterns[generator.integers(len(patterns))].astype(np.float32)
        yield np.clip(pattern * generator.uniform(0.7, 1.2), 0, 255).astype(np.uint8)


def command(image: Path, out: Path, options: argparse.Namespace) -> list[str]:
    """The command line of the prediction."""
    arguments = [sys.executable, "-m", "crackgauge.cli", "predict", str(image)]
    arguments += ["--out", str(out), "--backend", options.backend, "--quiet"]
    arguments += ["--threads", str(options.threads)]
    return arguments + (["--model", str(options.model)] if options.model else [])


def run_measured(arguments: list[str]) -> tuple[float, int]:
    """Seconds and the largest resident size, in bytes, of a process."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command ended with exit code {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def check_windows(image: Path, out: Path, options: argparse.Namespace) -> int:
    """How many of some random windows are not what a prediction of their surroundings gives."""
    predictor = open_model(options.model, backend=options.backend, threads=options.threads)
    halo, side = predictor.metadata.halo, min(256, options.side)
    stride = predictor.metadata.stride
    generator = np.random.default_rng(1)
    wrong = 0
    (file,) = (out / "probabilities").iterdir()
    stored = read_probability(file, max_pixels=options.side**2)
    with open_image(image) as source:
        for _ in range(options.checks):
            row, col = (
                int(first) // stride * stride
                for first in generator.integers(0, options.side - side + 1, 2)
            )
            top, left = max(row - halo, 0), max(col - halo, 0)
            bottom = min(row + side + halo, options.side)
            right = min(col + side + halo, options.side)
            around = source.read(Window(top, left, bottom - top, right - left))
            expected = predictor.predict(around)[row - top :, col - left :][:side, :side]
            got = stored[row : row + side, col : col + side]
            wrong += bool(np.abs(got - expected).max() > 1e-5 + 0.51 / 65535)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
