"""What every backend passes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from crackgauge.errors import ModelFileError, RecipeError, UsageError
from crackgauge.inference.backends import BACKENDS, open_backend
from crackgauge.inference.onnx_file import parse_model, read_model_file
from crackgauge.inference.predictor import open_model


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_backends_agree_with_onnx_runtime(model_path, predictor, image, name):
    other = open_model(model_path, backend=name, device="cpu")
    assert other.backend_name == name
    np.testing.assert_allclose(other.predict(image), predictor.predict(image), atol=1e-4)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_tiles_equal_the_whole_on_every_backend(model_path, image, name):
    opened = open_model(model_path, backend=name, device="cpu")
    difference = opened.predict(image, tile=16) - opened.predict(image)
    assert np.abs(difference).max() <= 1e-5


def test_openvino_takes_bf16_and_says_so(model_path, predictor, image):
    opened = open_model(model_path, backend="openvino", precision="bf16")
    assert opened.backend_name == "openvino-bf16"
    assert np.abs(opened.predict(image) - predictor.predict(image)).mean() < 0.02


def test_openvino_forgets_old_shapes(model_path, predictor):
    opened = open_model(model_path, backend="openvino")
    for width in [*range(4, 44, 4), 4]:
        image = np.full((4, width, 3), width, np.uint8)
        np.testing.assert_allclose(opened.predict(image), predictor.predict(image), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "onnxruntme"}, "did you mean 'onnxruntime'"),
        ({"device": "gpu"}, "expected auto, cpu or cuda"),
        ({"threads": 0}, "expected 1 or more"),
        ({"precision": "fp16"}, "expected f32 or bf16"),
        ({"precision": "bf16"}, "use --backend openvino"),
        ({"backend": "torch", "precision": "bf16"}, "torch runs fp32"),
        ({"backend": "openvino", "device": "cuda"}, "OpenVINO runs on the CPU"),
    ],
)
def test_options_that_do_not_fit_are_refused(model_path, options, message):
    with pytest.raises(UsageError, match=message):
        open_model(model_path, **options)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_graph_that_cannot_run_is_one_sentence(model_path, name):
    model = onnx.load(model_path)
    model.graph.node[-1].op_type = "Sigmoidal"
    del model.graph.initializer[3]
    del model.metadata_props[-1]  # the checksum, which would be noticed first
    broken = parse_model(model.SerializeToString(), source="a.onnx")
    with pytest.raises(ModelFileError, match=r"a\.onnx: ") as caught:
        open_backend(name, broken).run(np.zeros((1, 3, 8, 8), np.float32))
    assert "\n" not in str(caught.value)


def test_other_inputs_and_outputs_are_refused(model_path):
    file = read_model_file(model_path)
    wrong = file.metadata.model_copy(update={"channels": 1})
    with pytest.raises(ModelFileError, match="expected one float input image"):
        open_backend("onnxruntime", type(file)(file.content, wrong, {}, "", "a.onnx"))


def test_torch_names_an_architecture_that_it_lacks(model_path):
    file = read_model_file(model_path)
    other = file.metadata.model_copy(update={"architecture": "attention-unett"})
    with pytest.raises(RecipeError, match="did you mean 'attention-unet'"):
        open_backend("torch", type(file)(file.content, other, file.properties, "", "a.onnx"))


def test_a_network_that_cannot_take_the_input_is_a_sentence(predictor):
    backend = predictor.network().backend
    with pytest.raises(ModelFileError, match="failed on an input of 1x3x8x6"):
        backend.run(np.zeros((1, 3, 8, 6), np.float32))
