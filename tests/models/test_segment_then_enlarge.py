"""System 4, arrangements (c), (e), (g): shapes, and how a map becomes a probability."""

from __future__ import annotations

import pytest
import torch
from tests.models import base

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.models.segment_then_enlarge import logit

FILTERS = [4, 4, 4, 4, 4]
BICUBIC = {"enlarger": {"name": "bicubic"}, "segmenter": {"filters": FILTERS}}
LEARNED = {"enlarger": {"features": [4, 2], "stages": 2}, "segmenter": {"filters": FILTERS}}


@pytest.mark.parametrize("options", [BICUBIC, LEARNED])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_output_is_the_enlarged_size(options: dict[str, object], scale: int) -> None:
    network = build("segment-then-enlarge", scale=scale, **options).eval()
    with torch.no_grad():
        output = network(torch.rand(2, 3, 16, 32))
    assert output.logits.shape == (2, 1, 16 * scale, 32 * scale)
    assert output.low_resolution_logits.shape == (2, 1, 16, 32)
    assert output.enlarged_image is None


def test_sizes_that_do_not_fit_are_refused() -> None:
    base.check_refusals("segment-then-enlarge", BICUBIC)


@torch.no_grad()
def test_the_result_is_the_enlarged_probability_cut_to_its_range() -> None:
    torch.manual_seed(0)
    network = build("segment-then-enlarge", **BICUBIC).eval()
    network.segmenter.head.weight.mul_(5000)  # steep edges, where bicubic overshoots
    output = network(torch.rand(1, 3, 32, 32))
    enlarged = network.enlarger(output.low_resolution_logits.sigmoid())
    torch.testing.assert_close(output.enlarged_probability, enlarged)
    assert enlarged.max() > 1
    assert enlarged.min() < 0
    torch.testing.assert_close(
        output.logits.sigmoid(), enlarged.clamp(1e-4, 1 - 1e-4), atol=1e-6, rtol=0
    )


def test_gradients_reach_every_parameter_through_the_uncut_map() -> None:
    torch.manual_seed(0)
    network = build("segment-then-enlarge", **LEARNED).train()
    output = network(torch.rand(2, 3, 64, 64))
    (output.enlarged_probability.square().mean() + output.low_resolution_logits.mean()).backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_a_logit_is_finite_and_keeps_all_thresholds() -> None:
    values = torch.tensor([-0.5, 0.0, 0.01, 0.5, 0.99, 1.0, 1.5])
    cut = logit(values).sigmoid()
    assert torch.isfinite(logit(values)).all()
    for threshold in (0.01, 0.5, 0.99):
        assert torch.equal(cut >= threshold - 1e-6, values >= threshold)


def test_the_segmenter_takes_the_encoder_weights() -> None:
    with pytest.raises(RecipeError, match="VGG-16 has"):
        build("segment-then-enlarge", **BICUBIC).load_encoder("hub")


def test_the_halo_holds_what_both_parts_see() -> None:
    network = build("segment-then-enlarge", **LEARNED)
    both = network.segmenter.receptive_field_px + 2 * network.enlarger.reach_px
    assert network.receptive_field_px == both
