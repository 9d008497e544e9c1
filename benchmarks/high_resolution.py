"""A photograph of 4608 x 3456 px through system 3: time and memory, and whether it stays bounded.

`convnext-scse` with ConvNeXt-Tiny and random weights (time and memory do not depend on them) is
exported and predicts rendered surfaces, written as tiled TIFF, by window: by stitched patches of
512 px, the paper's way, and by blended tiles, as `crackgauge predict` does. Each run is a process
of its own, which reads by window and writes mask and 16-bit probability. The sizes are 1/4, 1 and 4
of the paper's in pixels.

    python benchmarks/high_resolution.py --runs RUNS [--threads 2] [--rows-of-largest 1]

Beside each, the same without the network (no pixel is crack): what reading, blending and writing
take, which is all that could grow with the image. What is done is kept in RUNS and not done again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from machine import as_text, machine_facts
from stitching import stitched_windows
from tables import RESULTS, write_results

from crackgauge.arrays import Image, Probability, Window
from crackgauge.data.synth import render
from crackgauge.images import (
    ImageSource,
    open_image,
    open_mask_writer,
    open_probability_writer,
)
from crackgauge.inference.predictor import Predictor, open_model

SIZES = ((2304, 1728), (4608, 3456), (9216, 6912))  # width, height, px
PATCH_PX = 512
MODES = ("stitched", "blended")
MODEL = "convnext-scse-random.onnx"
GROWTH = (
    "What grows: two rows of blended tiles are kept, 17 KiB for each pixel of the image's width; "
    "an image of less than three tiles a side has no tile with a neighbour on both sides, which is "
    "the largest, 1280 x 1280 px; and ONNX Runtime's arena grows over the first tiles of a size, "
    "as the last table shows."
)
TILE_PX, TILE_RUNS = 1280, 4


def main() -> None:
    """Parse, export, run what is not there yet, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="for the model, images and rows")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--rows-of-largest",
        type=int,
        help="rows of tiles of the largest image that the network predicts; default: all",
    )
    parser.add_argument("--scale", type=int, default=1, help="divides the sizes, to try it out")
    parser.add_argument("--encoder", default="convnext_tiny", help="another, to try it out")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        run_child(json.loads(options.child), options)
        return
    folder = options.runs / "high_resolution"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MODEL).exists():
        start_child({"do": "export"}, options)
    facts = folder / "machine.json"
    if not facts.exists():
        facts.write_text(json.dumps(machine_facts("onnxruntime", "numpy")), encoding="utf-8")
    rows = []
    for (width, height), network, mode in itertools.product(
        [(w // options.scale, h // options.scale) for w, h in SIZES], (True, False), MODES
    ):
        image = folder / f"{width}x{height}.tif"
        if not image.exists():
            write_image(image, width, height)
        is_largest = width == SIZES[-1][0] // options.scale
        limit = options.rows_of_largest if network and is_largest else None
        order = {"do": mode, "image": image.name, "network": network, "rows": limit}
        kept = folder / f"{image.stem}-{mode}-{'network' if network else 'none'}-{limit}.json"
        if not kept.exists():
            kept.write_text(start_child(order, options), encoding="utf-8")
        rows.append({"image": f"{width} x {height}", **json.loads(kept.read_text("utf-8"))})
        print(rows[-1], flush=True)
    kept = folder / "tile.json"
    if not kept.exists():
        kept.write_text(start_child({"do": "tile"}, options), encoding="utf-8")
    write(rows, json.loads(kept.read_text("utf-8")), json.loads(facts.read_text("utf-8")), options)


def start_child(order: dict[str, Any], options: argparse.Namespace) -> str:
    """What a process of its own prints; it must not fail.

    Linux lets a process inherit the peak of the one that starts it, so this one stays small.
    """
    arguments = ["--runs", str(options.runs), "--threads", str(options.threads)]
    arguments += ["--encoder", options.encoder, "--child", json.dumps(order)]
    done = subprocess.run(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{order}: ended with exit code {done.returncode}")
    return done.stdout


def run_child(order: dict[str, Any], options: argparse.Namespace) -> None:
    """Export, or predict and print a row as JSON."""
    folder = options.runs / "high_resolution"
    if order["do"] == "export":
        export(folder / MODEL, options.encoder)
        return
    predictor = open_model(folder / MODEL, threads=options.threads)
    if order["do"] == "tile":
        print(json.dumps(list(peaks_of_tile(predictor))))
        return
    if not order["network"]:
        predictor = Predictor(predictor.metadata, Nothing(), digest="")
    started, cpu_started = time.perf_counter(), time.process_time()
    with open_image(folder / order["image"]) as source:
        blocks = predict_windows(predictor, source, order["do"])
        pixels = write_windows(first_rows(blocks, source, order), source, folder / order["do"])
    elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    row = {
        "tiles": order["do"],
        "network": "yes" if order["network"] else "no",
        "rows of tiles": order["rows"] or "all",
        "megapixels": round(pixels / 1e6, 2),
        "s": round(elapsed_s, 1),
        # A row of blended tiles comes when the next one is predicted, so a part tells no rate.
        "s/megapixel": "" if order["rows"] else round(elapsed_s / pixels * 1e6, 2),
        "CPU s/megapixel": "" if order["rows"] else round(cpu_s / pixels * 1e6, 2),
        "peak memory, MiB": peak_mib(),
    }
    print(json.dumps(row))


def peak_mib() -> int:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def peaks_of_tile(predictor: Predictor) -> Iterator[dict[str, int]]:
    """The peak after the same tile was run once, twice, ..."""
    backend = predictor.network().backend
    tile = np.zeros((1, 3, TILE_PX, TILE_PX), np.float32)
    for count in range(1 + TILE_RUNS):
        if count:
            backend.run(tile)
        yield {"tiles run": count, "peak memory, MiB": peak_mib()}


class Nothing:
    """A backend without a network."""

    name = "nothing"

    def run(self, batch: Probability) -> Probability:
        """No pixel is crack."""
        return np.zeros((len(batch), 1, *batch.shape[2:]), np.float32)


def predict_windows(
    predictor: Predictor, source: ImageSource, mode: str
) -> Iterator[tuple[Window, Probability]]:
    """By stitched patches or by blended tiles of the model's own size."""
    if mode == "stitched":
        return stitched_windows(predictor, source, patch_px=PATCH_PX)
    return predictor.predict_windows(source)


def first_rows(
    blocks: Iterator[tuple[Window, Probability]], source: ImageSource, order: dict[str, Any]
) -> Iterator[tuple[Window, Probability]]:
    """The windows of the first rows of tiles, drawing none beyond them."""
    pixels, count = 0, 0
    if order["rows"] is None:
        yield from blocks
        return
    for window, block in blocks:
        yield window, block
        pixels += window.width
        count += pixels % source.width == 0
        if count == order["rows"]:
            return


def write_windows(
    blocks: Iterator[tuple[Window, Probability]], source: ImageSource, stem: Path
) -> int:
    """Write mask and probability as `crackgauge predict` does; returns the pixels given."""
    height, width, pixels = source.height, source.width, 0
    with (
        open_mask_writer(stem.with_suffix(".mask.tif"), height, width) as masks,
        open_probability_writer(stem.with_suffix(".tif"), height, width, dtype="uint16") as writer,
    ):
        for window, probability in blocks:
            masks.write(window, probability >= np.float32(0.5))
            writer.write(window, probability)
            pixels += window.height * window.width
    return pixels


def export(path: Path, encoder: str) -> None:
    """The preset's network with random weights, as training would export it."""
    import torch

    from crackgauge.inference.export import export_onnx
    from crackgauge.inference.training_run import RunModel, describe_run
    from crackgauge.models import build
    from crackgauge.recipes import load_recipe

    settings = ["network.encoder_weights=none", f"network.options.encoder={encoder}"]
    recipe = load_recipe("convnext-scse", settings)
    torch.manual_seed(0)
    network = build(recipe.network.name, **recipe.network.options).eval()
    run = RunModel(recipe, network, score=None, chosen_on="none", content=b"")
    export_onnx(network, describe_run(run), path)


def write_image(path: Path, width: int, height: int) -> None:
    """Rendered steel and concrete, repeated with changing brightness, as tiled TIFF."""
    with tifffile.TiffWriter(path) as writer:
        writer.write(
            tiles(-(-width // PATCH_PX) * -(-height // PATCH_PX)),
            shape=(height, width, 3),
            dtype=np.uint8,
            tile=(PATCH_PX, PATCH_PX),
            photometric="rgb",
            compression="zlib",
            compressionargs={"level": 1},
            software=False,
        )


def tiles(count: int) -> Iterator[Image]:
    """`count` tiles."""
    size = (PATCH_PX, PATCH_PX)
    patterns = [
        render(seed, surface=surface, size=size).image.astype(np.float32)
        for seed, surface in enumerate(("steel", "concrete"))
    ]
    generator = np.random.default_rng(0)
    for number in range(count):
        pattern = patterns[number % len(patterns)] * generator.uniform(0.7, 1.2)
        yield np.clip(pattern, 0, 255).astype(np.uint8)


def write(
    rows: list[dict[str, Any]],
    tile: list[dict[str, int]],
    facts: dict[str, str],
    options: argparse.Namespace,
) -> None:
    """Write the tables."""
    command = f"python benchmarks/high_resolution.py --runs RUNS --threads {options.threads}"
    if options.rows_of_largest:
        command += f" --rows-of-largest {options.rows_of_largest}"
    with_network = [row for row in rows if row["network"] == "yes"]
    without = [row for row in rows if row["network"] == "no"]
    write_results(
        "high_resolution",
        title="High-resolution photographs through system 3",
        command=command,
        text=(
            f"{(__doc__ or '').partition('    python')[0].strip()}\n\nONNX Runtime fp32, "
            f"{options.threads} threads, encoder `{options.encoder}`. Memory is the largest "
            "resident size of the process (`ru_maxrss`), without the network too with its weights "
            "loaded. CPU seconds are those of all threads together: where other work shares the "
            "machine (see the load), wall seconds on free cores are about these over the threads. "
            "By window means `predict_windows`, or the command above 100 megapixels; below, the "
            "command holds image, mask and probability whole.\n\n"
            f"{reading(with_network, without)}\n\n{as_text(facts)}"
        ),
        tables={
            "Prediction": [_without(row, "network") for row in with_network],
            "The same without the network": [
                {key: row[key] for key in ("image", "tiles", "s", "peak memory, MiB")}
                for row in without
            ],
            f"One tile of {TILE_PX} x {TILE_PX} px again and again": tile,
        },
        facts={"machine": facts},
        folder=options.out,
    )


def reading(with_network: list[dict[str, Any]], without: list[dict[str, Any]]) -> str:
    """How much the peak grows from size to size, by mode."""
    sentences = []
    for mode in MODES:
        peaks, others = (
            ", ".join(f"{row['peak memory, MiB']:,}" for row in rows if row["tiles"] == mode)
            for rows in (with_network, without)
        )
        sentences.append(
            f"Peaks of {mode} tiles from the smallest image to the largest, of 16 times as many "
            f"pixels: {peaks} MiB; without the network {others} MiB."
        )
    limited = [row for row in with_network if row["rows of tiles"] != "all"]
    if limited:
        sentences.append(
            f"Rows of tiles that the network predicts of the largest image, as they are all alike: "
            f"{limited[0]['rows of tiles']}, and the one after where they are blended; without the "
            "network, all."
        )
    return " ".join([*sentences, GROWTH])


def _without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


if __name__ == "__main__":
    main()
