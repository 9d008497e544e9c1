"""Each stage at its own rate, the same after a resume."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.recipes.schema import Optimizer, Schedule
from crackgauge.training.optimizer import make_optimizer, set_learning_rate
from crackgauge.training.schedule import learning_rate_share
from crackgauge.training.state import TrainingState, load_state, newest_state, save_state

OPTIONS = {
    "encoder": "convnext_tiny",
    "encoder_options": {"depths": [1, 1, 1, 1], "dims": [8, 8, 8, 8]},
    "filters": [8, 8, 8, 8, 8],
}


def _network() -> nn.Module:
    torch.manual_seed(0)
    return build("convnext-scse", **OPTIONS)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_stages_learn_at_their_shares(name: str) -> None:
    settings = Optimizer.model_validate({"name": name, "stage_decay": 0.7})
    network = _network()
    optimizer = make_optimizer(settings, network)
    set_learning_rate(optimizer, 2e-3)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == pytest.approx([2e-3 * f for f in (0.2401, 0.343, 0.49, 0.7, 1.0)])
    rate_of = {id(p): g["lr"] for g in optimizer.param_groups for p in g["params"]}
    assert len(rate_of) == len(list(network.parameters()))
    body = network.encoder.body
    assert rate_of[id(body.stem_0.weight)] == pytest.approx(2e-3 * 0.2401)
    assert rate_of[id(body.stages_1.downsample[1].weight)] == pytest.approx(2e-3 * 0.343)
    assert rate_of[id(network.head.weight)] == 2e-3


def test_adam_is_torchs_adam_and_not_adamw() -> None:
    optimizer = make_optimizer(Optimizer(name="adam", weight_decay=0.0), nn.Conv2d(1, 1, 1))
    assert type(optimizer) is torch.optim.Adam
    assert optimizer.param_groups[0]["weight_decay"] == 0.0


def test_without_decay_all_learn_alike_in_one_group() -> None:
    network = nn.Conv2d(1, 1, 1)
    optimizer = make_optimizer(Optimizer(), network)
    set_learning_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5]


def test_a_network_without_stages_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"got 0\.7, but Conv2d has no stages"):
        make_optimizer(Optimizer(stage_decay=0.7), nn.Conv2d(1, 1, 1))


def test_the_rate_falls_by_one_percent_an_epoch() -> None:
    schedule = Schedule(name="exponential", epoch_factor=0.99)
    shares = [learning_rate_share(schedule, 3 * e, 900, epoch=e) for e in (0, 1, 2, 299)]
    assert shares == pytest.approx([1.0, 0.99, 0.9801, 0.99**299])


def _step(network: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    set_learning_rate(optimizer, 1e-2 / (1 + seed))
    network.train()(x).logits.square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


def test_groups_go_on_bit_for_bit_after_a_resume(tmp_path: Path) -> None:
    settings = Optimizer(stage_decay=0.7)

    def start() -> TrainingState:
        network = _network()
        optimizers = {"network": make_optimizer(settings, network)}
        return TrainingState({"network": network}, None, optimizers, "recipe")

    undisturbed = start()
    for seed in range(2):
        _step(undisturbed.network, undisturbed.optimizers["network"], seed)
    save_state(undisturbed, tmp_path)
    resumed = start()
    found = newest_state(tmp_path)
    assert found is not None
    load_state(found, resumed)
    for state in (undisturbed, resumed):
        _step(state.network, state.optimizers["network"], 2)
    first, second = undisturbed.network.state_dict(), resumed.network.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
