"""What there is to train with and to predict with: presets and model files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import NamedTuple

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.pipeline.training import count_parameters
from crackgauge.recipes import load_recipe, preset_names

DEFAULT_MODEL = "default (embedded)"


class PresetEntry(NamedTuple):
    """One preset: its name, its number of parameters (None without torch), what it trains."""

    name: str
    parameters: int | None
    summary: str


class ModelEntry(NamedTuple):
    """One model file; `problem` says why it cannot be used, and then the rest is empty."""

    name: str
    architecture: str = ""
    parameters: int | None = None
    training_data: str = ""
    licence: str = ""
    problem: str | None = None


def list_presets() -> list[PresetEntry]:
    """List the recipes that come with the package, sorted by name."""
    entries = []
    for name in preset_names():
        recipe = load_recipe(name)
        channels = "grey" if recipe.input.channels == 1 else "RGB"
        summary = (
            f"{recipe.network.name}, {channels}, {recipe.sampling.patch_px} px patches, "
            f"{recipe.epochs} epochs"
        )
        entries.append(PresetEntry(name, count_parameters(recipe), summary))
    return entries


def list_model_files(folder: Path | None = None) -> list[ModelEntry]:
    """List the embedded default model and the `.onnx` files of a folder, sorted by name.

    Raises:
        UsageError: the folder is none, or holds no `.onnx` file.
    """
    embedded = resources.files("crackgauge") / "weights" / "default.onnx"
    with resources.as_file(embedded) as path:
        entries = [_describe(DEFAULT_MODEL, path)]
    if folder is None:
        return entries
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; expected a folder of .onnx files")
    files = sorted(folder.rglob("*.onnx"))
    if not files:
        raise UsageError(f"{folder}: holds no .onnx file; `crackgauge export` writes one")
    return entries + [_describe(str(path), path) for path in files]


def _describe(name: str, path: Path) -> ModelEntry:
    try:
        metadata = read_model_file(path).metadata
    except ModelFileError as error:
        return ModelEntry(name, problem=str(error))
    return ModelEntry(
        name,
        metadata.architecture,
        metadata.parameters,
        metadata.training_data or "not stated",
        metadata.licence or "not stated: ask whoever trained it",
    )
