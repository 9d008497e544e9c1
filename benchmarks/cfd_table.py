"""Systems 1, 2 and 3 on CrackForest, as in Table 2 of Kompanets et al. 2024.

Train 001-072 without 042, test 073-118, label 2 is crack: precision, recall and F1 at 0 and 2 px,
pooled over the test images, at the papers' fixed thresholds (0.2 for systems 1 and 2, 0.5 for
system 3); beside them ODS and OIS at 2 px, whose thresholds are chosen on the test images, as the
paper of system 2 does.

    python benchmarks/cfd_table.py --data DATA/cfd --runs RUNS --weights WEIGHTS [--full]

Trainings are kept in RUNS: a stopped one goes on, a finished one is scored again. Those of `--full`
lie where `cfd.py --name cfd_faithful` and `gated_scale.py` keep theirs, and are shared with them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any, NamedTuple

from protocols import Predicted, predict_pairs
from tables import RESULTS, write_results

from crackgauge.data.pairs import find_pairs
from crackgauge.inference.predictor import open_model
from crackgauge.metrics.curves import THRESHOLDS, ods, ois
from crackgauge.metrics.tolerance import MatchCounts, threshold_counts
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.loop import train


class System(NamedTuple):
    """A row of the table.

    Attributes:
        preset: of the recipe.
        protocol: how `--full` predicts; the small size predicts whole images.
        full_folder: of the training in `--full`, with {seed}.
        encoder: of system 3.
        weights: file of the encoder's weights; None: random.
    """

    preset: str
    protocol: str
    full_folder: str
    encoder: str | None = None
    weights: str | None = None


SHIFTS = "64 shifts"  # stands for the mean over all windows of 48 px
SYSTEMS = {
    "attention-unet": System("attention-unet", SHIFTS, "cfd_faithful-{seed}"),
    "gated-scale-unet": System("gated-scale-unet", SHIFTS, "gated_scale-gated-scale-{seed}"),
    "convnext-scse": System(
        "convnext-scse", "whole", "cfd_table-convnext-scse-{seed}", "convnext_tiny"
    ),
    "convnext-scse, MobileNetV2": System(
        "convnext-scse",
        "whole",
        "cfd_table-mobilenet-{seed}",
        "mobilenetv2_100",
        "mobilenet_v2_imagenet.safetensors",
    ),
    "convnext-scse, EfficientNet-Lite0": System(
        "convnext-scse",
        "whole",
        "cfd_table-lite0-{seed}",
        "tf_efficientnet_lite0",
        "efficientnet_lite0_imagenet.safetensors",
    ),
}
# Systems 1 and 2: 2,485 steps of 32 patches of 48 px. System 3: 355 steps of 8 crops of 128 px. Too
# few for SGD at 1e-3 and for 0.99 an epoch, so the small size takes AdamW with one cycle.
SMALL = {
    "attention-unet": (
        "sampling.count=1120",
        "epochs=1",
        "optimizer.name=adamw",
        "optimizer.learning_rate=2e-3",
        "optimizer.weight_decay=1e-2",
        "optimizer.gradient_norm_limit=5.0",
        "schedule.name=one-cycle",
        "save_every_steps=100",
    ),
    "convnext-scse": (
        "sampling.patch_px=128",
        "sampling.count=8",
        "epochs=5",
        "schedule.name=one-cycle",
        "save_every_steps=50",
    ),
}
SMALL["gated-scale-unet"] = SMALL["attention-unet"]
PAPERS = [
    {"paper": "König et al. 2019a (system 1)", "Pr": 96.37, "Re": 93.55, "F1": 94.94},
    {"paper": "König et al. 2019b (system 2)", "ODS": 94.92, "OIS": 95.84},
    {"paper": "Kompanets et al. 2024 (system 3)", "F1": 97.10, "F1 0 px": 75.35},
]


def main() -> None:
    """Parse, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the CrackForest folder")
    parser.add_argument("--runs", type=Path, required=True, help="where trainings are kept")
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights"))
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--full", action="store_true", help="the presets' lengths")
    parser.add_argument("--threads", type=int, help="default: 1, with --full all")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        for name in SYSTEMS:
            out = folder_of(name, seed, arguments)
            if name in arguments.systems and not (out / "model.onnx").exists():
                recipe = recipe_of(name, seed, arguments)
                train(recipe, data=arguments.data, out=out, resume=True, progress=False)
            if (out / "model.onnx").exists():  # of an earlier call as well
                rows.append(run(name, seed, out, arguments))
                print(rows[-1], flush=True)
                write(rows, arguments)


def folder_of(name: str, seed: int, arguments: argparse.Namespace) -> Path:
    """Where a training is kept."""
    system = SYSTEMS[name]
    if arguments.full:
        return Path(arguments.runs / system.full_folder.format(seed=seed))
    return Path(arguments.runs / f"cfd_table_small-{name.replace(', ', '-')}-{seed}")


def recipe_of(name: str, seed: int, arguments: argparse.Namespace) -> Recipe:
    """The preset, at the size asked for."""
    system = SYSTEMS[name]
    settings = [] if arguments.full else list(SMALL[system.preset])
    if system.encoder:
        settings.append(f"network.options.encoder={system.encoder}")
        if system.weights:
            settings.append(
                f"network.encoder_weights={arguments.weights.resolve()}/{system.weights}"
            )
        else:  # nothing pretrained that smaller learning rates would keep
            settings += ["network.encoder_weights=none", "optimizer.stage_decay=1.0"]
    if threads_of(arguments):
        settings.append(f"threads={threads_of(arguments)}")
    settings += [*arguments.overrides, f"seed={seed}"]
    return load_recipe(system.preset, settings)


def threads_of(arguments: argparse.Namespace) -> int | None:
    """None for all."""
    threads: int | None = arguments.threads or (None if arguments.full else 1)
    return threads


def run(name: str, seed: int, out: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """One row of both tables: scores, and what the training took."""
    system, recipe = SYSTEMS[name], load_recipe(out / "recipe.yaml")
    protocol = system.protocol if arguments.full else "whole"
    model = open_model(out / "model.onnx", threads=threads_of(arguments))
    test = find_pairs(arguments.data, split="test")
    predicted = predict_pairs(model, test, protocol, kept=out / "predictions")
    threshold = recipe.validation.threshold
    if threshold is None:
        raise SystemExit(
            f"{out}: got a recipe without a threshold, expected the preset's fixed one"
        )
    with (out / "timings.csv").open(newline="", encoding="utf-8") as stream:
        timings = list(csv.DictReader(stream))
    steps = int(timings[-1]["step"])
    pixels = steps * recipe.batch * recipe.sampling.patch_px**2
    return {
        "system": name,
        "encoder weights": "ImageNet" if system.weights else "none",
        "seed": seed,
        "threshold": threshold,
        **figures(predicted, threshold),
        "training": {
            "parameters": f"{model.metadata.parameters:,}",
            "patch, px": recipe.sampling.patch_px,
            "batch": recipe.batch,
            "steps": steps,
            "megapixels seen": round(pixels / 1e6),
            "minutes": round(sum(float(row["elapsed_s"]) for row in timings) / 60, 1),
            "prediction": protocol,
        },
    }


def figures(predicted: Predicted, threshold: float) -> dict[str, float]:
    """Pooled figures in percent at a fixed threshold, and ODS and OIS at 2 px."""
    row: dict[str, float] = {}
    for tolerance_px in (2, 0):
        counts = [
            threshold_counts(probability, truth, tolerance_px, [threshold])[0]
            for probability, truth in predicted
        ]
        total = sum(counts, start=MatchCounts())
        row[f"Pr {tolerance_px} px"] = round(100 * total.precision, 2)
        row[f"Re {tolerance_px} px"] = round(100 * total.recall, 2)
        row[f"F1 {tolerance_px} px"] = round(100 * total.f1, 2)
    swept = [threshold_counts(p, truth, 2, THRESHOLDS) for p, truth in predicted]
    best = ods(THRESHOLDS, swept)
    row["ODS 2 px"] = round(100 * best.counts.f1, 2)
    row["ODS at"] = best.threshold
    row["OIS 2 px"] = round(100 * ois(THRESHOLDS, swept), 2)
    return row


def write(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    """Write the tables."""
    name = "cfd_table" if arguments.full else "cfd_table_small"
    seeds = " ".join(str(seed) for seed in arguments.seeds)
    command = "python benchmarks/cfd_table.py --data DATA/cfd --runs RUNS --weights WEIGHTS"
    command += f" --seeds {seeds}{' --full' if arguments.full else ''}"
    if arguments.overrides:
        command += f" --set {' '.join(arguments.overrides)}"
    same = ("system", "seed")
    write_results(
        name,
        title="Systems 1, 2 and 3 on CrackForest (CFD)",
        command=command,
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{size_text(arguments)}",
        tables={
            "Scores on the 46 test images, in percent": [
                {key: value for key, value in row.items() if key != "training"} for row in rows
            ],
            "Trainings": [{**{key: row[key] for key in same}, **row["training"]} for row in rows],
            "The papers, 2 px unless said": [
                {column: str(paper.get(column, "")) for column in PAPER_COLUMNS} for paper in PAPERS
            ],
        },
        folder=arguments.out,
    )


PAPER_COLUMNS = ("paper", "Pr", "Re", "F1", "F1 0 px", "ODS", "OIS")


def size_text(arguments: argparse.Namespace) -> str:
    """What the trainings are, and what they are not."""
    encoders = (
        "ConvNeXt-Tiny starts from random weights, as there are no others here, and so with one "
        "learning rate for all stages; MobileNetV2 and EfficientNet-Lite0 start from ImageNet, "
        "with the preset's stage-wise decay."
    )
    if arguments.full:
        return (
            f"The presets as they are. {encoders} Systems 1 and 2 are predicted by the mean over "
            "the 64 shifts of the pooling grid, system 3 on whole images."
        )
    return (
        "Small size: systems 1 and 2 see 1,120 patches of 48 px from each training image, once, in "
        "batches of 32, with AdamW 2e-3 and one cycle instead of the papers' SGD over 30 and 25 "
        "epochs of 2,000; system 3 sees 355 batches of 8 crops of 128 px, with AdamW 1e-3 and one "
        "cycle instead of 300 epochs of crops of 288 px with exponential decay. Networks, losses, "
        f"preprocessing, augmentation and thresholds are the presets'. {encoders} All are "
        "predicted on whole images. These figures show that the systems learn here; they do not "
        "rank them."
    )


if __name__ == "__main__":
    main()
