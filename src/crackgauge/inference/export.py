"""From a torch network to one ONNX file, and back to its weights, bit for bit.

The graph maps `image` float32 (N, C, H, W), normalised, to `probability` float32 (N, 1, H, W), or
(N, 1, s H, s W) where the network enlarges. One that makes an enlarged image has it as a second
output, `enlarged_image` (N, C, s H, s W), normalised too. N, H and W are free. Initialisers carry
the names of the network's state, batch norm stays apart (the runtime fuses it when it loads),
nothing is folded into the weights. What prediction does not need, such as the counters of batch
norm, is kept beside the graph, so that a training can go on from the file alone.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import safetensors.torch
import torch
from onnx import numpy_helper
from safetensors import SafetensorError
from torch import Tensor, nn

from crackgauge.errors import ModelFileError
from crackgauge.files import write_bytes_atomic
from crackgauge.inference.backends import open_backend
from crackgauge.inference.metadata import METADATA_KEY, ModelMetadata
from crackgauge.inference.onnx_file import (
    CHECKSUM_KEY,
    ModelFile,
    checksum_of,
    parse_model,
    read_model_file,
)

# 18 is the first opset whose Resize and Pad take what torch exports; runtimes of 2023 read it.
OPSET = 18
PARITY_TOLERANCE = 1e-4
# Base64 of the safetensors of all state that the graph does not use.
UNUSED_STATE_KEY = "crackgauge.unused_state"
# Names of the initialisers that are state of the network, one a line; others are constants.
_NAMES_KEY = "crackgauge.state_names"
_PREFIX = "network."


class _Probability(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        output = self.network(image)
        probability = torch.sigmoid(output.logits)
        if output.enlarged_image is None:
            return probability
        return probability, output.enlarged_image


def export_onnx(network: nn.Module, metadata: ModelMetadata, path: str | Path) -> None:
    """Write `network` with its description to one ONNX file.

    The file is run by ONNX Runtime on several sizes first and is written only if it computes what
    torch computes.

    Args:
        network: returns a `SegmentationOutput`; it is left as it is.
        metadata: `channels`, `stride` and `output_scale` must be those of the network.
        path: the .onnx file.

    Raises:
        ModelFileError: torch cannot export it, or a probability or an enlarged image of the file
            differs from torch's by more than 1e-4.
        StorageError: the file cannot be written.
    """
    reference = copy.deepcopy(network).cpu().float().eval()
    graph = _trace(reference, metadata, str(path))
    _store_state(graph, reference.state_dict())
    _describe(graph, METADATA_KEY, metadata.to_json())
    _describe(graph, CHECKSUM_KEY, checksum_of(graph.SerializeToString()))
    model = parse_model(graph.SerializeToString(), source=str(path))
    difference = parity(reference, model)
    if not difference <= PARITY_TOLERANCE:
        raise ModelFileError(
            f"{path}: not written: the exported file differs from torch by {difference:.2g} in "
            f"its output, expected at most {PARITY_TOLERANCE:g}; report this with the recipe"
        )
    write_bytes_atomic(path, model.content)


@torch.no_grad()
def parity(network: nn.Module, model: ModelFile) -> float:
    """Largest |difference| between torch and ONNX Runtime on several sizes.

    Of the probability, and of the enlarged image, where there is one, as a share of white.

    Sizes in strides: 1x1, 2x5, 9x4 and a batch of two 3x3; noise of all pixel values, normalised as
    the predictor does. Values that no image has would drive a network without normalisation to
    activations whose rounding alone exceeds the tolerance.
    """
    metadata = model.metadata
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (metadata.mean, metadata.std))
    backend = open_backend("onnxruntime", model, device="cpu")
    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for count, rows, cols in ((1, 1, 1), (1, 2, 5), (1, 9, 4), (2, 3, 3)):
        size = (count, metadata.channels, rows * metadata.stride, cols * metadata.stride)
        x = (torch.randint(0, 256, size, generator=generator) / 255 - mean) / std
        output, found = network(x), backend.maps(x.numpy())
        worst = max(worst, _difference(torch.sigmoid(output.logits), found.probability))
        if output.enlarged_image is not None:
            worst = max(worst, _difference(output.enlarged_image * std, found.enlarged_image, std))
    return worst


def _difference(
    expected: Tensor, got: npt.NDArray[np.float32] | None, factor: Tensor | float = 1.0
) -> float:
    if got is None or got.shape != expected.shape or not np.isfinite(got).all():
        return float("inf")
    return float((torch.from_numpy(got) * factor - expected).abs().max())


def load_onnx_weights(path: str | Path) -> dict[str, Tensor]:
    """Weights of a model file by parameter name, bit-equal to the state dict that was exported.

    Raises:
        ModelFileError: no model file of crackgauge.
    """
    return load_weights(read_model_file(path))


def load_weights(model: ModelFile) -> dict[str, Tensor]:
    """Weights of a checked model file; see `load_onnx_weights`.

    Raises:
        ModelFileError: the weights cannot be read.
    """
    try:
        graph = onnx.load_from_string(model.content).graph
        arrays = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
        encoded = model.properties.get(UNUSED_STATE_KEY, "")
        state = safetensors.torch.load(base64.b64decode(encoded)) if encoded else {}
    except (ValueError, TypeError, KeyError, SafetensorError) as error:
        raise ModelFileError(f"{model.source}: its weights cannot be read ({error})") from error
    names = model.properties.get(_NAMES_KEY, "").split("\n")
    missing = [name for name in names if name and name not in arrays]
    if missing:
        raise ModelFileError(f"{model.source}: lacks the weights {missing[0]!r}")
    for name in names:
        if name:
            state[name] = torch.from_numpy(np.array(arrays[name]))
    return state


def _trace(network: nn.Module, metadata: ModelMetadata, target: str) -> onnx.ModelProto:
    """The graph of `network`, with free N, H and W, constants folded and weights untouched."""
    from onnxscript import optimizer

    stride = metadata.stride
    rows, cols, count = (torch.export.Dim(name, min=1) for name in ("rows", "cols", "n"))
    # Sizes of 1 and equal sizes would be taken for constants.
    example = torch.zeros(2, metadata.channels, 8 * stride, 6 * stride)
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                _Probability(network).eval(),
                (example,),
                dynamo=True,
                optimize=False,  # would fuse batch norm into the weights
                verbose=False,
                input_names=["image"],
                output_names=_output_names(network),
                opset_version=OPSET,
                dynamic_shapes={"image": {0: count, 2: stride * rows, 3: stride * cols}},
            )
            if program is None:
                raise ModelFileError(f"{target}: torch gave no graph")
            state = {_PREFIX + name for name in network.state_dict()}
            optimizer.fold_constants(program.model, should_fold=lambda node: _may_fold(node, state))
            optimizer.remove_unused_nodes(program.model)
    except (RuntimeError, TypeError, ValueError, torch.onnx.errors.OnnxExporterError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelFileError(f"{target}: torch cannot export this network: {lines[0]}") from error
    return _clean(program.model_proto)


def _output_names(network: nn.Module) -> list[str]:
    enlarges = getattr(network, "enlarges_image", False)
    return ["probability", "enlarged_image"] if enlarges else ["probability"]


def _may_fold(node: Any, state: set[str]) -> bool | None:
    """Folding a step of the weights (a transposition) would put another tensor in their place."""
    touches = any(value is not None and value.name in state for value in node.inputs)
    return False if touches and node.op_type != "Shape" else None


def _clean(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what tells about the exporting machine (traces with paths), and the wrapper's prefix."""
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    for value in (*graph.input, *graph.output, *graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for index, name in enumerate(node.input):
            node.input[index] = name.removeprefix(_PREFIX)
    for initializer in graph.initializer:
        initializer.name = initializer.name.removeprefix(_PREFIX)
    graph.name = "crackgauge"
    model.producer_name, model.producer_version = "crackgauge", ""
    return model


def _store_state(model: onnx.ModelProto, state: Mapping[str, Tensor]) -> None:
    """Make sure that every tensor of `state` is in the file, as initialiser or beside the graph."""
    arrays = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
    inside: list[str] = []
    unused: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name in arrays and _bit_equal(arrays[name], tensor.detach().numpy()):
            inside.append(name)
        else:
            unused[name] = tensor.detach().contiguous().clone()
    _describe(model, _NAMES_KEY, "\n".join(inside))
    if unused:
        encoded = base64.b64encode(safetensors.torch.save(unused)).decode()
        _describe(model, UNUSED_STATE_KEY, encoded)


def _bit_equal(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    same_kind = first.dtype == second.dtype and first.shape == second.shape
    return same_kind and first.tobytes() == second.tobytes()


def _describe(model: onnx.ModelProto, key: str, value: str) -> None:
    entry = model.metadata_props.add()
    entry.key, entry.value = key, value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own inner workings, which no user can act on."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
