from __future__ import annotations

import copy

import onnx
import onnxruntime
import pytest
import torch
from tests.inference.conftest import OPTIONS, describe
from torch import Tensor, nn

from crackgauge.errors import ModelFileError
from crackgauge.inference.export import OPSET, UNUSED_STATE_KEY, export_onnx, load_onnx_weights
from crackgauge.models import SegmentationOutput, build


def test_weights_come_back_bit_equal(network, model_path):
    expected = network.state_dict()
    got = load_onnx_weights(model_path)
    assert set(got) == set(expected)
    for name, tensor in expected.items():
        assert got[name].dtype == tensor.dtype, name
        assert torch.equal(got[name], tensor), name
    again = build("attention-unet", **OPTIONS)
    again.load_state_dict(got, strict=True)


def test_the_graph_keeps_names_and_batch_norm_and_tells_no_path(network, model_path):
    model = onnx.load(model_path)
    onnx.checker.check_model(model)
    names = {entry.name for entry in model.graph.initializer}
    parameters = {name for name, _ in network.named_parameters()}
    assert parameters <= names
    assert [entry.version for entry in model.opset_import] == [OPSET]
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("BatchNormalization") == norms == 20
    assert b"site-packages" not in model_path.read_bytes()
    assert b".py" not in model_path.read_bytes()


def test_batch_and_sizes_are_free(model_path):
    session = onnxruntime.InferenceSession(model_path)
    for size in ((1, 3, 4, 4), (3, 3, 8, 20), (2, 3, 64, 12)):
        (out,) = session.run(None, {"image": torch.randn(size).numpy()})
        assert out.shape == (size[0], 1, *size[2:])


class Scaled(nn.Module):
    """One convolution and what the test adds."""

    stride, receptive_field_px = 4, 3

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, x: Tensor) -> SegmentationOutput:
        return SegmentationOutput(self.conv(x))


class Noisy(Scaled):
    """A dropout that forgets to stop: no two runs agree."""

    def forward(self, x: Tensor) -> SegmentationOutput:
        return SegmentationOutput(nn.functional.dropout(self.conv(x), training=True))


class Companion(Scaled):
    """A second head that only training uses, and equal tensors that an exporter may merge."""

    def __init__(self) -> None:
        super().__init__()
        self.side = nn.Conv2d(3, 1, 1)
        self.more = nn.ModuleList(nn.Conv2d(1, 1, 1) for _ in range(2))
        for conv in self.more:
            nn.init.ones_(conv.weight)
            nn.init.zeros_(conv.bias)

    def forward(self, x: Tensor) -> SegmentationOutput:
        out = self.conv(x)
        for conv in self.more:
            out = conv(out)
        return SegmentationOutput(out, (self.side(x),))


class Branching(Scaled):
    """A branch on the values, which no graph holds."""

    def forward(self, x: Tensor) -> SegmentationOutput:
        out = self.conv(x)
        return SegmentationOutput(out if float(out.mean()) > 0 else -out)


def test_a_file_that_computes_something_else_is_not_written(tmp_path):
    network, path = Noisy(), tmp_path / "noisy.onnx"
    with pytest.raises(ModelFileError, match=r"differs from torch by .* at most 0\.0001"):
        export_onnx(network, describe(network), path)
    assert not path.exists()


def test_what_torch_cannot_export_is_one_sentence(tmp_path):
    network = Branching()
    with pytest.raises(ModelFileError, match=r"b\.onnx: torch cannot export") as caught:
        export_onnx(network, describe(network), tmp_path / "b.onnx")
    assert "\n" not in str(caught.value)


def test_state_that_prediction_does_not_use_comes_back_too(tmp_path):
    network, path = Companion(), tmp_path / "companion.onnx"
    export_onnx(network, describe(network), path)
    got = load_onnx_weights(path)
    for name, tensor in network.state_dict().items():
        assert torch.equal(got[name], tensor), name
    assert UNUSED_STATE_KEY in {entry.key for entry in onnx.load(path).metadata_props}


def test_the_same_network_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    for path in (first, second):
        export_onnx(Scaled(), describe(Scaled()), path)
    assert first.read_bytes() == second.read_bytes()


def test_export_leaves_the_network_as_it_was(tmp_path):
    network = Scaled().train()
    before = copy.deepcopy(network.state_dict())
    export_onnx(network, describe(network), tmp_path / "scaled.onnx")
    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
