"""Train, export and score the model that ships: `src/crackgauge/weights/default.onnx`.

Renders photographs, trains `attention-unet-fast` on them and on the train split of uav315 (CC0),
chooses weights and threshold on its val split, and scores the test split, three further sets that
it has never seen anything of, and images without cracks.

    python benchmarks/default_model.py --data DATA --runs RUNS [--install]
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from protocols import TOLERANCES_PX, pooled_f1, predict_pairs
from tables import write_results

from crackgauge.arrays import Window
from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.data.synth import write_dataset
from crackgauge.files import write_bytes_atomic
from crackgauge.images import read_image
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.recipes import load_recipe
from crackgauge.training.loop import train

RENDERED = 240
RENDERED_SEED = 0
UNSEEN_SEED = 1_000_003  # of the rendered crack-free images that are scored
SETTINGS = (
    "sampling.count=4",
    "epochs=7",
    "threads=1",
    "validation.every_epochs=1",
    "seed=0",
    "training_data=uav315 train (drone photographs of concrete and asphalt, CC0) and "
    "240 rendered photographs",
    "licence=Apache-2.0 (trained on CC0 and rendered images only)",
)
TESTS = {
    "uav315 test": "uav315",
    "CFD test, never trained on": "cfd",
    "DeepCrack-537 at 256 px, never trained on": "deepcrack256",
    "CRACK500 frames at 256 px, never trained on": "crack500_256",
}
CROPS = Path(__file__).parent / "results" / "background_crops.csv"
TARGET = Path(__file__).parents[1] / "src" / "crackgauge" / "weights" / "default.onnx"


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the datasets")
    parser.add_argument("--runs", type=Path, required=True, help="where the training is kept")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--install", action="store_true", help="copy the model into the package")
    arguments = parser.parse_args()
    rendered = arguments.runs / "rendered"
    if not rendered.exists():
        write_dataset(rendered, RENDERED, RENDERED_SEED, size=(448, 448))
    out = arguments.runs / "default"
    recipe = load_recipe("attention-unet-fast", [*SETTINGS, *arguments.overrides])
    if not (out / "model.onnx").exists():
        train(recipe, data=[arguments.data / "uav315", rendered], out=out, resume=True)
    model = open_model(out / "model.onnx", threads=2)
    rows = [_score(model, arguments.data, name, folder) for name, folder in TESTS.items()]
    empty = [
        _false_alarms("crack-free crops of uav315 test", model, crack_free_crops(arguments.data)),
        _false_alarms("rendered, crack-free", model, rendered_without_crack()),
    ]
    write_results(
        "default_model",
        title="The default model",
        command="python benchmarks/default_model.py --data DATA --runs RUNS",
        text=(
            "Trained on uav315 train (189 images) and 240 rendered photographs; weights and "
            f"threshold ({model.threshold:g}, {model.metadata.threshold_source}) chosen on uav315 "
            "val. Whole images, no test-time augmentation, pooled, in percent. One seed."
        ),
        tables={"Images with cracks": rows, "Images without cracks": empty},
        facts={"threshold": model.threshold, "tolerances_px": TOLERANCES_PX},
    )
    if arguments.install:
        write_bytes_atomic(TARGET, (out / "model.onnx").read_bytes())


def _score(model: Predictor, data: Path, name: str, folder: str) -> dict[str, Any]:
    pairs: list[Pair] = find_pairs(data / folder, split="test")
    figures = pooled_f1(predict_pairs(model, pairs, "whole"), model.threshold)
    row = {"set": name, "images": len(pairs), **figures}
    print(row, flush=True)
    return row


def crack_free_crops(data: Path) -> list[np.ndarray]:
    """Crack-free crops of uav315 test, from the committed list."""
    crops = []
    with CROPS.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            image = read_image(data / "uav315" / "images" / f"{row['stem']}.jpg")
            window = Window(*(int(row[key]) for key in ("row", "col", "height", "width")))
            crops.append(image[window.slices])
    return crops


def rendered_without_crack() -> list[np.ndarray]:
    """60 rendered photographs full of distractors, without a crack."""
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder), 60, UNSEEN_SEED, size=(448, 448), negatives=1.0)
        return [read_image(path) for path in sorted((Path(folder) / "images").iterdir())]


def _false_alarms(name: str, model: Predictor, images: list[np.ndarray]) -> dict[str, Any]:
    found = [int((model.predict(image) >= model.threshold).sum()) for image in images]
    megapixels = sum(image.shape[0] * image.shape[1] for image in images) / 1e6
    row = {
        "set": name,
        "images": len(images),
        "megapixels": round(megapixels, 2),
        "false-positive px per Mpx": round(sum(found) / megapixels, 1),
        "images with a false alarm": f"{sum(n > 0 for n in found)} of {len(found)}",
    }
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
