"""DBPN: shapes, counts, the units worked by hand, what an enlarged pixel depends on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from crackgauge.errors import RecipeError
from crackgauge.models import build, parameter_count
from crackgauge.models.bicubic import Bicubic
from crackgauge.models.dbpn import DownUnit, UpUnit

SMALL = {"features": [6, 3], "stages": 3}


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_output_is_the_input_enlarged(scale: int, channels: int) -> None:
    network = build("dbpn", scale=scale, in_channels=channels, **SMALL)
    with torch.no_grad():
        out = network(torch.rand(2, channels, 5, 7))
    assert out.shape == (2, channels, 5 * scale, 7 * scale)


def projections(width: int, kernel: int) -> int:
    """Weights and bias of a projection, and its PReLU."""
    return width * width * kernel**2 + width + 1


@pytest.mark.parametrize(
    ("scale", "kernel", "count"), [(2, 6, 5_017_390), (4, 8, 8_802_094), (8, 12, 19_615_534)]
)
def test_parameter_counts_are_those_of_the_card(scale: int, kernel: int, count: int) -> None:
    with torch.device("meta"):  # counting needs no numbers
        network = build("dbpn", scale=scale)
    features = (3 * 256 * 9 + 256 + 1) + (256 * 64 + 64 + 1)
    units = 3 * (6 + 5) * projections(64, kernel)
    joined = [2, 3, 4, 5, 2, 3, 4, 5]  # up3 to up6, down2 to down5
    joins = sum(64 * maps * 64 + 64 + 1 for maps in joined)
    output = 6 * 64 * 3 * 9 + 3
    assert parameter_count(network) == features + units + joins + output == count


def test_seven_stages_have_the_published_number_of_parameters() -> None:
    """D-DBPN x4 of Haris et al. has 7 stages and 10,426,358 parameters."""
    with torch.device("meta"):
        assert parameter_count(build("dbpn", stages=7)) == 10_426_358


def fill(layer: nn.Module, value: float, bias: float = 0.0) -> None:
    with torch.no_grad():
        layer[0].weight.fill_(value)  # type: ignore[index, operator]
        layer[0].bias.fill_(bias)  # type: ignore[index, operator]


@torch.no_grad()
def test_an_up_unit_by_hand() -> None:
    unit = UpUnit(1, 4)
    fill(unit.up, 1.0)
    fill(unit.back, 0.125)
    fill(unit.correct, 0.5, bias=-10.0)
    # One pixel of 2: each of its 16 enlarged pixels lies under the kernel of 8 x 8 and gets 2.
    # Back: 16 * 2 * 0.125 = 4; the error is 4 - 2 = 2; its projection 2 * 0.5 - 10 = -9, which
    # PReLU turns into -2.25; out 2 - 2.25.
    assert torch.equal(unit(torch.full((1, 1, 1, 1), 2.0)), torch.full((1, 1, 4, 4), -0.25))


@torch.no_grad()
def test_the_kernels_of_an_up_unit_overlap_as_stride_and_padding_say() -> None:
    unit = UpUnit(1, 4)
    fill(unit.up, 1.0)
    fill(unit.back, 0.0)
    fill(unit.correct, 0.0, bias=0.0)
    # With 0 for the way back the correction is deconv(0) = 0. Kernels of 8 px begin at 4 i - 2, so
    # of a row 1, 10 the first two pixels see the first alone, the next four both, and so on.
    x = torch.tensor([1.0, 10.0, 100.0]).view(1, 1, 1, 3)
    assert unit(x)[0, 0, 0].tolist() == [1.0] * 2 + [11.0] * 4 + [110.0] * 4 + [100.0] * 2


@torch.no_grad()
def test_a_down_unit_by_hand() -> None:
    unit = DownUnit(1, 4)
    fill(unit.down, 0.125)
    fill(unit.back, 1.0)
    fill(unit.correct, 0.25)
    # 16 pixels of 1: down 2; back 2 everywhere; the error 1 in 16 pixels, its projection 4; out 6.
    assert unit(torch.ones(1, 1, 4, 4)).tolist() == [[[[6.0]]]]


@torch.no_grad()
def test_several_maps_are_joined_before_the_unit() -> None:
    unit, alone = UpUnit(1, 2, maps=2), UpUnit(1, 2)
    alone.load_state_dict({k: v for k, v in unit.state_dict().items() if "join" not in k})
    unit.join[0].weight[:] = torch.tensor([2.0, 3.0]).view(1, 2, 1, 1)
    unit.join[0].bias.zero_()
    first, second = torch.rand(1, 1, 3, 3), torch.rand(1, 1, 3, 3)
    joined = unit(torch.cat((first, second), dim=1))
    torch.testing.assert_close(joined, alone(2 * first + 3 * second))


def test_maps_that_each_unit_takes() -> None:
    with torch.device("meta"):
        network = build("dbpn")
    taken = [
        unit.join[0].in_channels if isinstance(unit.join, nn.Sequential) else 64
        for unit in (*network.up, *network.down)
    ]
    assert taken == [64, 64, 128, 192, 256, 320, 64, 128, 192, 256, 320]
    assert network.output.in_channels == 6 * 64 == 384


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = build("dbpn", **SMALL)
    network(torch.rand(2, 3, 6, 6)).square().mean().backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_reach_is_what_gradients_measure(scale: int) -> None:
    network = build("dbpn", scale=scale, features=[1, 1], stages=2).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
        for module in network.modules():  # no difference that could cancel
            if isinstance(module, nn.PReLU):
                module.weight.fill_(1.0)
    side, reach = 41, 0
    for phase in range(scale):
        x = torch.rand(1, 3, side, side, dtype=torch.double, requires_grad=True)
        pixel = scale * (side // 2) + phase
        network(x)[0, 0, pixel, pixel].backward()
        rows = grad_rows(x)
        reach = max(reach, side // 2 - rows[0], rows[-1] - side // 2)
    assert network.reach_px == reach


def grad_rows(x: Tensor) -> list[int]:
    assert x.grad is not None
    return [int(row) for row in x.grad[0].abs().sum(dim=(0, 2)).nonzero().flatten()]


def test_a_residual_network_starts_as_bicubic() -> None:
    network = build("dbpn", residual=True, **SMALL)
    x = torch.rand(1, 3, 6, 6)
    with torch.no_grad():
        torch.testing.assert_close(network(x), Bicubic(channels=3, scale=4)(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 3}, "got 3, expected one of 2, 4, 8"),
        ({"features": [64]}, r"got features \[64\]"),
        ({"stages": 0}, "0 stages"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        build("dbpn", **options)
