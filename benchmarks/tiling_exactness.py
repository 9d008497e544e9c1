"""Whole against tiled prediction in fp32 at random sizes: the largest difference of probability.

    python benchmarks/tiling_exactness.py --count 100 --largest 1500

The whole image is predicted as one tile, then cut into cores of several sizes. Sizes are drawn
from a fixed seed, both sides on their own; the first image is 1x1 and the last of the largest
size. Images are rendered stains over noise, so that the network's answers vary.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from machine import as_text, machine_facts
from tables import RESULTS, write_results

from crackgauge.arrays import Image
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.tiling import halo_share, round_up

LIMIT = 1e-5


def main() -> int:
    """Measure, write, and say by the exit code whether the limit holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4, help="images")
    parser.add_argument("--largest", type=int, default=120, help="largest side, px")
    parser.add_argument("--tiles", type=int, nargs="+", default=[256, 512], help="cores, px")
    parser.add_argument("--model", type=Path, help="default: the embedded one")
    parser.add_argument("--backend", default="onnxruntime")
    parser.add_argument("--augmentation", default="none")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    predictor = open_model(options.model, backend=options.backend, threads=options.threads)
    started = time.perf_counter()
    rows = []
    for image in images(options.count, options.largest, options.seed):
        rows += compare(predictor, image, options.tiles, options.augmentation)
        print(f"{rows[-1]['height']}x{rows[-1]['width']} {rows[-1]['difference']:.1e}", flush=True)
    elapsed_s = time.perf_counter() - started
    summary = [summarise(rows, tile) for tile in options.tiles]
    worst = max(row["largest difference"] for row in summary)
    verdict = "holds" if worst <= LIMIT else "does NOT hold"
    facts = machine_facts("onnxruntime", "numpy")
    write_results(
        "tiling_exactness",
        title="Tiled against whole prediction",
        command=(
            f"python benchmarks/tiling_exactness.py --count {options.count} "
            f"--largest {options.largest} --tiles {' '.join(map(str, options.tiles))}"
            + ("" if options.augmentation == "none" else f" --augmentation {options.augmentation}")
        ),
        text=(
            f"{options.count} images from 1x1 px to {options.largest} px a side, "
            f"{predictor.backend_name}, fp32, {predictor.metadata.architecture} "
            f"({predictor.metadata.preset or 'no preset'}), halo {predictor.metadata.halo} px, "
            f"augmentation {options.augmentation}. The limit of {LIMIT:g} {verdict}: the largest "
            f"difference of probability is {worst:.2g}.\n\n{as_text(facts)}"
        ),
        tables={"By core": summary},
        facts={"limit": LIMIT, "machine": facts, "elapsed_s": round(elapsed_s), "images": rows},
        folder=options.out,
    )
    print(f"largest difference {worst:.2g}, limit {LIMIT:g}: {verdict}")
    return 0 if worst <= LIMIT else 1


def images(count: int, largest: int, seed: int) -> Iterator[Image]:
    """Images of random size: 1x1 first, the largest last."""
    generator = np.random.default_rng(seed)
    for index in range(count):
        height, width = (int(side) for side in generator.integers(1, largest + 1, 2))
        if index in (0, count - 1):
            height = width = 1 if index == 0 else largest
        yield stains(height, width, generator)


def stains(height: int, width: int, generator: np.random.Generator) -> Image:
    """Dark lines and soft stains over noise, uint8 (height, width, 3)."""
    coarse = generator.uniform(80, 200, (max(height // 32, 1), max(width // 32, 1)))
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(1 + height * width // 40_000):
        points = generator.integers(0, (width, height), (4, 2)).astype(np.int32)
        cv2.polylines(image, [points], False, float(generator.uniform(20, 60)), 2)
    noisy = image[:, :, None] + generator.normal(0, 8, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def compare(
    predictor: Predictor, image: Image, cores: list[int], augmentation: str
) -> list[dict[str, float]]:
    """The largest difference between the whole and each core."""
    height, width = image.shape[:2]
    alignment = 4 * predictor.metadata.stride
    one_tile = round_up(max(height, width), alignment)
    whole = predictor.predict(image, augmentation=augmentation, tile=one_tile)
    rows = []
    for core in cores:
        tiled = predictor.predict(image, augmentation=augmentation, tile=core)
        plan = predictor.plan(height, width, augmentation=augmentation, tile=core)
        difference = float(np.abs(whole - tiled).max())
        rows.append(
            {
                "height": height,
                "width": width,
                "core": core,
                "tiles": len(plan),
                "halo share": round(halo_share(plan), 3),
                "difference": difference,
                "crack share": float((whole >= predictor.threshold).mean()),
            }
        )
    return rows


def summarise(rows: list[dict[str, float]], core: int) -> dict[str, float]:
    """One row a core."""
    mine = [row for row in rows if row["core"] == core]
    return {
        "core, px": core,
        "images": len(mine),
        "of several tiles": sum(row["tiles"] > 1 for row in mine),
        "tiles": sum(row["tiles"] for row in mine),
        "largest difference": max(row["difference"] for row in mine),
        "images without any difference": sum(row["difference"] == 0 for row in mine),
    }


if __name__ == "__main__":
    sys.exit(main())
