"""Do smaller patches, or worse truths, cost a network of system 3 its score?

The two further studies of Kompanets et al. 2024, on uav315. Patch size: the training images are cut
to parents of 256 px, and patches of 64, 128 and 256 px are cropped from them, a crack staying
inside, so that every row has the same parents. Label noise: patches of 256 px with training truths
whose connected parts are each shifted by up to 2 px, or that are dilated by 1 or 2 px; the row of
256 px is the clean one.

Every training sees about the same number of pixels, and the same number in a step. Truths of the
test split are clean throughout. Scored at threshold 0.5 on whole test images, pooled.

    python benchmarks/patch_size_and_noise.py --data DATA/uav315 --runs RUNS [--full]

Trainings are kept in RUNS: a stopped one goes on, a finished one is scored again.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from noisy_truths import Change, dilate, shift_parts, write_changed
from protocols import pooled_f1, predict_pairs
from tables import RESULTS, write_results

from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.images import read_mask
from crackgauge.inference.predictor import open_model
from crackgauge.metrics.tolerance import MatchCounts, match_counts
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.loop import train

PARENT_PX, STEP_PX = 256, 4 * 256**2
PARENTS = 756  # four of each of the 189 training images of 448 px
SMALL_PASSES, FULL_PASSES = 2, 20  # over the parents, in pixels
NOISE_SEED = 1
NOISES: dict[str, Change | None] = {
    "clean": None,
    "parts shifted by up to 2 px": lambda mask, generator: shift_parts(mask, 2, generator),
    "dilated by 1 px": lambda mask, _: dilate(mask, 1),
    "dilated by 2 px": lambda mask, _: dilate(mask, 2),
}


class Row(NamedTuple):
    """One training: side of its patches and what is done to its truths."""

    patch_px: int
    truths: str


ROWS = (
    *(Row(side, "clean") for side in (64, 128, 256)),
    *(Row(256, noise) for noise in list(NOISES)[1:]),
)
# There are no ConvNeXt weights here: random ones, hence one learning rate for all stages; one cycle
# over the steps, because a factor an epoch would depend on the epoch's length.
SETTINGS = (
    "network.encoder_weights=none",
    "optimizer.stage_decay=1.0",
    "schedule.name=one-cycle",
    "loss=bce+dice+inversion",
    "sampling.patches=patch-set",
    f"sampling.patch_set.parent_px={PARENT_PX}",
)
SMALL_NETWORK = (
    "network.options.encoder=convnext_atto",
    "network.options.filters=[128,64,32,16,16]",
)


def main() -> None:
    """Parse, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of uav315")
    parser.add_argument("--runs", type=Path, required=True, help="where trainings are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--full", action="store_true", help="ConvNeXt-Tiny, ten times the pixels")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    arguments = parser.parse_args()
    sets = truth_sets(arguments)
    changed = truths_against_clean(sets, find_pairs(arguments.data, split="train"))
    rows = []
    for seed in arguments.seeds:
        for row in ROWS:
            rows.append(run(row, seed, sets[row.truths], arguments))
            print(rows[-1], flush=True)
            write(rows, changed, arguments)


def truth_sets(arguments: argparse.Namespace) -> dict[str, Path]:
    """The dataset of each noise; made once."""
    pairs = find_pairs(arguments.data, split="train")
    return {
        noise: write_changed(
            arguments.runs / "patch_size_and_noise" / "truths" / noise.replace(" ", "-"),
            pairs,
            change,
            NOISE_SEED,
        )
        for noise, change in NOISES.items()
    }


def recipe_of(row: Row, seed: int, arguments: argparse.Namespace) -> Recipe:
    """The preset with the settings of a row."""
    passes = FULL_PASSES if arguments.full else SMALL_PASSES
    batch = STEP_PX // row.patch_px**2
    steps = passes * PARENTS * PARENT_PX**2 / STEP_PX
    network = () if arguments.full else SMALL_NETWORK
    return load_recipe(
        "convnext-scse",
        [
            *SETTINGS,
            *network,
            f"sampling.patch_px={row.patch_px}",
            f"batch={batch}",
            f"epochs={round(steps / (PARENTS // batch))}",
            f"threads={arguments.threads}",
            "save_every_steps=50",
            *arguments.overrides,
            f"seed={seed}",
        ],
    )


def run(row: Row, seed: int, data: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, or take what is there, and score."""
    folder = f"{row.patch_px}-{row.truths.replace(' ', '-')}-{seed}"
    out = arguments.runs / "patch_size_and_noise" / size_of(arguments) / folder
    if not (out / "model.onnx").exists():
        train(recipe_of(row, seed, arguments), data=data, out=out, resume=True, progress=False)
    model = open_model(out / "model.onnx", threads=arguments.threads)
    test = find_pairs(arguments.data, split="test")
    predicted = predict_pairs(model, test, "whole", kept=out / "predictions")
    recipe = load_recipe(out / "recipe.yaml")
    with (out / "timings.csv").open(newline="", encoding="utf-8") as stream:
        timings = list(csv.DictReader(stream))
    steps = int(timings[-1]["step"])
    return {
        "patch, px": row.patch_px,
        "training truths": row.truths,
        "seed": seed,
        **pooled_f1(predicted, 0.5),
        "steps": steps,
        "megapixels seen": round(steps * recipe.batch * row.patch_px**2 / 1e6, 1),
        "minutes": round(sum(float(timing["elapsed_s"]) for timing in timings) / 60, 1),
    }


def truths_against_clean(sets: dict[str, Path], pairs: list[Pair]) -> list[dict[str, Any]]:
    """What the changed truths themselves score against the clean ones, on the training images."""
    clean = [read_mask(pair.mask).mask for pair in pairs if pair.mask is not None]
    rows = []
    for noise, folder in sets.items():
        changed = [
            read_mask(pair.mask).mask
            for pair in find_pairs(folder, split="train")
            if pair.mask is not None
        ]
        row: dict[str, Any] = {"training truths": noise}
        row["crack, %"] = round(100 * float(np.mean([mask.mean() for mask in changed])), 2)
        for tolerance in (0, 2):
            counts = [
                match_counts(a, b, tolerance_px=tolerance)
                for a, b in zip(changed, clean, strict=True)
            ]
            row[f"F1 {tolerance} px"] = round(100 * sum(counts, start=MatchCounts()).f1, 2)
        rows.append(row)
    return rows


def size_of(arguments: argparse.Namespace) -> str:
    """Small or full."""
    return "full" if arguments.full else "small"


def write(
    rows: list[dict[str, Any]], changed: list[dict[str, Any]], arguments: argparse.Namespace
) -> None:
    """Write the tables."""
    seeds = " ".join(str(seed) for seed in sorted({row["seed"] for row in rows}))
    command = "python benchmarks/patch_size_and_noise.py --data DATA/uav315 --runs RUNS"
    command += f" --seeds {seeds}{' --full' if arguments.full else ''}"
    if arguments.overrides:
        command += f" --set {' '.join(arguments.overrides)}"
    network = "`convnext_tiny`" if arguments.full else "`convnext_atto`, decoder 128 to 16"
    passes = FULL_PASSES if arguments.full else SMALL_PASSES
    write_results(
        "patch_size_and_noise" if arguments.full else "patch_size_and_noise_small",
        title="Patch size and label noise on uav315",
        command=command,
        text=(
            f"{(__doc__ or '').partition('    python')[0].strip()}\n\nEncoder {network}, random "
            f"weights, {passes} passes over the parents' pixels, {STEP_PX:,} pixels a step, "
            "BCE + Dice with inversion, AdamW 1e-3 with one cycle, the preset's augmentation, the "
            "last weights. One seed says little about small differences: a row is one training."
        ),
        tables={
            "Patch size": [row for row in rows if row["training truths"] == "clean"],
            "Label noise": [row for row in rows if row["patch, px"] == PARENT_PX],
            "The changed truths against the clean ones, on the training images": changed,
        },
        folder=arguments.out,
    )


if __name__ == "__main__":
    main()
