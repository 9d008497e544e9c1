"""A training of stages: each is trained once, hands on its weights, and resumes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.conftest import SMALL

from crackgauge.errors import ModelFileError, RecipeError, UsageError
from crackgauge.inference.predictor import open_model
from crackgauge.recipes import Recipe, load_recipe, stage_recipe
from crackgauge.training.loop import train
from crackgauge.training.plan import check_plan

STAGED = (
    *SMALL,
    "epochs=1",
    "ema_decay=null",
    "stages.first.epochs=2",
    "start.network=first",
)

SECOND = ("stages.second.start.network=first", "start.network=second")


def _recipe(*overrides: str) -> Recipe:
    return load_recipe("attention-unet-fast", [*STAGED, *overrides])


def _train(data: Path, out: Path, *overrides: str, resume: bool = False) -> None:
    train(_recipe(*overrides), data=data, out=out, resume=resume, progress=False, device="cpu")


def test_a_stage_hands_on_its_weights(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path, "epochs=0")
    stage = tmp_path / "stages" / "first"
    first, last = load_file(stage / "best.safetensors"), load_file(tmp_path / "best.safetensors")
    assert all(torch.equal(first[name], last[name]) for name in first)
    assert first.keys() == last.keys()
    assert not (stage / "model.onnx").exists()  # only the last training is the run's model
    with (tmp_path / "journal.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["epoch"], row["step"]) for row in rows] == [("0", "0")]
    assert rows[0]["val_f1"]
    assert "chosen" not in open_model(tmp_path / "model.onnx").metadata.threshold_source


def test_a_finished_stage_is_not_trained_again(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path)
    stage = tmp_path / "stages" / "first" / "best.safetensors"
    made = stage.stat().st_mtime_ns
    _train(strokes, tmp_path, resume=True)
    assert stage.stat().st_mtime_ns == made


def test_a_stage_of_another_recipe_is_refused_on_resume(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path)
    with pytest.raises(ModelFileError, match="under another recipe"):
        _train(strokes, tmp_path, "stages.first.epochs=3", resume=True)


def test_a_frozen_part_stays_as_it_was(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path, 'frozen=["network.encoder"]')
    first = load_file(tmp_path / "stages" / "first" / "best.safetensors")
    last = load_file(tmp_path / "best.safetensors")
    changed = {name for name in first if not torch.equal(first[name], last[name])}
    assert changed
    assert not any(name.startswith("encoder.") for name in changed)
    assert any(name.startswith("encoder.") for name in first)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ['frozen=["network.encodr"]'],
            "^frozen: there is no 'network.encodr'; network has: network.",
        ),
        (['frozen=["critic"]'], "the training has no network 'critic'; it has: network"),
        (["start={network: first, critic: first}"], "^start: got 'critic'"),
        (["start={network.encoder: first.encodr}"], "^start.network.encoder: there is no 'first.e"),
        (
            ["stages.first.network.options.filters=[4,4,4]"],
            r"^start.network: the stage 'first' learns another network: \d+ of \d+ tensors",
        ),
        (["stages.first.sampling.patch_px=16", "sampling.patch_px=30"], "got 30, but attention"),
        (["network.encoder_weights=hub", "stages.first.network.encoder_weights=none"], "takes no"),
        (["stages.first.system=dc-gan"], "'dc-gan' with AttentionUNet"),
        (["stages.second.loss=dise", *SECOND], "unknown loss 'dise'"),
        (["stages.second.frozen=[encoder]", *SECOND], "^stages.second.frozen: got 'encoder'"),
    ],
)
def test_what_would_fail_later_is_refused_before_the_first_stage_trains(
    strokes: Path, tmp_path: Path, overrides: list[str], said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        _train(strokes, tmp_path / "run", *overrides)
    assert not (tmp_path / "run").exists()


def test_a_network_from_a_model_file_leaves_its_stage_out(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path / "first", "epochs=0")
    model, out = tmp_path / "first" / "model.onnx", tmp_path / "second"
    recipe = _recipe("epochs=0", "stages.first.epochs=1")
    train(recipe, data=strokes, out=out, init=model, progress=False, device="cpu")
    assert not (out / "stages").exists()
    old, new = (load_file(run / "best.safetensors") for run in (tmp_path / "first", out))
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_a_model_file_of_another_network_is_refused_before_a_stage_trains(
    strokes: Path, tmp_path: Path
) -> None:
    _train(strokes, tmp_path / "other", "network.options.filters=[4,4,4]", "epochs=0")
    recipe, model = _recipe("stages.first.epochs=1"), tmp_path / "other" / "model.onnx"
    with pytest.raises(ModelFileError, match="holds another network"):
        train(recipe, data=strokes, out=tmp_path / "run", init=model, progress=False)
    assert not (tmp_path / "run").exists()


def test_what_has_begun_needs_no_weights_to_start_from(tmp_path: Path) -> None:
    """They may be gone when a training is resumed."""
    weights = tmp_path / "encoder.safetensors"
    stage = f"stages.first.network={{name: vgg-unet, encoder_weights: {weights}}}"
    recipe = _recipe(stage, "start={network: first}", "network.name=vgg-unet", "network.options={}")
    plan = {"first": stage_recipe(recipe, "first")}
    with pytest.raises(ModelFileError, match="cannot be read as encoder weights"):
        check_plan(recipe, plan)
    check_plan(recipe, plan, begun=["first"])
    with pytest.raises(ModelFileError):
        check_plan(recipe, plan, begun=["first"], init=tmp_path / "gone.onnx")
    check_plan(recipe, plan, begun=["first", ""], init=tmp_path / "gone.onnx")


def test_weights_of_a_stage_that_are_damaged_are_refused(strokes: Path, tmp_path: Path) -> None:
    _train(strokes, tmp_path, "epochs=0")
    (tmp_path / "stages" / "first" / "best.safetensors").write_bytes(b"cut off")
    with pytest.raises(ModelFileError, match=r"does not hold the weights of network"):
        _train(strokes, tmp_path, "epochs=0", resume=True)


def test_a_folder_with_stages_alone_holds_a_training(strokes: Path, tmp_path: Path) -> None:
    """It was stopped before the last training began."""
    (tmp_path / "stages" / "first").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds a training already; go on with --resume"):
        _train(strokes, tmp_path)
