from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from crackgauge.errors import CrackgaugeError, ModelFileError
from crackgauge.inference.onnx_file import (
    CHECKSUM_KEY,
    MAX_MODEL_BYTES,
    parse_model,
    read_model_file,
)
from crackgauge.inference.predictor import open_model


@pytest.fixture
def model(model_path: Path) -> onnx.ModelProto:
    return onnx.load(model_path)


def refusal(model: onnx.ModelProto) -> str:
    with pytest.raises(ModelFileError) as caught:
        parse_model(model.SerializeToString(), source="a.onnx")
    return str(caught.value)


def test_an_exported_file_passes_with_all_its_properties(model_path, model):
    file = read_model_file(model_path)
    assert file.metadata.threshold == 0.35
    assert file.properties == {entry.key: entry.value for entry in model.metadata_props}
    assert file.content == model_path.read_bytes()


def test_external_data_is_refused(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../secret"
    assert "external data" in refusal(model)


def test_external_data_of_a_constant_is_refused(model):
    tensor = numpy_helper.from_array(np.zeros(1, np.float32))
    tensor.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
    assert "external data" in refusal(model)


def test_a_loop_is_refused(model):
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))
    assert "a loop or a branch" in refusal(model)


def test_a_foreign_operator_is_refused(model):
    model.graph.node.append(helper.make_node("Run", ["image"], ["y"], domain="com.example"))
    assert "com.example" in refusal(model)


def test_a_function_is_refused(model):
    opsets = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("", "F", ["x"], ["x"], [], opsets))
    assert "functions" in refusal(model)


def test_an_onnx_file_of_somebody_else_is_refused(model):
    del model.metadata_props[:]
    assert "without crackgauge's description" in refusal(model)


def test_two_graphs_in_one_file_are_no_model(model):
    # Protocol buffers would merge them, and the second would not have been looked at.
    content = model.SerializeToString()
    with pytest.raises(ModelFileError, match="no ONNX model"):
        parse_model(content + content)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"PK\x03\x04" + b"a" * 99, b"\xff" * 64, b"\x3a\xff\xff\xff\xff\x0f", b":"],
)
def test_what_is_no_model_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="no ONNX model") as caught:
        open_model(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"missing\.onnx: got nothing, expected an \.onnx"):
        open_model(tmp_path / "missing.onnx")
    with pytest.raises(ModelFileError, match="got a folder"):
        read_model_file(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as stream:
        stream.truncate(MAX_MODEL_BYTES + 1)  # sparse: no byte of it is on the disk
    with pytest.raises(ModelFileError, match="expected a model file of at most"):
        read_model_file(path)


def test_one_bit_of_one_weight_is_noticed(model_path):
    content = bytearray(model_path.read_bytes())
    weights = onnx.load(model_path).graph.initializer[0].raw_data
    content[content.find(weights)] ^= 1
    with pytest.raises(ModelFileError, match="its checksum does not fit"):
        parse_model(bytes(content))


def test_a_file_without_a_checksum_passes(model):
    kept = [entry for entry in model.metadata_props if entry.key != CHECKSUM_KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    assert parse_model(model.SerializeToString()).metadata.threshold == 0.35


def test_damaged_files_never_escape_with_another_error(model_path, tmp_path):
    good = model_path.read_bytes()
    generator = np.random.default_rng(0)
    path = tmp_path / "damaged.onnx"
    image = np.zeros((8, 8, 3), np.uint8)
    refused = 0
    for trial in range(60):
        damaged = bytearray(good)
        if trial % 3 == 0:
            del damaged[generator.integers(len(good)) :]
        else:  # the head and the tail hold the structure
            for place in generator.integers(0, 4000, 4):
                damaged[place if trial % 3 == 1 else -place - 1] ^= 1 << generator.integers(8)
        path.write_bytes(damaged)
        try:
            probability = open_model(path, threads=1).predict(image)
        except CrackgaugeError:
            refused += 1
        else:
            assert probability.shape == (8, 8)
    assert refused > 55
