"""An image of 2048 x 4096 px through CrackGAN's generator: seconds and peak memory.

The preset's generator with random weights (time and memory do not depend on them). ONNX Runtime and
torch on the processor, the image in one fully convolutional pass and by tiles, as `crackgauge
predict` does; torch on the graphics card where there is one. Each row is a process of its own:
the model is opened, a small image is predicted, then the image, several times. The seconds are the
median, from the array to every pixel; the peak is that of the process, or on the card
that of torch's tensors. The paper has 1.6 s on a GTX 1080 Ti.

    python benchmarks/crackgan_speed.py --runs RUNS [--threads 2] [--rounds 3]

The exported model is kept in RUNS.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from machine import as_text, machine_facts
from tables import RESULTS, write_results

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.inference.export import export_onnx
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.inference.predictor import open_model
from crackgauge.models import build, parameter_count
from crackgauge.recipes import load_recipe
from crackgauge.tiling import round_up

HEIGHT, WIDTH = 2048, 4096
MODEL = "crackgan-random.onnx"


class Way(NamedTuple):
    """How the image is predicted; a tile as large as the image is one pass."""

    backend: str
    device: str
    tile: int


def main() -> None:
    """Parse, export, run each way, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where the model is kept")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=int, default=1, help="divides the sides, to try it out")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(Way(*json.loads(options.child)), options)))
        return
    model = options.runs / MODEL
    if not model.exists():
        export(model)
    whole = round_up(WIDTH // options.scale, 1024)
    ways = [
        Way(backend, "cpu", tile) for backend in ("onnxruntime", "torch") for tile in (whole, 1024)
    ]
    ways.append(Way("torch", "cuda", whole))
    rows = []
    for way in ways:
        found = child(way, options)
        if found is not None:
            passes = "one pass" if way.tile == whole else f"tiles of {way.tile} px"
            rows.append({"runtime": way.backend, "on": way.device, "way": passes, **found})
            print(rows[-1], flush=True)
    write(rows, options)


def export(path: Path) -> None:
    """The preset's generator with random weights, as a model file."""
    recipe = load_recipe("crackgan")
    network = build(recipe.network.name, **recipe.network.options).eval()
    stride = int(network.stride)
    metadata = ModelMetadata(
        architecture=recipe.network.name,
        options=recipe.network.options,
        parameters=parameter_count(network),
        mean=recipe.input.mean,
        std=recipe.input.std,
        stride=stride,
        padding=network.padding,
        output_scale=network.output_scale,
        halo=round_up(network.receptive_field_px // 2, stride),
    )
    export_onnx(network, metadata, path)


def child(way: Way, options: argparse.Namespace) -> dict[str, Any] | None:
    """What a process of its own measures; None where the device is not there."""
    arguments = ["--runs", str(options.runs), "--threads", str(options.threads)]
    arguments += ["--rounds", str(options.rounds), "--scale", str(options.scale)]
    command = [sys.executable, __file__, *arguments, "--child", json.dumps(way)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}: ended with exit code {done.returncode}")
    found: dict[str, Any] | None = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(way: Way, options: argparse.Namespace) -> dict[str, Any] | None:
    """Seconds and peak memory of one way; None where the device is not there."""
    try:
        model = open_model(
            options.runs / MODEL, backend=way.backend, device=way.device, threads=options.threads
        )
    except (UsageError, ModelFileError) as error:
        if way.device != "cuda":
            raise
        print(error, file=sys.stderr)
        return None
    shape = (HEIGHT // options.scale, WIDTH // options.scale, 3)
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    model.predict(image[:64, :64])
    before = peak_mib(way)
    seconds = []
    for _ in range(options.rounds):
        started = time.perf_counter()
        model.predict(image, tile=way.tile)
        seconds.append(time.perf_counter() - started)
    return {
        "seconds": round(statistics.median(seconds), 2),
        "peak memory, MiB": round(peak_mib(way)),
        "of it before, MiB": round(before),
    }


def peak_mib(way: Way) -> float:
    """Largest memory so far, of this process or of torch's tensors on the card."""
    if way.device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    # The high-water mark of this process alone; getrusage inherits that of the parent.
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise SystemExit("/proc/self/status has no VmHWM; run this on Linux")


def write(rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    """Write the table."""
    facts = machine_facts("onnxruntime", "torch")
    size = f"{HEIGHT // options.scale} x {WIDTH // options.scale}"
    write_results(
        "crackgan_speed",
        title=f"{size} px through CrackGAN's generator",
        command=f"python benchmarks/crackgan_speed.py --runs RUNS --threads {options.threads} "
        f"--rounds {options.rounds}",
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{as_text(facts)}",
        tables={f"{options.threads} threads, median of {options.rounds}": rows},
        facts=facts,
        folder=options.out,
    )


if __name__ == "__main__":
    main()
