"""Models that enlarge: sizes, tiles, the enlarged image, and the same in every runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.inference.conftest import describe, random_image
from torch import Tensor, nn

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.images import array_source
from crackgauge.inference.backends.torch import wrap_network
from crackgauge.inference.enlarging import BicubicSource, to_image
from crackgauge.inference.export import export_onnx, load_onnx_weights
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.inference.protocols import predict_shifts_mean
from crackgauge.models import SegmentationOutput, build
from crackgauge.tiling import round_up

WHOLE = 1 << 12
SEGMENTER = {"filters": [4, 4, 4, 4, 4]}
LEARNED = {"features": [4, 2], "stages": 2}


def describe_composite(name: str, options: dict[str, Any], network: nn.Module) -> Any:
    exact = {} if network.tile_exact else {"tiling": "approximate"}
    return describe(
        network,
        architecture=name,
        options=options,
        output_scale=network.output_scale,
        halo=round_up(network.receptive_field_px // 2, network.stride),
        tile=16,
        **exact,
    )


def build_small(name: str, **options: Any) -> tuple[nn.Module, Any]:
    torch.manual_seed(0)
    options = {"segmenter": SEGMENTER, "scale": 4, **options}
    network = build(name, **options).eval()
    return network, describe_composite(name, options, network)


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small DBPN before a small U-Net, exported."""
    network, metadata = build_small("enlarge-then-segment", enlarger=LEARNED)
    path = tmp_path_factory.mktemp("enlarging") / "joint.onnx"
    export_onnx(network, metadata, path)
    return path


@pytest.fixture(scope="module")
def predictor(joint: Path) -> Predictor:
    return open_model(joint, threads=1)


def test_probability_and_image_are_those_of_torch(predictor: Predictor) -> None:
    network, metadata = build_small("enlarge-then-segment", enlarger=LEARNED)
    photo = random_image(8, 12)
    mean, std = np.array(metadata.mean), np.array(metadata.std)
    x = ((photo / 255 - mean) / std).transpose(2, 0, 1)[None]
    with torch.no_grad():
        output = network(torch.tensor(x, dtype=torch.float32))
    expected = output.enlarged_image[0].numpy().transpose(1, 2, 0) * std + mean
    enlarged = predictor.predict_enlarged(photo)
    assert predictor.enlargement == 4
    assert enlarged.image.shape == (32, 48, 3)
    assert np.abs(enlarged.image - 255 * expected.clip(0, 1)).max() <= 0.51
    np.testing.assert_allclose(enlarged.probability, output.logits.sigmoid()[0, 0], atol=1e-4)
    assert np.array_equal(predictor.predict(photo), enlarged.probability)


def test_the_file_holds_both_outputs_and_all_weights(joint: Path) -> None:
    network, _ = build_small("enlarge-then-segment", enlarger=LEARNED)
    outputs = [output.name for output in onnx.load(joint).graph.output]
    assert outputs == ["probability", "enlarged_image"]
    state = load_onnx_weights(joint)
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())
    assert {name.partition(".")[0] for name in state} == {"enlarger", "segmenter"}


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_runtimes_agree(joint: Path, predictor: Predictor, name: str) -> None:
    photo = random_image(20, 24)
    other = open_model(joint, backend=name, device="cpu").predict_enlarged(photo)
    ours = predictor.predict_enlarged(photo)
    np.testing.assert_allclose(other.probability, ours.probability, atol=1e-4)
    assert np.abs(other.image.astype(int) - ours.image).max() <= 1


@pytest.mark.parametrize(
    ("height", "width", "augmentation"),
    [(1, 1, "none"), (150, 21, "none"), (23, 131, "flips"), (113, 9, "flips+scales")],
)
def test_tiles_equal_the_whole(
    predictor: Predictor, height: int, width: int, augmentation: str
) -> None:
    photo = random_image(height, width, seed=height)
    whole = predictor.predict_enlarged(photo, augmentation=augmentation, tile=WHOLE)
    tiled = predictor.predict_enlarged(photo, augmentation=augmentation, tile=16)
    assert whole.probability.shape == tiled.probability.shape == (4 * height, 4 * width)
    assert np.abs(whole.probability - tiled.probability).max() <= 1e-5
    assert np.abs(whole.image.astype(int) - tiled.image).max() <= 1


def test_without_its_halo_tiles_differ(predictor: Predictor) -> None:
    bare = predictor.metadata.model_copy(update={"halo": 0})
    photo = random_image(100, 100)
    tiled = Predictor(bare, predictor.network().backend, digest="").predict(photo, tile=16)
    assert np.abs(tiled - predictor.predict(photo, tile=WHOLE)).max() > 1e-3


@pytest.mark.parametrize("enlarger", [{"name": "bicubic"}, LEARNED])
def test_tiles_of_the_inverse_order_equal_the_whole(enlarger: dict[str, Any]) -> None:
    network, metadata = build_small("segment-then-enlarge", enlarger=enlarger)
    opened = Predictor(metadata, wrap_network(network), digest="")
    photo = random_image(400, 30)
    whole, tiled = opened.predict(photo, tile=WHOLE), opened.predict(photo, tile=16)
    assert whole.shape == (1600, 120)
    assert np.abs(whole - tiled).max() <= 1e-5


def test_the_inverse_order_shows_the_photo_enlarged_by_bicubic() -> None:
    network, metadata = build_small("segment-then-enlarge", enlarger=LEARNED)
    opened = Predictor(metadata, wrap_network(network), digest="")
    photo = random_image(40, 30)
    enlarged = opened.predict_enlarged(photo, tile=16)
    expected = BicubicSource(array_source(photo), 4).read(Window(0, 0, 160, 120))
    assert np.array_equal(enlarged.image, expected)


class Lifted(nn.Module):
    """Enlarges by repetition and takes the tile's own mean off, as an instance norm does."""

    stride, receptive_field_px, output_scale = 4, 17, 2

    def forward(self, x: Tensor) -> SegmentationOutput:
        enlarged = nn.functional.interpolate(x, scale_factor=2.0)
        grey = enlarged[:, :1]
        return SegmentationOutput(
            grey - grey.mean(dim=(2, 3), keepdim=True), enlarged_image=enlarged
        )


def test_approximate_tiles_are_blended_without_seams_and_agree_where_tiles_do() -> None:
    metadata = describe(Lifted(), output_scale=2.0, tiling="approximate", tile=32, halo=8)
    ramp = np.broadcast_to(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], (90, 200, 3))
    photo = np.ascontiguousarray(ramp)
    blended = Predictor(metadata, wrap_network(Lifted()), digest="").predict_enlarged(photo)
    hard = metadata.model_copy(update={"tiling": "exact"})
    unblended = Predictor(hard, wrap_network(Lifted()), digest="").predict_enlarged(photo)
    jump = np.abs(np.diff(unblended.probability, axis=1)).max()
    assert np.abs(np.diff(blended.probability, axis=1)).max() < jump / 8
    assert blended.probability.shape == (180, 400)
    # The enlarged image does not depend on the tile, so blending leaves it as it is.
    assert np.array_equal(blended.image, photo.repeat(2, axis=0).repeat(2, axis=1))


def test_windows_are_those_of_the_enlarged_image(predictor: Predictor) -> None:
    photo = random_image(160, 40)
    windows = list(predictor.predict_windows(array_source(photo), tile=16))
    assert len(windows) > 1
    covered = np.zeros((640, 160), int)
    for window, block in windows:
        assert (window.row % 64, window.col % 64) == (0, 0)
        assert block.shape == (window.height, window.width)
        covered[window.slices] += 1
    assert (covered == 1).all()


def test_a_model_of_the_photos_size_gives_the_photo(network: nn.Module) -> None:
    opened = Predictor(describe(network), wrap_network(network), digest="")
    photo = random_image(9, 7)
    enlarged = opened.predict_enlarged(photo)
    assert np.array_equal(enlarged.image, photo)
    assert np.array_equal(enlarged.probability, opened.predict(photo))


def test_protocols_of_papers_refuse_it(predictor: Predictor) -> None:
    with pytest.raises(UsageError, match="enlarges 4 times"):
        predict_shifts_mean(predictor, random_image(8, 8))


def test_normalisation_is_undone_rounded_and_cut(predictor: Predictor) -> None:
    metadata = predictor.metadata.model_copy(update={"mean": (0.5,) * 3, "std": (0.25,) * 3})
    layers = np.array([-9.0, 0.0, 0.01, 9.0], np.float32).reshape(1, 2, 2).repeat(3, axis=0)
    # 255 * 0.5 = 127.5 is rounded to the even 128; 255 * 0.5025 = 128.1.
    assert to_image(layers, metadata)[:, :, 0].tolist() == [[0, 128], [128, 255]]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 40), st.integers(0, 40))
def test_a_window_of_an_enlarged_photo_is_that_of_the_whole(
    height: int, width: int, row: int, col: int
) -> None:
    source = BicubicSource(array_source(random_image(height, width)), 4)
    whole = source.read(Window(0, 0, 4 * height, 4 * width))
    row, col = row % source.height, col % source.width
    window = Window(row, col, min(7, source.height - row), min(5, source.width - col))
    assert np.array_equal(source.read(window), whole[window.slices])
