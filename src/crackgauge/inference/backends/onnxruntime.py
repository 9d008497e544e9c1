"""ONNX Runtime: the default, on every install; fp32."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.inference.backends import Array, Backend, NetworkMaps, available_threads
from crackgauge.inference.onnx_file import ModelFile

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_PROBABILITY, _ENLARGED = "probability", "enlarged_image"
_FATAL_ONLY = 4  # what ONNX Runtime would log is raised, and said once


class OnnxRuntimeBackend:
    """A session of ONNX Runtime."""

    name = "onnxruntime"

    def __init__(self, session: Any, source: str) -> None:
        self._session = session
        self._source = source

    def run(self, batch: Array) -> Array:
        """Map input (N, C, H, W) to probability (N, 1, H', W').

        Raises:
            UsageError: the memory does not suffice.
            ModelFileError: the network cannot run it.
        """
        return self._run(batch, [_PROBABILITY]).probability

    def maps(self, batch: Array) -> NetworkMaps:
        """As `run`, with the enlarged image where the network makes one.

        Raises:
            UsageError, ModelFileError: as `run`.
        """
        return self._run(batch, [output.name for output in self._session.get_outputs()])

    def _run(self, batch: Array, names: list[str]) -> NetworkMaps:
        try:
            found = self._session.run(names, {"image": batch})
        except Exception as error:
            raise _run_error(error, batch, self._source) from error
        maps = {
            name: np.asarray(array, np.float32) for name, array in zip(names, found, strict=True)
        }
        # Its sigmoid gives 1.0000001 for logits around 17.
        return NetworkMaps(np.clip(maps[_PROBABILITY], 0.0, 1.0), maps.get(_ENLARGED))


def open_backend(
    model: ModelFile, *, device: str = "auto", threads: int | None = None, precision: str = "f32"
) -> Backend:
    """Load `model` into ONNX Runtime.

    Raises:
        UsageError: cuda asked for where this ONNX Runtime has none, or bf16.
        ModelFileError: ONNX Runtime refuses the graph, or its input and output do not fit.
    """
    if precision != "f32":
        raise UsageError(
            f"got precision {precision!r}, expected f32: ONNX Runtime runs fp32 here; "
            "use --backend openvino for bf16"
        )
    providers = _providers(device)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or available_threads()
    options.inter_op_num_threads = 1
    # Patterns of memory by shape cost a third more at the peak and gain no time.
    options.enable_mem_pattern = False
    options.log_severity_level = _FATAL_ONLY
    try:
        session = onnxruntime.InferenceSession(
            model.content, options, providers=providers, enable_fallback=0
        )
    except Exception as error:
        raise ModelFileError(
            f"{model.source}: ONNX Runtime cannot load it: {_first_line(error)}; "
            "export the model again"
        ) from error
    _check_signature(session, model)
    return OnnxRuntimeBackend(session, model.source)


def _providers(device: str) -> list[Any]:
    has_cuda = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise UsageError(
            "got device cuda, but this ONNX Runtime has no CUDA; install onnxruntime-gpu in "
            "place of onnxruntime, or use --device cpu"
        )
    if device == "cpu" or not has_cuda:
        return [_CPU]
    # TF32 would cost tile-exactness; a search for the best algorithm would run at every new shape.
    return [(_CUDA, {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}), _CPU]


def _check_signature(session: Any, model: ModelFile) -> None:
    inputs = [(i.name, i.type, len(i.shape), i.shape[1:2]) for i in session.get_inputs()]
    outputs = [(o.name, o.type, len(o.shape)) for o in session.get_outputs()]
    expected = [("image", "tensor(float)", 4, [model.metadata.channels])]
    allowed = [(name, "tensor(float)", 4) for name in (_PROBABILITY, _ENLARGED)]
    if inputs != expected or outputs not in (allowed[:1], allowed):
        raise ModelFileError(
            f"{model.source}: got inputs {inputs} and outputs {outputs}, expected one float input "
            f"image (N, {model.metadata.channels}, H, W) and one float output probability "
            "(N, 1, H, W), with or without enlarged_image; export the model again"
        )


def _run_error(error: Exception, batch: Array, source: str) -> UsageError | ModelFileError:
    shape = "x".join(str(size) for size in batch.shape)
    text = _first_line(error)
    if isinstance(error, MemoryError) or "alloc" in text.lower():
        return UsageError(
            f"the memory does not suffice for a tile of {shape} ({text}); use a smaller --tile"
        )
    return ModelFileError(f"{source}: the network failed on an input of {shape}: {text}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
