from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inference.conftest import OPTIONS, describe, random_image

from crackgauge.errors import InputRefused, ModelFileError, UsageError
from crackgauge.images import array_source, write_image
from crackgauge.inference.augmentation import AUGMENTATIONS
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.recipes import load_recipe
from crackgauge.recipes.load import dump_recipe

WHOLE = 1 << 12  # a tile that holds every image of these tests


def test_probability_is_that_of_torch_on_the_normalised_image(network, predictor):
    image = random_image(16, 24)
    mean, std = np.array([0.4, 0.5, 0.6]), np.array([0.2, 0.25, 0.3])
    x = ((image / 255 - mean) / std).transpose(2, 0, 1)[None]
    with torch.no_grad():
        expected = torch.sigmoid(network(torch.tensor(x, dtype=torch.float32)).logits)[0, 0]
    got = predictor.predict(image)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected.numpy(), atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 250), st.integers(1, 250), st.sampled_from(sorted(AUGMENTATIONS)))
def test_tiles_equal_the_whole(predictor, height, width, augmentation):
    image = random_image(height, width, seed=height)
    whole = predictor.predict(image, augmentation=augmentation, tile=WHOLE)
    tiled = predictor.predict(image, augmentation=augmentation, tile=64)
    assert whole.shape == tiled.shape == (height, width)
    assert np.abs(whole - tiled).max() <= 1e-5


def test_a_halo_that_is_too_small_shows(predictor):
    # The test above can fail: without its halo the same network gives other tiles.
    metadata = predictor.metadata.model_copy(update={"halo": 0})
    bare = Predictor(metadata, predictor.network().backend, digest="")
    image = random_image(200, 200)
    difference = bare.predict(image, tile=WHOLE) - bare.predict(image, tile=64)
    assert np.abs(difference).max() > 1e-3


def test_flips_make_the_result_follow_a_flipped_image(predictor):
    image = random_image(40, 24)
    straight = predictor.predict(image, augmentation="flips")
    flipped = predictor.predict(np.ascontiguousarray(image[::-1, ::-1]), augmentation="flips")
    np.testing.assert_allclose(flipped[::-1, ::-1], straight, atol=1e-6)


def test_windows_come_row_by_row_on_the_grid_of_the_tile(predictor):
    image = random_image(300, 200)
    windows = list(predictor.predict_windows(array_source(image)))
    corners = [(window.row, window.col) for window, _ in windows]
    assert corners == sorted(corners)
    assert corners[:4] == [(0, 0), (0, 64), (0, 128), (64, 0)]
    joined = np.full((300, 200), np.nan, np.float32)
    for window, block in windows:
        joined[window.slices] = block
    assert np.array_equal(joined, predictor.predict(image))


def test_a_file_gives_what_its_pixels_give(predictor, tmp_path):
    image = random_image(50, 70)
    write_image(tmp_path / "a.png", image)
    assert np.array_equal(predictor.predict(tmp_path / "a.png"), predictor.predict(image))


def test_a_predictor_says_what_results_depend_on(predictor, model_path):
    assert predictor.threshold == 0.35
    assert predictor.digest == hashlib.sha256(model_path.read_bytes()).hexdigest()
    assert predictor.backend_name == "onnxruntime"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augmentation": "flips+scale"}, "did you mean 'flips\\+scales'"),
        ({"tile": 30}, "a multiple of 4; use 32"),
        ({"tile": 36, "augmentation": "flips+scales"}, "a multiple of 16; use 48"),
        ({"tile": 0}, "sizes of 1 px or more"),
    ],
)
def test_options_that_do_not_fit_are_refused(predictor, options, message):
    with pytest.raises(UsageError, match=message):
        predictor.predict(random_image(8, 8), **options)


def test_what_is_no_image_is_refused(predictor, tmp_path):
    with pytest.raises(UsageError, match="expected uint8"):
        predictor.predict(np.zeros((4, 4, 3), np.float32))
    with pytest.raises(InputRefused, match="missing"):
        predictor.predict(tmp_path / "none.jpg")


@pytest.fixture
def run(network, tmp_path):
    """The folder of a training run that has validated once."""
    overrides = ["network.options.filters=[4, 6, 8]", "validation.threshold=0.4"]
    recipe = load_recipe("attention-unet-fast", overrides)
    assert recipe.network.options.items() >= OPTIONS.items()
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe))
    notes = {"best": json.dumps({"score": None, "chosen_on": "nothing"})}
    safetensors.torch.save_file(network.state_dict(), tmp_path / "best.safetensors", notes)
    return tmp_path


def test_a_training_run_is_opened_by_torch(run, network):
    opened = open_model(run)
    assert (opened.backend_name, opened.threshold) == ("torch", 0.4)
    assert opened.metadata.halo == describe(network).halo
    assert opened.predict(random_image(9, 9)).shape == (9, 9)


def test_an_exported_training_run_is_opened_by_onnx_runtime(run, model_path):
    (run / "model.onnx").write_bytes(model_path.read_bytes())
    assert open_model(run).backend_name == "onnxruntime"
    assert open_model(run, backend="torch").backend_name == "torch"


def test_a_folder_that_is_no_run_is_refused(run):
    (run / "best.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelFileError, match="does not hold the weights"):
        open_model(run)
    (run / "recipe.yaml").unlink()
    with pytest.raises(ModelFileError, match=r"has no recipe\.yaml"):
        open_model(run)
