from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper

from crackgauge.inference.metadata import ModelMetadata

# Machines are shared: no test may fail for the time that it takes.
settings.register_profile("crackgauge", deadline=None)
settings.load_profile("crackgauge")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the public crack datasets; a test that asks for it is marked `data`."""
    value = os.environ.get("CRACKGAUGE_DATA")
    if not value:
        pytest.skip("CRACKGAUGE_DATA is not set: it names the folder of the crack datasets")
    folder = Path(value)
    if not folder.is_dir():
        pytest.skip(f"CRACKGAUGE_DATA={value} is no folder")
    return folder


@pytest.fixture(scope="session")
def contrast_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, tiny model file: dark against the 9 x 9 pixels around it is crack."""
    kernel = np.full((1, 3, 9, 9), 1 / 81, np.float32)
    kernel[..., 3:6, 3:6] -= 1 / 9
    weights = {"contrast.weight": kernel, "contrast.bias": np.array([-3.0], np.float32)}
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, "H", "W"])
    probability = helper.make_tensor_value_info(
        "probability", TensorProto.FLOAT, ["N", 1, "H", "W"]
    )
    nodes = [
        helper.make_node("Conv", ["image", *weights], ["logits"], pads=[4, 4, 4, 4]),
        helper.make_node("Sigmoid", ["logits"], ["probability"]),
    ]
    initializers = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "contrast", [image], [probability], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    metadata = ModelMetadata(
        architecture="contrast",
        parameters=244,
        mean=(0.5, 0.5, 0.5),
        std=(0.05, 0.05, 0.05),
        stride=8,
        halo=8,
        tile=512,
        training_data="none: its weights are written by hand",
        licence="Apache-2.0",
    )
    helper.set_model_props(model, {"crackgauge": metadata.to_json()})
    path = tmp_path_factory.mktemp("model") / "contrast.onnx"
    path.write_bytes(model.SerializeToString())
    return path
