"""What the commands `train` and `export` need besides the training itself, and before torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.recipes import Recipe, dump_recipe

# Import names of what the extra [train] installs and training cannot do without.
_TRAINING_NEEDS = (
    "torch",
    "lightning_fabric",
    "safetensors",
    "tensorboard",
    "timm",
    "onnx",
    "onnxscript",
)


def missing_for_training() -> list[str]:
    """Name the packages of the extra [train] that are not installed."""
    return [name for name in _TRAINING_NEEDS if importlib.util.find_spec(name) is None]


def require_training() -> None:
    """Make sure that the extra [train] is installed.

    Raises:
        UsageError: it is not.
    """
    missing = missing_for_training()
    if missing:
        raise UsageError(
            f"training needs {', '.join(missing)}, which the base install leaves out; "
            'run: pip install "crackgauge[train]"'
        )


def count_parameters(recipe: Recipe) -> int | None:
    """Count what a recipe would train, or None without torch.

    Raises:
        RecipeError: the recipe names a network or an option that there is not.
    """
    if importlib.util.find_spec("torch") is None:
        return None
    from crackgauge.models import build, parameter_count

    return parameter_count(build(recipe.network.name, **recipe.network.options))


def describe_recipe(recipe: Recipe) -> str:
    """Word a recipe as YAML, with the number of parameters as its last line.

    Raises:
        RecipeError: the recipe names a network or an option that there is not.
    """
    count = count_parameters(recipe)
    if count is None:
        told = 'unknown without torch; run: pip install "crackgauge[train]"'
    else:
        told = f"{count:,}"
    return f"{dump_recipe(recipe)}# parameters: {told}"


def export_run(run: Path, path: Path) -> ModelMetadata:
    """Write the best weights of a training as one model file.

    Args:
        run: folder of the training.
        path: the file to write; its suffix is .onnx.

    Returns:
        What the file says about itself.

    Raises:
        UsageError: another suffix, or the extra [train] is missing.
        ModelFileError: the folder is no training, has no weights yet, or the file would not
            compute what torch computes.
        StorageError: the file cannot be written.
    """
    if path.suffix.lower() != ".onnx":
        raise UsageError(f"{path}: got the suffix {path.suffix!r}, expected .onnx")
    if not run.is_dir():
        raise UsageError(f"{run}: is no folder, expected the folder of a training")
    require_training()
    from crackgauge.training.result import export_run as export

    export(run, path)
    return read_model_file(path).metadata
