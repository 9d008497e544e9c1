"""What a training is started from, and what its folder says about it.

trainings/ID/recipe.yaml   as it is trained
trainings/ID/init.onnx     the model that it starts from
trainings/ID/log.txt       what libraries said meanwhile
trainings/ID/run/          the run itself, see `training.loop`; run/model.onnx when it is done
"""

from __future__ import annotations

import csv
import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackgauge.files import storing, write_bytes_atomic, write_text_atomic
from crackgauge.inference.onnx_file import ModelFile, read_model_file
from crackgauge.inference.predictor import EXPORTED_NAME
from crackgauge.recipes import Recipe, dump_recipe, load_recipe, parse_recipe, preset_names
from crackgauge.web.dataset_table import DatasetRecord
from crackgauge.web.job_table import JobRecord
from crackgauge.web.project import Project, model_path
from crackgauge.web.refusals import Refused

RECIPE_FILE, INIT_FILE, LOG_FILE, RUN_FOLDER = "recipe.yaml", "init.onnx", "log.txt", "run"
_SCORES = ("loss", "val_f1", "val_precision", "val_recall", "threshold")


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Args:
        epoch: epochs that are done.
        scores: the last row of its journal; `best_val_f1` of all rows.
    """

    epoch: int
    scores: dict[str, float]


def recipe_of(
    project: Project, dataset: DatasetRecord, *, preset: str | None, epochs: int | None
) -> Recipe:
    """Return the recipe of a training that starts from the model of now.

    Args:
        project: whose model.
        dataset: what it learns from.
        preset: None takes the recipe that the model itself was trained by.
        epochs: None takes as many as the recipe says.

    Raises:
        ModelFileError: the model is not there any more.
        Refused: 409, it was replaced; 422, it names no recipe, or the preset trains another
            network.
    """
    metadata = _model_of_now(project).metadata
    if preset is None and not metadata.recipe:
        raise Refused(
            422,
            "no-recipe",
            "this model does not say which recipe it was trained by; choose a preset: "
            + ", ".join(preset_names()),
        )
    if preset is not None and preset not in preset_names():
        known = ", ".join(preset_names())
        raise Refused(422, "wrong-value", f"there is no such preset; known are {known}")
    tree = dict(metadata.recipe)
    recipe = parse_recipe(tree) if preset is None else load_recipe(preset)
    if recipe.network.name != metadata.architecture:
        raise Refused(
            422,
            "other-network",
            f"this preset trains the network {recipe.network.name}, the model of now is of "
            f"{metadata.architecture}; choose a preset of that, or none",
        )
    values = recipe.model_dump(mode="json")
    values["training_data"] = (
        f"{dataset.images} corrected photos ({dataset.name}); before that {metadata.training_data}"
    )
    values["licence"] = f"of the photos: not stated; of the weights before: {metadata.licence}"
    if epochs is not None:
        values["epochs"] = epochs
    return parse_recipe(values)


def prepare(project: Project, job_id: str, recipe: Recipe) -> None:
    """Write what a training is started from.

    Raises:
        ModelFileError: the model is not there any more.
        Refused: 409, it is another one than when the server was started.
        StorageError: the disk is full.
    """
    folder = project.training_folder(job_id)
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / RECIPE_FILE, dump_recipe(recipe))
    write_bytes_atomic(folder / INIT_FILE, _model_of_now(project).content)


def _model_of_now(project: Project) -> ModelFile:
    """Read the model that the server was started with."""
    file = read_model_file(model_path(project.model.file))
    if file.sha256 != project.model.digest:
        raise Refused(
            409,
            "other-model",
            "the model file was replaced since the server was started; start the server again",
        )
    return file


def arguments_of(project: Project, job: JobRecord) -> dict[str, Any]:
    """Return what `training_child` is told.

    Raises:
        Refused: 404, the dataset is gone.
    """
    folder = project.training_folder(job.id)
    dataset = project.datasets.get(str(job.arguments["dataset"]))
    return {
        "folder": str(folder),
        "recipe": str(folder / RECIPE_FILE),
        "init": str(folder / INIT_FILE),
        "data": str(project.dataset_folder(dataset.id)),
    }


def progress_of(folder: Path) -> Progress:
    """Read how far a training is from its journal; nothing where that is not there or damaged."""
    try:
        return _progress((folder / RUN_FOLDER / "journal.csv").read_text("utf-8"))
    except (OSError, ValueError, csv.Error):
        return Progress(0, {})


def _progress(journal: str) -> Progress:
    found = csv.DictReader(journal.splitlines())
    rows = [row for row in found if (row.get("epoch") or "").isdigit()]
    if not rows:
        return Progress(0, {})
    scores = {name: _number(rows[-1].get(name)) for name in _SCORES}
    scores["best_val_f1"] = max(
        (value for row in rows if math.isfinite(value := _number(row.get("val_f1")))),
        default=math.nan,
    )
    finite = {name: value for name, value in scores.items() if math.isfinite(value)}
    return Progress(int(rows[-1]["epoch"]), finite)


def model_of(folder: Path) -> Path | None:
    """Return the model that a training left; None before it is done."""
    path = folder / RUN_FOLDER / EXPORTED_NAME
    return path if path.is_file() else None


def serving_command(project: Project, job_id: str) -> str:
    """Return the command that serves the project with the model of a training."""
    name = project.folder.name
    model = f"{name}/trainings/{job_id}/{RUN_FOLDER}/{EXPORTED_NAME}"
    return shlex.join(["crackgauge", "serve", "--project", name, "--model", model])


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
