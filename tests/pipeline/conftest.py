"""Small photographs with drawn cracks, for the verbs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from crackgauge.arrays import Image
from crackgauge.inference.metadata import METADATA_KEY, parse_metadata
from crackgauge.inference.predictor import Predictor, open_model


@pytest.fixture(scope="session")
def predictor(contrast_model: Path) -> Predictor:
    return open_model(contrast_model, threads=1)


def draw_photo(height: int, width: int, *rows: int) -> Image:
    """A bright wall with horizontal cracks, 3 px wide, centred on `rows`."""
    image = np.full((height, width, 3), 180, np.uint8)
    for row in rows:
        image[row - 1 : row + 2, 10 : width - 10] = 60
    return image


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Write photographs into a folder: name -> rows of its cracks."""

    def write(**cracks: tuple[int, ...]) -> Path:
        folder = tmp_path / "photos"
        folder.mkdir(exist_ok=True)
        for stem, rows in cracks.items():
            cv2.imwrite(str(folder / f"{stem}.png"), draw_photo(64, 96, *rows))
        return folder

    return write


@pytest.fixture(scope="session")
def enlarging_model(contrast_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contrast model; its probability and the photo are enlarged by repeating pixels."""
    model = onnx.load(contrast_model)
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.array([1, 1, 4, 4], np.float32), "scales"))
    graph.node[-1].output[0] = "small"
    nearest = {
        "mode": "nearest",
        "nearest_mode": "floor",
        "coordinate_transformation_mode": "asymmetric",
    }
    for source, name, channels in (("small", "probability", 1), ("image", "enlarged_image", 3)):
        graph.node.append(helper.make_node("Resize", [source, "", "scales"], [name], **nearest))
        shape = ["N", channels, f"{name}_rows", f"{name}_cols"]
        value = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        if name == "probability":
            graph.output[0].CopyFrom(value)
        else:
            graph.output.append(value)
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            metadata = parse_metadata(entry.value, source="contrast")
            changes = {"output_scale": 4.0, "tile": 128}
            entry.value = metadata.model_copy(update=changes).to_json()
    path = tmp_path_factory.mktemp("enlarging") / "enlarging.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def enlarging(enlarging_model: Path) -> Predictor:
    return open_model(enlarging_model, threads=1)
