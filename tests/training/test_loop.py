"""The loop learns, stops, resumes exactly, and refuses what cannot be trained."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.training.conftest import SMALL

from crackgauge.errors import ModelFileError, RecipeError, UsageError
from crackgauge.images import read_mask
from crackgauge.inference.export import load_onnx_weights
from crackgauge.inference.predictor import open_model
from crackgauge.metrics.tolerance import match_counts
from crackgauge.models import build
from crackgauge.recipes import load_recipe
from crackgauge.training.loop import TrainingDiverged, train
from crackgauge.training.start import initial_weights
from crackgauge.training.state import newest_state


def _train(data: Path, out: Path, *overrides: str, **options: object) -> object:
    recipe = load_recipe("attention-unet-fast", [*SMALL, *overrides])
    return train(recipe, data=data, out=out, progress=False, device="cpu", **options)  # type: ignore[arg-type]


def _journal(run: Path) -> list[dict[str, str]]:
    with (run / "journal.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def finished(strokes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "undisturbed"
    _train(strokes, out)
    return out


def test_a_run_holds_what_it_says(finished: Path) -> None:
    rows = _journal(finished)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert rows[-1]["step"] == "18"
    assert load_recipe(finished / "recipe.yaml").epochs == 3
    assert {p.name for p in finished.iterdir()} >= {"best.safetensors", "model.onnx", "timings.csv"}
    assert len(list((finished / "states").glob("*.safetensors"))) == 2


def test_it_learns_strokes(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path / "run", "epochs=25", "optimizer.learning_rate=1e-2", "ema_decay=0.9")
    rows = _journal(tmp_path / "run")
    assert float(rows[-1]["loss"]) < 0.6 * float(rows[0]["loss"])
    assert max(float(row["val_f1"]) for row in rows) > 0.9
    predictor = open_model(tmp_path / "run" / "model.onnx")
    probability = predictor.predict(strokes / "images" / "6.png")
    found = probability >= predictor.threshold
    truth = read_mask(strokes / "masks" / "6.png").mask
    assert match_counts(found, truth, tolerance_px=2).f1 > 0.8


def test_the_exported_model_computes_what_the_best_weights_do(finished: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    exported = open_model(finished / "model.onnx")
    run = open_model(finished, backend="torch")
    np.testing.assert_allclose(exported.predict(image), run.predict(image), atol=1e-4)
    assert exported.threshold == run.threshold
    assert "val split (2 images)" in exported.metadata.threshold_source


def test_init_goes_on_from_a_model_file_bit_for_bit(finished: Path) -> None:
    recipe = load_recipe(finished / "recipe.yaml")
    torch.manual_seed(123)
    network = build(recipe.network.name, **recipe.network.options)
    weights = initial_weights(finished / "model.onnx", network)
    best = load_file(finished / "best.safetensors")
    assert weights.keys() == best.keys()
    assert all(torch.equal(weights[name], best[name]) for name in best)


def test_init_refuses_another_network(finished: Path, strokes: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="holds another network"):
        _train(
            strokes,
            tmp_path / "run",
            "network.options.filters=[4,8,8]",
            init=finished / "model.onnx",
        )


def test_init_changes_the_course(finished: Path, strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path / "run", "epochs=1", init=finished / "model.onnx")
    assert _journal(tmp_path / "run")[0]["loss"] != _journal(finished)[0]["loss"]
    assert load_onnx_weights(tmp_path / "run" / "model.onnx").keys()


_CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from crackgauge.recipes import load_recipe
    from crackgauge.training.loop import train
    recipe = load_recipe("attention-unet-fast", sys.argv[3:])
    train(recipe, data=sys.argv[1], out=sys.argv[2], resume=True, progress=False, device="cpu")
    """
)


def _start(data: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _CHILD, str(data), str(out), *SMALL]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def test_killed_and_resumed_equals_undisturbed(
    finished: Path, strokes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    child = _start(strokes, out)
    deadline = time.monotonic() + 120
    while newest_state(out / "states") is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert newest_state(out / "states") is not None
    again = _start(strokes, out)
    _, said = again.communicate()
    assert again.returncode == 0, said.decode()
    for name in ("journal.csv", "best.safetensors", "model.onnx"):
        assert (out / name).read_bytes() == (finished / name).read_bytes(), name


SMALL_CSSR = (
    *SMALL,
    "network.options.filters=[4,4,4,4,4]",
    "network.encoder_weights=none",
    "sampling.count=1",
    "batch=6",
    "epochs=4",
    "save_every_steps=1",
    "boundary.weight_growth=0.2",
    "optimizer.learning_rate=1e-3",
)


def test_a_boundary_loss_goes_on_with_the_weight_of_its_epoch(
    strokes: Path, tmp_path: Path
) -> None:
    recipe = load_recipe("cssr-hr", SMALL_CSSR)
    first, again = tmp_path / "undisturbed", tmp_path / "again"
    train(recipe, data=strokes, out=first, progress=False, device="cpu")
    assert [row["step"] for row in _journal(first)] == ["1", "2", "3", "4"]
    shutil.copytree(first, again)
    # Back to the end of the third epoch: a counter that starts anew would give another alpha.
    (again / "states" / "step-000000004.safetensors").unlink()
    train(recipe, data=strokes, out=again, resume=True, progress=False, device="cpu")
    names = ("journal.csv", "states/step-000000004.safetensors", "best.safetensors", "model.onnx")
    for name in names:
        assert (again / name).read_bytes() == (first / name).read_bytes(), name


def test_a_damaged_newest_state_is_passed_over(finished: Path, tmp_path: Path) -> None:
    states = tmp_path / "states"
    states.mkdir()
    for path in (finished / "states").iterdir():
        (states / path.name).write_bytes(path.read_bytes())
    newest = newest_state(states)
    assert newest is not None
    newest.write_bytes(newest.read_bytes()[:-1])
    older = newest_state(states)
    assert older is not None
    assert older.name < newest.name


def test_a_second_run_into_the_same_folder_is_refused(finished: Path, strokes: Path) -> None:
    with pytest.raises(UsageError, match="--resume"):
        _train(strokes, finished)


def test_resuming_under_another_recipe_is_refused(
    finished: Path, strokes: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    with pytest.raises(ModelFileError, match="another recipe"):
        _train(strokes, tmp_path / "copy", "epochs=4", resume=True)
    # What is there stays as it was.
    assert load_recipe(tmp_path / "copy" / "recipe.yaml").epochs == 3


def test_a_training_that_diverges_says_so(strokes: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"lower optimizer\.learning_rate"):
        _train(
            strokes,
            tmp_path / "run",
            "optimizer.name=sgd",
            "optimizer.learning_rate=1e30",
            "network.options.batch_norm=false",
            "epochs=8",
        )
    # Nothing that is not a number was ever called best.
    rows = _journal(tmp_path / "run")
    assert all(row["best"] == "0" or row["val_f1"] not in ("", "nan") for row in rows)


def test_unknown_network_and_loss_are_refused(strokes: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="attention-unet"):
        _train(strokes, tmp_path / "a", "network.name=attention-unett")
    with pytest.raises(RecipeError, match=r"unknown loss.*did you mean 'dice'"):
        _train(strokes, tmp_path / "b", "loss=dise")
    with pytest.raises(RecipeError, match=r"unknown system.*did you mean 'segmentation'"):
        _train(strokes, tmp_path / "c", "system=segmentatoin")


def test_patience_ends_a_training_early(strokes: Path, tmp_path: Path) -> None:
    _train(
        strokes,
        tmp_path / "run",
        "epochs=12",
        "validation.patience=2",
        "optimizer.learning_rate=1e-12",
    )
    assert len(_journal(tmp_path / "run")) < 12
