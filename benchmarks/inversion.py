"""Does Dice + BCE collapse on sets with much background, and does inversion recover it?

Table 4 of Kompanets et al. 2024 on patches of 64 px of uav315: the loss without inversion on
nested sets (70/30, 30/70 and 10/90 with the same 845 crack patches, all patches, and all+ with
rendered crack-free photographs down to 6.5 % crack), Tversky on 10/90, and inversion on the larger
sets. Every training sees the same number of patches, so rows differ by loss and set alone.

A ConvNeXt small enough for two cores, from random weights: there are no ConvNeXt weights here, so
no stage-wise decay either. Scored at 0 px and threshold 0.5, pooled over the test split: patch by
patch (each predicted alone, which is the paper's stitching) and on whole images.

    python benchmarks/inversion.py --data DATA --runs RUNS [--seeds 0 1 2] [--patches 24000]
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
from pathlib import Path
from typing import Any

from protocols import predict_pairs
from tables import RESULTS, write_results

from crackgauge.data.pairs import find_pairs
from crackgauge.data.synth import write_dataset
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.metrics.tolerance import MatchCounts, match_counts
from crackgauge.recipes import load_recipe
from crackgauge.training.loop import train

PATCH_PX, BATCH, CRACK_PATCHES = 64, 16, 845
NESTED = ("70/30", "30/70", "10/90")
INVERSION = "bce+dice+inversion"
ROWS = (
    *(("bce+dice", name) for name in (*NESTED, "all", "all+")),
    ("tversky-0.01-0.99", "10/90"),
    *((INVERSION, name) for name in ("10/90", "all", "all+")),
)
# What the cut of uav315 train gives, and what the sets are made of.
CRACK, BACKGROUND, SHARE = 1654, 7607, 0.065
SETTINGS = (
    "network.options.encoder=convnext_atto",
    "network.options.filters=[128,64,32,16,16]",
    "network.encoder_weights=none",
    "optimizer.stage_decay=1",
    f"sampling.patch_px={PATCH_PX}",
    "sampling.patches=patch-set",
    f"batch={BATCH}",
    "threads=1",
    "save_every_steps=200",
)
RENDERED, RENDERED_SEED = 340, 2_000_003


def main() -> None:
    """Parse, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the datasets")
    parser.add_argument("--runs", type=Path, required=True, help="where trainings are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--patches", type=int, default=24_000, help="patches that a training sees")
    parser.add_argument("--losses", nargs="+", help="rows of these losses alone")
    parser.add_argument("--sets", nargs="+", help="rows of these sets alone")
    parser.add_argument("--name", default="inversion", help="name of the result files")
    arguments = parser.parse_args()
    rows = _earlier(arguments.name)
    for seed in arguments.seeds:
        for loss, composition in ROWS:
            if loss not in (arguments.losses or [loss]):
                continue
            if composition not in (arguments.sets or [composition]):
                continue
            row = _run(loss, composition, seed, arguments)
            same = ("loss", "set", "seed")
            rows = [old for old in rows if any(old[key] != row[key] for key in same)] + [row]
            print(row, flush=True)
            _write(rows, arguments)


def _run(loss: str, composition: str, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    size = _size(composition)
    epochs = max(1, round(arguments.patches / size))
    settings = [
        *SETTINGS,
        f"loss={loss}",
        f"sampling.patch_set.composition={composition}",
        f"seed={seed}",
        f"epochs={epochs}",
        f"validation.every_epochs={epochs}",  # the last weights are scored, as they come
        "validation.tolerance_px=0",
    ]
    data = [arguments.data / "uav315"]
    if composition in NESTED:
        settings.append(f"sampling.patch_set.crack_patches={CRACK_PATCHES}")
    if composition == "all+":
        data.append(_rendered(arguments.runs))
    recipe = load_recipe("convnext-scse", settings)
    name = f"{loss}-{composition.replace('/', '-')}-{arguments.patches}-{seed}"
    out = arguments.runs / "inversion" / name
    if not (out / "model.onnx").exists():
        train(recipe, data=data, out=out, resume=True, progress=False)
    model = open_model(out / "model.onnx", threads=1)
    last = list(csv.DictReader((out / "journal.csv").open(encoding="utf-8")))[-1]
    return {
        "loss": loss,
        "set": composition,
        "seed": seed,
        "patches in the set": size,
        "epochs": epochs,
        **_scores("patches", model, arguments.data, f"stitched {PATCH_PX}"),
        **_scores("images", model, arguments.data, "whole"),
        "training predicts, last epoch": f"{100 * float(last['predicted_share']):.2f} %",
        "collapse": last["collapse"] or "no",
    }


def _scores(on: str, model: Predictor, data: Path, protocol: str) -> dict[str, str]:
    pairs = find_pairs(data / "uav315", split="test")
    total = sum(
        (
            match_counts(probability >= 0.5, truth, tolerance_px=0)
            for probability, truth in predict_pairs(model, pairs, protocol)
        ),
        start=MatchCounts(),
    )
    return {
        f"Pr {on}": f"{100 * total.precision:.2f}" if total.predicted else "none",
        f"Re {on}": f"{100 * total.recall:.2f}",
        f"F1 {on}": f"{100 * total.f1:.2f}",
    }


def _size(composition: str) -> int:
    if composition == "all":
        return CRACK + BACKGROUND
    if composition == "all+":
        return round(CRACK / SHARE)
    return round(100 * CRACK_PATCHES / int(composition.partition("/")[0]))


def _rendered(runs: Path) -> Path:
    """Crack-free rendered photographs; made once."""
    folder = runs / "rendered-crack-free"
    write_dataset(folder, RENDERED, RENDERED_SEED, size=(448, 448), negatives=1.0)
    return folder


def _earlier(name: str) -> list[dict[str, Any]]:
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["tables"]["Trainings"]
    return rows


def _write(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    order = {key: number for number, key in enumerate(ROWS)}
    rows = sorted(rows, key=lambda row: (order[row["loss"], row["set"]], row["seed"]))
    summary = []
    for loss, composition in ROWS:
        those = [row for row in rows if (row["loss"], row["set"]) == (loss, composition)]
        if those:
            collapsed = sum(row["collapse"] != "no" or row["Pr patches"] == "none" for row in those)
            summary.append(
                {
                    "loss": loss,
                    "set": composition,
                    "seeds": len(those),
                    "F1 patches": _mean(those, "F1 patches"),
                    "F1 images": _mean(those, "F1 images"),
                    "collapsed": f"{collapsed} of {len(those)}",
                }
            )
    seeds = " ".join(map(str, sorted({row["seed"] for row in rows})))
    write_results(
        arguments.name,
        title="Inversion of the loss on sets with much background",
        command=(
            f"python benchmarks/inversion.py --data DATA --runs RUNS --seeds {seeds} "
            f"--patches {arguments.patches}"
        ),
        text=(
            f"{(__doc__ or '').partition('    python')[0].strip()}\n\nEncoder `convnext_atto`, "
            f"batch {BATCH}, {arguments.patches:,} patches a training; everything else as in the "
            "preset `convnext-scse`. Collapsed: hardly any pixel of the training patches is "
            "predicted in the last epoch (or hardly any is not), or none of the test patches'."
        ),
        tables={"Table 4 of the paper, in small": summary, "Trainings": rows},
    )


def _mean(rows: list[dict[str, Any]], key: str) -> str:
    values = [float(row[key]) for row in rows]
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread}"


if __name__ == "__main__":
    main()
