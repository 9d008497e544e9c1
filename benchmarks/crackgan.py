"""Curves instead of masks on CFD: CrackGAN against its baselines (Zhang, Zhang and Cheng 2020).

The training truths are the skeletons of CFD's 71 training masks, each jittered smoothly by up to 3
px, as a hand would draw them. Three kinds of network learn from the same curves: `crackgan`, its
generator without an adversary (`crackgan-unet`), and `pix2pix`; the baselines learn from bands
around the curves as crackgan does, and from the curves themselves. Then crackgan over lambda and
the number of dilations.

Scored on the 46 test images against their own masks, cut at 0.5: the raw band, and the curve that
it is thinned to (parts below 30 px left out). Regions of 50 px are pooled, the HD-score is the mean
over images. A run counts as collapsed where its last epoch had: all black, all white, maps without
variety, a discriminator that had won, or one that took maps for real that a blank one beats.

    python benchmarks/crackgan.py --data DATA/cfd --runs RUNS [--seeds 0 1 2] [--full]

Trainings are kept in RUNS: a stopped one goes on, a finished one is scored again. Trainings that
differ in lambda alone share their stages.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from noisy_truths import write_changed
from protocols import Predicted, predict_pairs
from tables import RESULTS, write_results

from crackgauge.arrays import Mask
from crackgauge.data.curves import centre_curve, thin, to_band
from crackgauge.data.drawn_curves import jitter
from crackgauge.data.pairs import find_pairs
from crackgauge.images import read_mask
from crackgauge.inference.predictor import open_model
from crackgauge.metrics.distance import hd_score
from crackgauge.metrics.regions import region_counts
from crackgauge.metrics.tolerance import MatchCounts
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.loop import train

REACH_PX, JITTER_SEED = 3.0, 1
L1_WEIGHT, DILATIONS = 0.3, 3


class Row(NamedTuple):
    """One training: its preset, the dilations of its truths, and lambda; None is the preset's."""

    preset: str
    dilations: int = DILATIONS
    l1_weight: float | None = None


SYSTEMS = (
    Row("crackgan", l1_weight=L1_WEIGHT),
    Row("crackgan", l1_weight=100 * L1_WEIGHT),  # small trials below went white
    Row("crackgan-unet"),
    Row("pix2pix"),
    Row("crackgan-unet", dilations=0),
    Row("pix2pix", dilations=0),
)
FULL_GRID = tuple(
    Row("crackgan", dilations, weight)
    for weight in (0.05, 0.15, 0.3, 0.4, 0.6)
    for dilations in (1, 3, 5, 9)
)
# Lambda around the one that holds, dilations at it, then around the paper's.
SMALL_GRID = (
    *(Row("crackgan", dilations, 100 * L1_WEIGHT) for dilations in (1, 5, 9)),
    *(Row("crackgan", DILATIONS, weight) for weight in (3.0, 10.0, 100.0)),
    *(Row("crackgan", DILATIONS, weight) for weight in (0.05, 0.6)),
)
GENERATOR, JUDGE = "[16,32,64,64,64]", "[16,32,64,128]"  # maps of 64 px
SMALL = {
    "crackgan": (
        f"network.options.filters={GENERATOR}",
        "network.options.head_bias=-1",
        f"stages.encoder.network.options.filters={GENERATOR}",
        f"stages.dc-gan.network.options.filters={JUDGE}",
        f"adversary.discriminator.options.filters={JUDGE}",
        "stages.encoder.epochs=3",
        "stages.encoder.optimizer.learning_rate=1e-3",
        "stages.dc-gan.epochs=6",
        "stages.dc-gan.batch=32",
        "stages.dc-gan.optimizer.learning_rate=1e-3",
        "stages.dc-gan.sampling.count=40",
        "stages.dc-gan.optimizer.momentum=0.5",
        "stages.dc-gan.ema_decay=0.99",
    ),
    "crackgan-unet": (
        f"network.options.filters={GENERATOR}",
        f"stages.encoder.network.options.filters={GENERATOR}",
        "stages.encoder.epochs=3",
        "stages.encoder.optimizer.learning_rate=1e-3",
    ),
    "pix2pix": (
        f"network.options.filters={GENERATOR}",
        "adversary.discriminator.options.filters=[16,32,64,64]",
    ),
}
SMALL_COMMON = (
    "sampling.patch_px=128",
    "sampling.count=32",
    "batch=16",
    "epochs=10",
    "validation.every_epochs=2",
)


def main() -> None:
    """Parse, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of CFD")
    parser.add_argument("--runs", type=Path, required=True, help="where trainings are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--full", action="store_true", help="the presets, and the whole grid")
    parser.add_argument("--no-grid", action="store_true", help="the systems alone")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    arguments = parser.parse_args()
    data, truths = jittered_truths(arguments)
    grid = FULL_GRID if arguments.full else SMALL_GRID
    wanted = dict.fromkeys((*SYSTEMS, *(() if arguments.no_grid else grid)))
    done: dict[tuple[Row, int], dict[str, Any]] = {}
    for seed in arguments.seeds:
        for row in wanted:
            done[row, seed] = run(row, seed, data, arguments)
            print(done[row, seed], flush=True)
            write(done, truths, arguments)


def jittered_truths(arguments: argparse.Namespace) -> tuple[Path, list[dict[str, Any]]]:
    """The dataset of jittered skeletons, made once; and what such truths score themselves."""
    pairs = find_pairs(arguments.data, split="train")

    def change(mask: Mask, generator: np.random.Generator) -> Mask:
        return jitter(centre_curve(mask), REACH_PX, generator)

    folder = arguments.runs / "crackgan" / "truths"
    data = write_changed(folder, pairs, change, JITTER_SEED)
    changed = [read_mask(p.mask).mask for p in find_pairs(data, split="train") if p.mask]
    masks = [read_mask(pair.mask).mask for pair in pairs if pair.mask]
    answers = {
        "skeleton": [centre_curve(mask) for mask in masks],
        "jittered curve": changed,
        "band of the skeleton, 3 dilations": [to_band(mask) for mask in masks],
        "band of the jittered curve, 3 dilations": [to_band(mask) for mask in changed],
        "that band, thinned": [thin(to_band(mask)) for mask in changed],
    }
    return data, [
        {"answer": name, **scores(list(zip(found, masks, strict=True)))}
        for name, found in answers.items()
    ]


def recipe_of(row: Row, seed: int, arguments: argparse.Namespace) -> Recipe:
    """The preset with the settings of a row."""
    small = () if arguments.full else (*SMALL_COMMON, *SMALL[row.preset])
    stages = load_recipe(row.preset).stages
    # What a stage does not use is held still, so that trainings can share it.
    still = [f"stages.{name}.adversary.l1_weight={L1_WEIGHT}" for name in stages]
    still += [f"stages.{name}.curves.dilations={DILATIONS}" for name in stages if name == "encoder"]
    given = [
        o for o in arguments.overrides if o.split(".")[0] != "stages" or o.split(".")[1] in stages
    ]
    weight = [] if row.l1_weight is None else [f"adversary.l1_weight={row.l1_weight}"]
    return load_recipe(
        row.preset,
        [
            *small,
            *still,
            *weight,
            f"curves.dilations={row.dilations}",
            f"threads={arguments.threads}",
            "save_every_steps=50",
            *given,
            f"seed={seed}",
        ],
    )


def run(row: Row, seed: int, data: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, or take what is there, and score."""
    runs = arguments.runs / "crackgan" / ("full" if arguments.full else "small")
    weight = "" if row.l1_weight is None else f"-{row.l1_weight:g}"
    out = runs / f"{row.preset}{weight}-dilated-{row.dilations}-{seed}"
    if not (out / "model.onnx").exists():
        share_stages(runs, out, row, seed)
        train(recipe_of(row, seed, arguments), data=data, out=out, resume=True, progress=False)
    model = open_model(out / "model.onnx", threads=arguments.threads)
    test = find_pairs(arguments.data, split="test")
    predicted = predict_pairs(model, test, "whole", kept=out / "predictions")
    journals = [read_csv(file) for file in sorted(out.rglob("journal.csv"))]
    timings = [line for file in out.rglob("timings.csv") for line in read_csv(file)]
    return {
        "preset": row.preset,
        "lambda": "-" if row.l1_weight is None else row.l1_weight,
        "dilations": row.dilations,
        "seed": seed,
        **score_both(predicted),
        "collapse": ", ".join(sorted({lines[-1]["collapse"] for lines in journals} - {""})) or "-",
        "minutes": round(sum(float(line["elapsed_s"]) for line in timings) / 60, 1),
    }


def share_stages(runs: Path, out: Path, row: Row, seed: int) -> None:
    """Take the finished stages of a training that differs in lambda alone."""
    if row.preset != "crackgan" or (out / "stages").exists():
        return
    for other in sorted(runs.glob(f"crackgan-[0-9]*-dilated-{row.dilations}-{seed}/model.onnx")):
        shutil.copytree(other.parent / "stages", out / "stages")
        return


def score_both(predicted: Predicted) -> dict[str, float]:
    """Scores of the raw band and of the curve that it is thinned to, in percent."""
    raw = [(probability >= np.float32(0.5), truth) for probability, truth in predicted]
    curves = [(thin(mask), truth) for mask, truth in raw]
    found = {f"raw {name}": value for name, value in scores(raw).items()}
    return {**{f"thin {name}": value for name, value in scores(curves).items()}, **found}


def scores(pairs: Sequence[tuple[Mask, Mask]]) -> dict[str, float]:
    """Pooled precision, recall and F1 of regions, and the mean HD-score, in percent."""
    total = sum((region_counts(answer, truth) for answer, truth in pairs), start=MatchCounts())
    figures = {"P": total.precision, "R": total.recall, "F1": total.f1}
    mean = float(np.mean([hd_score(answer, truth) for answer, truth in pairs]))
    return {
        **{name: round(100 * value, 2) for name, value in figures.items()},
        "HD": round(mean, 2),
    }


def read_csv(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def collapsed(done: dict[tuple[Row, int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each preset, how many of its runs collapsed."""
    rows = []
    for preset in SMALL:
        found = [line["collapse"] for (row, _), line in done.items() if row.preset == preset]
        count = sum(collapse != "-" for collapse in found)
        if found:
            share = round(count / len(found), 2)
            rows.append({"preset": preset, "runs": len(found), "collapsed": count, "share": share})
    return rows


def write(
    done: dict[tuple[Row, int], dict[str, Any]],
    truths: list[dict[str, Any]],
    arguments: argparse.Namespace,
) -> None:
    """Write the tables."""
    seeds = " ".join(str(seed) for seed in sorted({seed for _, seed in done}))
    command = f"python benchmarks/crackgan.py --data DATA/cfd --runs RUNS --seeds {seeds}"
    command += f"{' --full' if arguments.full else ''}{' --no-grid' if arguments.no_grid else ''}"
    if arguments.overrides:
        command += f" --set {' '.join(arguments.overrides)}"
    small = (
        f"Small size: crops of 128 px, generator {GENERATOR}, DC-GAN {JUDGE} of 64 px maps, "
        "pix2pix of five levels and 16 to 64 channels; 10 epochs of 60 images x 32 patches, batch "
        "16, Adam 2e-4 (1e-3 in the stages before); crackgan's last bias begins at -1; DC-GAN 6 "
        "epochs of 150 batches of 32, beta 1 0.5. Its discriminator pulls harder than a large one, "
        "so the small grid has lambda around 30 besides the paper's 0.3; learning rate, bias and "
        "30 come from trials of 2 to 4 epochs, by F1 on the held-back images. "
    )
    write_results(
        "crackgan" if arguments.full else "crackgan_small",
        title="Curves instead of masks on CFD",
        command=command,
        text=(
            f"{(__doc__ or '').partition('    python')[0].strip()}\n\n"
            f"{'The presets as they are. ' if arguments.full else small}"
            "`thin` is the thinned curve, `raw` the band. A row is one training. The paper has "
            "region P 88.03, R 96.11, F1 91.89 and HD 96 on a split of its own."
        ),
        tables={
            "The systems": [line for (row, _), line in done.items() if row in SYSTEMS],
            "Collapsed runs": collapsed(done),
            "crackgan over lambda and dilations": [
                line for (row, _), line in done.items() if row.preset == "crackgan"
            ],
            "What truths score themselves, on the training images": truths,
        },
        folder=arguments.out,
    )


if __name__ == "__main__":
    main()
