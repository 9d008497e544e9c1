"""Megapixels per second: the bare network, crackgauge's predictor end to end, and other networks.

    python benchmarks/speed.py --model MODEL.onnx --side 1024 --rounds 7 --tiled 4096

End to end is: decode a JPEG, normalise, network, threshold, write the mask as PNG, one image after
the other. The 16-bit probability is timed apart. Each round times everything once, in turn, so
that a machine shared with others slows all alike; what is given is the median over the rounds,
and the share is the median of the rounds' shares.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import as_text, machine_facts
from rival_networks import RIVALS, export_rival
from tables import RESULTS, write_results

from crackgauge.data.preprocess import normalise
from crackgauge.data.synth import render
from crackgauge.images import read_image, write_image, write_mask, write_probability
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.tiling import halo_share

RUNTIMES = {
    "ONNX Runtime fp32": {"backend": "onnxruntime", "precision": "f32"},
    "OpenVINO fp32": {"backend": "openvino", "precision": "f32"},
    "OpenVINO bf16": {"backend": "openvino", "precision": "bf16"},
}
TARGET = 0.9
Rows = list[dict[str, Any]]


def main() -> int:
    """Measure, write, and say by the exit code whether every share reaches the target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="default: the embedded one")
    parser.add_argument("--side", type=int, default=64, help="of the images, px")
    parser.add_argument("--images", type=int, default=2, help="images a round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiled", type=int, default=200, help="side of the tiled image, px")
    parser.add_argument("--cores", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--target", type=float, default=TARGET, help="share of the bare network")
    parser.add_argument("--no-rivals", action="store_true", help="leave the other networks out")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    facts = machine_facts("onnxruntime", "openvino", "segmentation-models-pytorch", "torch")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = write_photos(folder, options.side, options.images)
        rivals = (
            {}
            if options.no_rivals
            else {name: export_rival(name, folder / f"{name}.onnx") for name in RIVALS}
        )
        end_to_end: Rows = []
        stages: Rows = []
        networks: Rows = []
        tiled: Rows = []
        for name, runtime in RUNTIMES.items():
            ours = open_model(options.model, threads=options.threads, **runtime)
            others = {
                rival: open_model(path, threads=options.threads, **runtime)
                for rival, path in rivals.items()
            }
            times = time_rounds(ours, others, files, options.rounds)
            end_to_end.append({"runtime": name, **summarise(times, ours, files, options.side)})
            stages.append({"runtime": name, **stage_shares(times)})
            networks.append({"runtime": name, **network_speeds(times, options.side, files)})
            tiled += [{"runtime": name, **row} for row in time_cores(ours, options)]
            print(end_to_end[-1], networks[-1], sep="\n", flush=True)
    write_results(
        "speed",
        title="Speed of prediction",
        command=(
            f"python benchmarks/speed.py --side {options.side} --images {options.images} "
            f"--rounds {options.rounds} --threads {options.threads} --tiled {options.tiled}"
        ),
        text=_text(options, facts, ours),
        tables={
            "End to end, megapixels per second": end_to_end,
            "Where the time goes, ms a round of all images": stages,
            "Bare networks, megapixels per second": networks,
            f"Tiled, an image of {options.tiled} x {options.tiled} px": tiled,
        },
        facts={"machine": facts, "target share": options.target},
        folder=options.out,
    )
    return 0 if all(row["share"] >= options.target for row in end_to_end) else 1


def write_photos(folder: Path, side: int, count: int) -> list[Path]:
    """Rendered photographs as JPEG."""
    files = []
    for seed in range(count):
        surface = ("concrete", "asphalt", "steel")[seed % 3]
        files.append(folder / f"photo{seed}.jpg")
        write_image(files[-1], render(seed, surface=surface, size=(side, side)).image)
    return files


def time_rounds(
    ours: Predictor, others: dict[str, Predictor], files: list[Path], rounds: int
) -> list[dict[str, float]]:
    """Seconds of each part in each round; one round before them warms up."""
    inputs = [network_input(ours, path) for path in files]
    times = []
    for number in range(rounds + 1):
        part: dict[str, float] = dict.fromkeys(
            ("decode", "predict", "mask", "probability", "bare"), 0.0
        )
        for path, batch in zip(files, inputs, strict=True):
            part["bare"] += clock(lambda b=batch: ours.network().backend.run(b))[0]
            one_image(ours, path, part)
        for name, other in others.items():
            backend = other.network().backend
            part[name] = sum(clock(lambda n=backend, b=b: n.run(b))[0] for b in inputs)
        if number:
            times.append(part)
    return times


def one_image(ours: Predictor, path: Path, part: dict[str, float]) -> None:
    """Decode, predict, threshold and write one image; add the seconds of each to `part`."""
    seconds, image = clock(lambda: read_image(path))
    part["decode"] += seconds
    seconds, probability = clock(lambda: ours.predict(image))
    part["predict"] += seconds
    out = path.with_suffix(".png")
    threshold = np.float32(ours.threshold)
    part["mask"] += clock(lambda: write_mask(out, probability >= threshold))[0]
    part["probability"] += clock(lambda: write_probability(out, probability))[0]


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def network_input(ours: Predictor, path: Path) -> np.ndarray[Any, Any]:
    """The batch that the network sees of a file, (1, C, H, W)."""
    metadata = ours.metadata
    return normalise(read_image(path), mean=metadata.mean, std=metadata.std)[None]


def summarise(
    times: list[dict[str, float]], ours: Predictor, files: list[Path], side: int
) -> dict[str, float]:
    """Speeds of the bare network and end to end, and their share."""
    megapixels = len(files) * side**2 / 1e6
    whole = [part["decode"] + part["predict"] + part["mask"] for part in times]
    return {
        "bare network": round(megapixels / statistics.median(part["bare"] for part in times), 3),
        "end to end": round(megapixels / statistics.median(whole), 3),
        "share": round(
            statistics.median(part["bare"] / t for part, t in zip(times, whole, strict=True)), 3
        ),
        "with 16-bit probability": round(
            megapixels
            / statistics.median(
                t + part["probability"] for part, t in zip(times, whole, strict=True)
            ),
            3,
        ),
        "tiles an image": len(ours.plan(side, side)),
    }


def stage_shares(times: list[dict[str, float]]) -> dict[str, float]:
    """Milliseconds of a round's parts; `predict` is normalising and the network."""
    return {
        name: round(1e3 * statistics.median(part[name] for part in times), 1)
        for name in ("decode", "predict", "bare", "mask", "probability")
    }


def network_speeds(times: list[dict[str, float]], side: int, files: list[Path]) -> dict[str, float]:
    """Megapixels per second of the bare networks."""
    megapixels = len(files) * side**2 / 1e6
    names = {"bare": "crackgauge attention-unet", **RIVALS}
    return {
        label: round(megapixels / statistics.median(part[name] for part in times), 3)
        for name, label in names.items()
        if name in times[0]
    }


def time_cores(ours: Predictor, options: argparse.Namespace) -> Rows:
    """Share of the halo and speed of one tiled image by core."""
    image = render(0, surface="concrete", size=(options.tiled, options.tiled)).image
    rows: Rows = []
    for core in options.cores:
        plan = ours.plan(*image.shape[:2], tile=core)
        seconds, _ = clock(lambda core=core: ours.predict(image, tile=core))
        rows.append(
            {
                "core, px": core,
                "tiles": len(plan),
                "halo, px": ours.metadata.halo,
                "share of the halo": round(halo_share(plan), 3),
                "megapixels/s": round(image.shape[0] * image.shape[1] / 1e6 / seconds, 3),
            }
        )
    return rows


def _text(options: argparse.Namespace, facts: dict[str, str], ours: Predictor) -> str:
    metadata = ours.metadata
    return (
        f"{metadata.preset or metadata.architecture}, {metadata.parameters:,} parameters, "
        f"{options.threads} threads, {options.images} rendered photographs of {options.side} x "
        f"{options.side} px as JPEG, {options.rounds} rounds. End to end: decode, normalise, "
        "network, threshold, mask as PNG, one after the other; the 16-bit probability is timed "
        "apart. All parts are timed in turn within each round; medians. The share is end to end "
        "over the bare network. The other networks are those of segmentation_models_pytorch with "
        "random weights, exported to ONNX, on the same inputs.\n\n" + as_text(facts)
    )


if __name__ == "__main__":
    sys.exit(main())
