"""The tables of scores in README and the cards, made by the evaluator alone.

Scores the embedded model on the test splits of four sets and on images without cracks, and the
trainings of `benchmarks/cfd.py` on CFD; writes the tables between the markers
`<!-- scores: NAME -->` and `<!-- end of scores -->` of the pages that have them.

    python benchmarks/model_tables.py --data DATA [--runs RUNS]
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from default_model import TESTS, crack_free_crops, rendered_without_crack
from tables import RESULTS, markdown_table, write_results

from crackgauge.images import write_image, write_mask
from crackgauge.pipeline import EvaluationReport, evaluate

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "models" / "attention-unet.md",
    ROOT / "src" / "crackgauge" / "weights" / "default.md",
)
# Column of the tables: key of the score.
COLUMNS = {
    "F1 0 px": "f1@0px",
    "F1 2 px": "f1@2px",
    "F1 5 px": "f1@5px",
    "ODS 2 px": "ods@2px",
    "OIS 2 px": "ois@2px",
    "AP 2 px": "ap@2px",
    "IoU": "iou",
    "AIU": "aiu",
    "clDice": "cldice",
    "centre-line IoU": "centreline_iou",
    "region F1": "region_f1",
    "HD-score": "hd_score",
    "HD95, px": "hd95",
    "ECE": "ece",
}
SHORT = ("F1 0 px", "F1 2 px", "F1 5 px", "ODS 2 px", "clDice", "HD-score")


def main() -> None:
    """Parse, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the datasets")
    parser.add_argument("--runs", type=Path, help="where benchmarks/cfd.py kept its trainings")
    parser.add_argument("--only-cfd", action="store_true", help="leave the default model's tables")
    arguments = parser.parse_args()
    tables = _earlier()
    if not arguments.only_cfd:
        tables["The default model"] = [
            _row(name, evaluate(model="default", data=arguments.data / place, split="test"))
            for name, place in TESTS.items()
        ]
        tables["The default model on images without cracks"] = _without_cracks(arguments.data)
    runs = sorted(arguments.runs.glob("cfd_fast-*/model.onnx")) if arguments.runs else []
    if runs:
        tables["attention-unet-fast on CFD"] = [
            _cfd_row(run.parent, arguments.data) for run in runs
        ]
    _write(tables)


def _row(name: str, report: EvaluationReport) -> dict[str, Any]:
    """One row: percent, but px for distances."""
    evaluation, scores = report.evaluation, report.scores
    row: dict[str, Any] = {
        "set": name,
        "images": len(evaluation.images),
        "threshold": evaluation.threshold,
    }
    for column, key in COLUMNS.items():
        percent = 100.0 if scores[key].unit == "fraction" else 1.0
        row[column] = f"{percent * scores[key].value:.2f}"
    return row


def _cfd_row(run: Path, data: Path) -> dict[str, Any]:
    report = evaluate(model=run / "model.onnx", data=data / "cfd", split="test")
    return {"seed": int(run.name.rpartition("-")[2]), **_row("CFD test", report)}


def _without_cracks(data: Path) -> list[dict[str, Any]]:
    sets = {
        "crops of `uav315` test": crack_free_crops(data),
        "rendered, full of distractors": rendered_without_crack(),
    }
    rows = []
    for name, images in sets.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for number, image in enumerate(images):
                write_image(folder / "images" / f"{number:03d}.png", image)
                write_mask(folder / "masks" / f"{number:03d}.png", image[:, :, 0] < 0)
            evaluation = evaluate(model="default", data=folder).evaluation
        scores = evaluation.scores
        rate = scores["false_positive_image_rate"].value
        rows.append(
            {
                "set": name,
                "images": len(images),
                "false-positive px per Mpx": f"{scores['false_positive_px_per_mpx'].value:,.0f}",
                "images with a false alarm": f"{round(rate * len(images))} of {len(images)}",
            }
        )
    return rows


def _earlier() -> dict[str, list[dict[str, Any]]]:
    path = RESULTS / "model_tables.json"
    return json.loads(path.read_text(encoding="utf-8"))["tables"] if path.exists() else {}


def _write(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    write_results(
        "model_tables",
        title="Scores of the models",
        command="python benchmarks/model_tables.py --data DATA --runs RUNS",
        text=(
            "By `crackgauge evaluate`: whole images, no test-time augmentation, pooled, in percent "
            "(HD-score 0 to 100, HD95 in px). The threshold of F1, IoU, clDice, regions and "
            "distances is the model's own, chosen on validation images; ODS and OIS choose theirs "
            "on the evaluated images, as they are defined."
        ),
        tables=tables,
    )
    short = [
        {key: row[key] for key in ("set", "images", *SHORT)} for row in tables["The default model"]
    ]
    blocks = {
        "default-short": short,
        "default": tables["The default model"],
        "default-empty": tables["The default model on images without cracks"],
        "cfd": tables.get("attention-unet-fast on CFD", []),
    }
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, rows in blocks.items():
            if rows:
                text = _replaced(text, name, markdown_table(rows))
        page.write_text(text, encoding="utf-8")


def _replaced(text: str, name: str, table: str) -> str:
    pattern = rf"(<!-- scores: {name} -->\n).*?(\n<!-- end of scores -->)"
    return re.sub(pattern, lambda match: f"{match[1]}\n{table}\n{match[2]}", text, flags=re.S)


if __name__ == "__main__":
    main()
