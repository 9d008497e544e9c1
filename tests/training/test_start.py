"""System 3 end to end, small: its encoder starts from a file, and the model file needs none."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.training.conftest import SMALL
from torch import nn

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.inference.export import load_onnx_weights
from crackgauge.inference.predictor import open_model
from crackgauge.losses import LOSSES, Target
from crackgauge.models import build
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.loop import _set_up, _take_step, train
from crackgauge.training.samples import load_training_samples
from crackgauge.training.start import load_encoder

ENCODER = "{depths: [1, 1, 1, 1], dims: [8, 8, 12, 12]}"


def _recipe(weights: Path | str, *overrides: str) -> Recipe:
    settings = [name for name in SMALL if not name.startswith("network.")]
    return load_recipe(
        "convnext-scse",
        [
            *settings,
            "epochs=2",
            "network.options.filters=[8,8,6,6,4]",
            f"network.options.encoder_options={ENCODER}",
            f"network.encoder_weights={weights}",
            *overrides,
        ],
    )


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the small encoder, in the names of a feature pyramid of timm."""
    torch.manual_seed(5)
    network = build("convnext-scse", **_recipe("none").network.options)
    path = tmp_path_factory.mktemp("weights") / "encoder.safetensors"
    save_file({k: v.clone() for k, v in network.encoder.body.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def run(strokes: Path, pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "convnext"
    train(_recipe(pretrained), data=strokes, out=out, device="cpu", progress=False)
    return out


def test_the_encoder_starts_from_the_file_and_the_rest_from_the_seed(pretrained: Path) -> None:
    torch.manual_seed(0)
    network = build("convnext-scse", **_recipe("none").network.options)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    load_encoder(str(pretrained), network)
    after = network.state_dict()
    wanted = load_file(pretrained)
    for name, tensor in after.items():
        own = name.removeprefix("encoder.body.")
        assert torch.equal(tensor, wanted[own] if own != name else before[name]), name
    load_encoder("none", network)
    assert torch.equal(network.state_dict()["head.weight"], before["head.weight"])


def test_a_training_writes_down_the_rate_of_the_decoder(run: Path) -> None:
    with (run / "journal.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx([1e-3, 0.99e-3])


def test_the_model_file_holds_all_and_says_where_tiles_are_blended(
    run: Path, pretrained: Path
) -> None:
    model = open_model(run / "model.onnx")
    assert (model.metadata.tiling, model.metadata.halo, model.metadata.stride) == (
        "approximate",
        128,
        32,
    )
    described = model.metadata.recipe["network"]
    assert described["encoder_weights"] == "encoder.safetensors"
    assert str(pretrained.parent).encode() not in (run / "model.onnx").read_bytes()
    best, held = load_file(run / "best.safetensors"), load_onnx_weights(run / "model.onnx")
    assert best.keys() == held.keys()
    assert all(torch.equal(best[name], held[name]) for name in best)
    graph = onnx.load(run / "model.onnx").graph
    network = build("convnext-scse", **model.metadata.options)
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert sum(node.op_type == "BatchNormalization" for node in graph.node) == norms
    names = {entry.name for entry in graph.initializer}
    assert {n for n, _ in network.named_parameters() if not n.startswith("heads.")} <= names


@pytest.mark.parametrize("size", [(32, 32), (40, 70), (130, 97)])
def test_onnx_computes_what_torch_does_at_any_size(run: Path, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    exported, reference = open_model(run / "model.onnx"), open_model(run, backend="torch")
    np.testing.assert_allclose(exported.predict(image), reference.predict(image), atol=1e-4)


def test_what_cannot_start_is_refused(strokes: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"none-such\.safetensors: cannot be read"):
        train(
            _recipe(tmp_path / "none-such.safetensors"),
            data=strokes,
            out=tmp_path / "run",
            progress=False,
        )
    with pytest.raises(RecipeError, match="Conv2d takes no pretrained encoder"):
        load_encoder("hub", nn.Conv2d(1, 1, 1))


def test_companions_are_added_with_weight_one(strokes: Path, tmp_path: Path) -> None:
    recipe = _recipe("none", "sampling.patch_px=32")
    samples = load_training_samples([strokes], recipe, report=lambda _count: lambda: None)
    run = _set_up(recipe, tmp_path / "run", samples, "cpu")
    network = copy.deepcopy(run.state.network).train()
    batch = run.batches.make(0)
    output = network(torch.from_numpy(batch.x))
    target = Target(torch.from_numpy(batch.mask))
    losses = [float(LOSSES[recipe.loss](z.detach(), target)) for z in (output.logits, *output.aux)]
    assert len(losses) == 5
    assert _take_step(run, 0, batch) == pytest.approx(sum(losses), rel=1e-4)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("sampling.patch_px=40", "got 40, but convnext-scse wants a multiple of 32; use 64"),
        ("network.options.in_channels=1", "input.channels: got 3, but the network takes 1"),
    ],
)
def test_patches_that_the_network_cannot_take_are_refused(
    strokes: Path, tmp_path: Path, override: str, said: str
) -> None:
    recipe = _recipe("none", override)
    with pytest.raises(RecipeError, match=said):
        train(recipe, data=strokes, out=tmp_path / "run", device="cpu", progress=False)
    assert not (tmp_path / "run").exists()  # the same --out can be given again
