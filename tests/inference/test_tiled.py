from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.inference.conftest import describe, random_image
from torch import Tensor, nn

from crackgauge.arrays import Window
from crackgauge.data.preprocess import prepare
from crackgauge.images import array_source
from crackgauge.inference.backends.torch import wrap_network
from crackgauge.inference.predictor import Predictor
from crackgauge.inference.tiled import NetworkInput
from crackgauge.models import SegmentationOutput


class Centred(nn.Module):
    """A network that looks at the whole input: brightness against the input's mean."""

    stride, receptive_field_px = 4, 17

    def forward(self, x: Tensor) -> SegmentationOutput:
        return SegmentationOutput(x[:, :1] - x[:, :1].mean(dim=(2, 3), keepdim=True))


class Halved(nn.Module):
    """A network whose output is half its input's size: the mean of 2 x 2 pixels."""

    stride, receptive_field_px = 4, 4

    def forward(self, x: Tensor) -> SegmentationOutput:
        return SegmentationOutput(nn.functional.avg_pool2d(x[:, :1], 2))


def open_network(network: nn.Module, **changes: object) -> Predictor:
    return Predictor(describe(network, **changes), wrap_network(network), digest="")


def test_an_approximate_network_is_blended_without_seams():
    predictor = open_network(Centred(), tiling="approximate", tile=32, halo=8)
    ramp = np.broadcast_to(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], (90, 200, 3))
    image = np.ascontiguousarray(ramp)
    probability = predictor.predict(image)
    assert np.isfinite(probability).all()
    # A tile of 48 px sees a mean of its own, so hard seams would jump by 32 px of the ramp.
    unblended = open_network(Centred(), tile=32, halo=8).predict(image)
    jump = np.abs(np.diff(unblended, axis=1)).max()
    assert np.abs(np.diff(probability, axis=1)).max() < jump / 8


def test_blending_does_not_change_what_tiles_agree_on():
    class Pointwise(Centred):
        def forward(self, x: Tensor) -> SegmentationOutput:
            return SegmentationOutput(x[:, :1])

    image = random_image(150, 130)
    blended = open_network(Pointwise(), tiling="approximate", tile=32, halo=8).predict(image)
    exact = open_network(Pointwise(), tile=32, halo=8).predict(image)
    np.testing.assert_allclose(blended, exact, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (5, 130), (131, 70)])
def test_half_size_output_is_brought_back(size):
    predictor = open_network(Halved(), output_scale=0.5, halo=8)
    image = random_image(*size)
    whole, tiled = predictor.predict(image, tile=1024), predictor.predict(image, tile=16)
    assert whole.shape == size
    assert np.abs(whole - tiled).max() <= 1e-5


def test_an_approximate_image_of_one_tile_is_predicted_whole():
    predictor = open_network(Centred(), tiling="approximate")
    image = random_image(80, 60)
    x = NetworkInput(array_source(image), predictor.metadata).read(Window(0, 0, 80, 60))
    expected = torch.sigmoid(Centred()(torch.from_numpy(x)[None]).logits)[0, 0].numpy()
    np.testing.assert_allclose(predictor.predict(image), expected, atol=1e-6)


def test_image_wide_preprocessing_sees_the_whole_image_in_every_tile():
    network = Centred()
    metadata = describe(
        network,
        channels=1,
        mean=(0.5,),
        std=(0.25,),
        preprocessing=("standardise-clahe-gamma",),
    )
    image = random_image(130, 90) // 3 + 40
    image[60:, :50] = 200
    seen = NetworkInput(array_source(image), metadata)
    steps = metadata.preprocessing
    whole = prepare(image, channels=1, mean=(0.5,), std=(0.25,), preprocessing=steps)
    for window in (Window(0, 0, 130, 90), Window(64, 32, 40, 58), Window(100, 0, 30, 8)):
        assert np.array_equal(seen.read(window), whole[:, *window.slices])


def test_beyond_the_image_its_edge_is_repeated(predictor):
    image = random_image(6, 5)
    seen = NetworkInput(array_source(image), predictor.metadata).read(Window(4, 4, 4, 4))
    inside = seen[:, :2, :1]
    assert np.array_equal(seen, np.pad(inside, ((0, 0), (0, 2), (0, 3)), mode="edge"))


def test_beyond_the_image_it_is_mirrored_where_the_network_asks_for_it(network):
    image = random_image(6, 5)
    seen = NetworkInput(array_source(image), describe(network, padding="reflect"))
    whole = seen.read(Window(0, 0, 8, 8))
    assert np.array_equal(whole[:, 6:, :5], whole[:, 4:2:-1, :5])
    assert np.array_equal(whole[:, :6, 5:], whole[:, :6, 3:0:-1])
