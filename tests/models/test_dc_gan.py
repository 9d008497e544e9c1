"""The DC-GAN: shapes, channels, parameters, how its weights are drawn."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from crackgauge.models import build, parameter_count

NARROW = {"filters": [4, 8, 8]}


def test_noise_becomes_maps_and_maps_become_a_logit() -> None:
    generator, discriminator = (
        build(f"dc-gan-{part}", **NARROW) for part in ("generator", "discriminator")
    )
    maps = generator(torch.randn(3, 128))
    assert maps.shape == (3, 1, 32, 32)
    assert maps.abs().max() <= 1
    assert discriminator(maps).shape == (3, 1, 1, 1)


def test_the_paper_s_maps_are_128_px() -> None:
    with torch.device("meta"):
        generator, discriminator = build("dc-gan-generator"), build("dc-gan-discriminator")
        assert generator(torch.zeros(2, 128)).shape == (2, 1, 128, 128)
        assert discriminator(torch.zeros(2, 1, 128, 128)).shape == (2, 1, 1, 1)


def test_parameter_counts_are_those_of_the_card() -> None:
    channels = [128, 1024, 512, 256, 128, 64]
    weights = sum(16 * a * b for a, b in pairwise(channels))
    norms = 2 * sum(channels[1:])
    mirrored = [64, 128, 256, 512, 1024]
    down = sum(16 * a * b for a, b in pairwise(mirrored))
    first_and_last = 16 * 64 + 64 + 16 * 1024 + 1
    with torch.device("meta"):
        found = parameter_count(build("dc-gan-generator"))
        assert found == weights + norms + 16 * 64 + 1 == 13_243_265
        found = parameter_count(build("dc-gan-discriminator"))
        assert found == down + 2 * sum(mirrored[1:]) + first_and_last == 11_162_433


def test_maps_of_another_side_are_refused() -> None:
    network = build("dc-gan-discriminator", **NARROW)
    with pytest.raises(ValueError, match=r"expected \(N, 1, 32, 32\)"):
        network(torch.zeros(1, 1, 64, 64))


def test_weights_are_drawn_from_the_narrow_normal() -> None:
    torch.manual_seed(0)
    network = build("dc-gan-discriminator", filters=[64, 64])
    drawn = torch.cat(
        [m.weight.detach().flatten() for m in network.modules() if isinstance(m, nn.Conv2d)]
    )
    assert float(drawn.std()) == pytest.approx(0.02, rel=0.02)
    assert abs(float(drawn.mean())) < 1e-3
    scales = [m.weight.detach() for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert float(torch.cat(scales).mean()) == pytest.approx(1, abs=0.01)


def test_the_discriminator_judges_alike_in_training_and_frozen() -> None:
    torch.manual_seed(0)
    network = build("dc-gan-discriminator", **NARROW)
    real, fake = torch.ones(4, 1, 32, 32), torch.randn(4, 1, 32, 32)
    trained = network.train()(real), network.train()(fake)
    frozen = network.eval()(real), network.eval()(fake)
    assert all(torch.equal(a, b) for a, b in zip(trained, frozen, strict=True))
    assert list(network.buffers()) == []
