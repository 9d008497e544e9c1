"""The seven arrangements of system 4 on uav315: which order of networks, and trained how?

Images of 448 px, made smaller to 112 px by antialiased bicubic in 8 bits. Each arrangement finds
the cracks of the 448 px image: (a) from that image itself, the others from the small one. Every
training, of a stage or of the whole, has the same number of steps; (a), (b) and (c) are one
training, (d) to (g) two. Scored on the test split; the threshold of the F1 comes from the val
split, AIU is the mean IoU over thresholds 0.01 to 0.99, pooled, and as the mean over images with a
constant: (|P and T| + 1) / (|P or T| + 1).

    python benchmarks/cssr_arrangements.py --data DATA/uav315 --runs RUNS [--full --weights FILE]
    python benchmarks/cssr_arrangements.py --data DATA/uav315 --runs RUNS --sweep [--full ...]

`--sweep` trains (f) with beta 0.1 to 0.9, with BC2 and with Dice; its super-resolution stage is
trained once. Trainings are kept in RUNS: a stopped one goes on, a finished one is scored again.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tables import RESULTS, write_results

from crackgauge.arrays import Image
from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.images import (
    read_image,
    read_mask,
    read_probability,
    write_image,
    write_probability,
)
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.metrics.comparison import compare
from crackgauge.metrics.curves import THRESHOLDS
from crackgauge.metrics.evaluate import Evaluation, EvaluationItem, ThresholdSource, evaluate_pairs
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.report.curves import IouCurve, write_iou_curves
from crackgauge.training.loop import train
from crackgauge.training.low_resolution import reduce_image

SCALE = 4
BETAS = tuple(round(0.1 * step, 1) for step in range(1, 10))


class Row(NamedTuple):
    """One training: an arrangement, its loss and beta; None are the preset's."""

    letter: str
    loss: str | None = None
    beta: float | None = None

    @property
    def name(self) -> str:
        """In tables and as a folder."""
        given = [self.loss, None if self.beta is None else f"beta-{self.beta:g}"]
        return "-".join([self.letter, *(each for each in given if each)])


# Letter -> preset and what it does.
ARRANGEMENTS = {
    "a": ("cssr-hr", "segmentation of the high-resolution image"),
    "b": ("cssr-bicubic-seg", "bicubic, then segmentation"),
    "c": ("cssr-seg-bicubic", "segmentation, then bicubic"),
    "d": ("cssr-apart", "super-resolution, then segmentation, apart"),
    "e": ("cssr-inverse-apart", "segmentation, then super-resolution, apart"),
    "f": ("cssr", "super-resolution, then segmentation, jointly"),
    "g": ("cssr-inverse", "segmentation, then super-resolution, jointly"),
}
# What the paper's order says: the first of each pair is the better.
WANTED_AIU = (("g", "f"), ("f", "e"), ("e", "c"), ("c", "b"))
WANTED_PSNR = (("d", "f"), ("f", "b"))

# The small size: narrow networks, random weights; steps are few, so most crops hold a crack.
_EPOCHS = 8
_FILTERS = "{filters: [16, 32, 64, 64, 64]}"
_DBPN = "features: [32, 16], stages: 3, residual: true"
_ENLARGER = f"network.options.enlarger={{name: dbpn, {_DBPN}}}"
_SEGMENTER = f"network.options.segmenter={_FILTERS}"
_SMALL = (
    "network.encoder_weights=none",
    "sampling.patch_px=128",
    "sampling.count=3",
    "sampling.crack_share=0.8",
    "batch=4",
    "optimizer.learning_rate=1e-3",
    "schedule.name=one-cycle",
    f"validation.every_epochs={_EPOCHS}",
)


def _stage(channels: int) -> tuple[str, ...]:
    return (
        f"stages.super-resolution.network.options={{in_channels: {channels}, scale: 4, {_DBPN}}}",
        "stages.super-resolution.optimizer.learning_rate=1e-3",
        f"stages.super-resolution.epochs={_EPOCHS}",
    )


_WHOLE = f"epochs={_EPOCHS}"
_SMALL_OF = {
    "a": (_WHOLE, "network.options.filters=[16, 32, 64, 64, 64]"),
    "b": (_WHOLE, _SEGMENTER),
    "c": (_WHOLE, _SEGMENTER),
    "d": (
        _SEGMENTER,
        _ENLARGER,
        *_stage(3),
        f"stages.segmentation.network={{name: vgg-unet, options: {_FILTERS}}}",
        f"stages.segmentation.epochs={_EPOCHS}",
    ),
    "e": (
        _WHOLE,
        _SEGMENTER,
        _ENLARGER,
        f"stages.segmentation.network.options.segmenter={_FILTERS}",
        "stages.segmentation.network.encoder_weights=none",
        "stages.segmentation.optimizer.learning_rate=1e-3",
        f"stages.segmentation.epochs={_EPOCHS}",
    ),
    "f": (_WHOLE, _SEGMENTER, _ENLARGER, *_stage(3)),
    "g": (_WHOLE, _SEGMENTER, _ENLARGER, *_stage(1)),
}
# Where each preset asks for pretrained weights of the encoder.
_WEIGHTS_OF = {
    "d": "stages.segmentation.network.encoder_weights",
    "e": "stages.segmentation.network.encoder_weights",
}


def main() -> None:
    """Parse, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of uav315")
    parser.add_argument("--runs", type=Path, required=True, help="where trainings are kept")
    parser.add_argument("--only", nargs="+", choices=sorted(ARRANGEMENTS), help="letters alone")
    parser.add_argument("--sweep", action="store_true", help="beta and loss of (f)")
    parser.add_argument("--full", action="store_true", help="the presets as they are")
    parser.add_argument("--weights", type=Path, help="VGG-16's weights, with --full")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    arguments = parser.parse_args()
    rows = [Row(letter) for letter in arguments.only or ARRANGEMENTS]
    if arguments.sweep:
        rows = [Row("f", loss, beta) for loss in ("bc2", "dice") for beta in BETAS]
    done: dict[str, tuple[dict[str, Any], Evaluation]] = {}
    for row in rows:
        done[row.name] = run(row, arguments)
        print(done[row.name][0], flush=True)
        write(done, arguments)


def recipe_of(row: Row, arguments: argparse.Namespace) -> Recipe:
    """The preset of an arrangement, at the size asked for."""
    settings = [f"threads={arguments.threads}", "save_every_steps=50", f"seed={arguments.seed}"]
    if arguments.full:
        if arguments.weights is not None:
            key = _WEIGHTS_OF.get(row.letter, "network.encoder_weights")
            settings.append(f"{key}={arguments.weights}")
    else:
        settings += [*_SMALL, *_SMALL_OF[row.letter]]
    if row.loss is not None:
        settings.append(f"loss={row.loss}")
    if row.beta is not None:
        settings.append(f"super_resolution.segmentation_weight={row.beta}")
        # The stage has no use for beta; one value for all makes it one training.
        settings.append("stages.super-resolution.super_resolution.segmentation_weight=0.3")
    return load_recipe(ARRANGEMENTS[row.letter][0], [*settings, *arguments.overrides])


def run(row: Row, arguments: argparse.Namespace) -> tuple[dict[str, Any], Evaluation]:
    """Train, or take what is there, and score."""
    size = "full" if arguments.full else "small"
    out = arguments.runs / "cssr_arrangements" / size / f"{row.name}-{arguments.seed}"
    if not (out / "model.onnx").exists():
        if row.beta is not None:
            _share_stages(out, seed=arguments.seed)
        recipe = recipe_of(row, arguments)
        train(recipe, data=arguments.data, out=out, resume=True, progress=False)
    model = open_model(out / "model.onnx", threads=arguments.threads)
    pairs = find_pairs(arguments.data, split="test")
    evaluation = evaluate_pairs(
        items(model, pairs, out / "predictions"),
        threshold=model.threshold,
        threshold_source=ThresholdSource(model.metadata.threshold_source),
    )
    value = {key: score.value for key, score in evaluation.scores.items()}
    minutes, steps = _spent(out)
    described = {
        "": row.name,
        "arrangement": ARRANGEMENTS[row.letter][1],
        "PSNR, dB": round(value["psnr"], 2) if "psnr" in value else "",
        "IoU, best": round(value["iou_best"], 4),
        "AIU": round(value["aiu"], 4),
        "AIU, mean over images": round(_aiu_with_constant(evaluation), 4),
        "F1 2 px": round(100 * value["f1@2px"], 2),
        "F1 0 px": round(100 * value["f1@0px"], 2),
        "threshold": model.threshold,
        "parameters": model.metadata.parameters,
        "steps": steps,
        "minutes": minutes,
    }
    return described, evaluation


def _share_stages(out: Path, *, seed: int) -> None:
    """Take the finished stage of another training of the sweep."""
    for other in sorted(out.parent.glob(f"f-*beta*-{seed}/stages/super-resolution/finished.txt")):
        if not (out / "stages").exists():
            shutil.copytree(other.parents[1], out / "stages")
        return


def items(model: Predictor, pairs: list[Pair], kept: Path) -> Iterator[EvaluationItem]:
    """Prediction and truth of each test image, kept in a folder so that a stopped run goes on."""
    for pair in pairs:
        if pair.mask is None:
            continue
        original, truth = read_image(pair.image), read_mask(pair.mask).mask
        probability_file, image_file = kept / f"{pair.stem}.png", kept / f"{pair.stem}_enlarged.png"
        if not probability_file.exists():
            photo = original if model.enlargement == 1 else reduce_photo(original)
            enlarged = model.predict_enlarged(photo)
            if model.metadata.architecture == "enlarge-then-segment":
                write_image(image_file, enlarged.image)
            write_probability(probability_file, enlarged.probability)
        pictures = (read_image(image_file), original) if image_file.exists() else None
        probability = read_probability(probability_file)
        yield EvaluationItem(pair.stem, probability, truth, pair.group, pictures)


def reduce_photo(photo: Image) -> Image:
    """The photo as training makes it: antialiased bicubic, in 8 bits."""
    white = torch.from_numpy(photo).permute(2, 0, 1)[None] / 255
    small = reduce_image(white, SCALE, "bicubic")[0].permute(1, 2, 0).contiguous()
    return (255 * small.clamp(0, 1)).round().to(torch.uint8).numpy()


def _aiu_with_constant(evaluation: Evaluation) -> float:
    """Mean over images and thresholds of (|P and T| + 1) / (|P or T| + 1)."""
    counts = evaluation.stack.swept_overlap
    if counts is None:
        return float("nan")
    both, either = counts[..., 3], counts[..., 0] + counts[..., 2] - counts[..., 3]
    return float(np.mean((both + 1) / (either + 1)))


def _spent(out: Path) -> tuple[float, int]:
    """Minutes and steps of a training and its stages."""
    minutes, steps = 0.0, 0
    for file in [out / "timings.csv", *out.glob("stages/*/timings.csv")]:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        minutes += sum(float(row["elapsed_s"]) for row in rows) / 60
        steps += max((int(row["step"]) for row in rows), default=0)
    return round(minutes, 1), steps


def differences(evaluations: dict[str, Evaluation]) -> list[dict[str, Any]]:
    """The paper's order, pair by pair, with paired bootstrap intervals over images."""
    rows = []
    for key, unit, wanted in (("aiu", "AIU", WANTED_AIU), ("psnr", "PSNR, dB", WANTED_PSNR)):
        for better, worse in wanted:
            if better not in evaluations or worse not in evaluations:
                continue
            found = {each.key: each for each in compare(evaluations[better], evaluations[worse])}[
                key
            ]
            holds = "no difference can be claimed"
            if found.excludes_zero:
                holds = "yes" if found.difference > 0 else "the reverse"
            rows.append(
                {
                    "wanted": f"({better}) > ({worse}) in {unit}",
                    "difference": round(found.difference, 4),
                    "95 % interval": f"{found.low:.4f} to {found.high:.4f}",
                    "found": holds,
                }
            )
    if {"a", "f"} <= evaluations.keys():
        first, whole = (evaluations[letter].scores["aiu"].value for letter in "fa")
        rows.append(
            {
                "wanted": "(f) at least 98 % of (a) in AIU",
                "difference": round(first - whole, 4),
                "95 % interval": "",
                "found": f"{100 * first / whole:.1f} %",
            }
        )
    return rows


def write(
    done: dict[str, tuple[dict[str, Any], Evaluation]], arguments: argparse.Namespace
) -> None:
    """Write the tables and the picture of the IoU over the threshold."""
    name = "cssr_beta" if arguments.sweep else "cssr_arrangements"
    name += "" if arguments.full else "_small"
    command = "python benchmarks/cssr_arrangements.py --data DATA/uav315 --runs RUNS"
    command += f"{' --sweep' if arguments.sweep else ''}{' --full' if arguments.full else ''}"
    command += f" --seed {arguments.seed}" if arguments.seed else ""
    command += f" --set {' '.join(arguments.overrides)}" if arguments.overrides else ""
    text = (__doc__ or "").partition("    python")[0].strip()
    if not arguments.full:
        text += (
            "\n\nThe small size: U-Net of 16 to 64 channels from random weights, DBPN of 32 and 16 "
            "channels and 3 stages that adds the bicubic image (a departure, without which it "
            "would not pass bicubic in so few steps), crops of 128 px, 80 % of them with crack, "
            f"4 a step, {_EPOCHS} epochs of 141 steps a training, Adam 1e-3 with one cycle. One "
            "training each: small differences say little."
        )
    evaluations = {row: evaluation for row, (_, evaluation) in done.items()}
    write_results(
        name,
        title="The arrangements of system 4 on uav315, 448 -> 112 -> 448",
        command=command,
        text=text,
        tables={
            "Scores on the test split": [described for described, _ in done.values()],
            "The paper's order": differences(evaluations),
        },
        folder=arguments.out,
    )
    if arguments.sweep:  # 18 curves in one picture tell nothing
        return
    write_iou_curves(
        arguments.out / f"{name}.png",
        [IouCurve(f"({row})", each.iou_curve()) for row, each in evaluations.items()],
        thresholds=THRESHOLDS,
        threshold=None,
        title="IoU over the threshold, uav315 test, pooled",
    )


if __name__ == "__main__":
    main()
