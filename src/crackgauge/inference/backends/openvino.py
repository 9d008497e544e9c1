"""OpenVINO on the CPU: faster on Intel and AMD CPUs, fp32 or bf16. Installed by `[openvino]`."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import openvino

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.inference.backends import Array, Backend, NetworkMaps, available_threads
from crackgauge.inference.onnx_file import ModelFile

# A network compiled for one shape is faster than one for all shapes, but each holds its own memory.
# A row of tiles has three shapes: its first, its inner and its last one.
_COMPILED_SHAPES = 3


class OpenVinoBackend:
    """A model of OpenVINO with the last compiled shapes."""

    def __init__(self, model: Any, core: Any, settings: dict[str, Any], source: str) -> None:
        bf16 = settings["INFERENCE_PRECISION_HINT"] == "bf16"
        self.name = "openvino-bf16" if bf16 else "openvino"
        self._model, self._core, self._settings, self._source = model, core, settings, source
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def run(self, batch: Array) -> Array:
        """Map input (N, C, H, W) to probability (N, 1, H', W').

        Raises:
            UsageError: the memory does not suffice.
            ModelFileError: the network cannot run it.
        """
        return self.maps(batch).probability

    def maps(self, batch: Array) -> NetworkMaps:
        """As `run`, with the enlarged image where the network makes one.

        Raises:
            UsageError, ModelFileError: as `run`.
        """
        try:
            request = self._request(batch.shape)
            request.infer([np.ascontiguousarray(batch)], share_inputs=True)
            found = [
                np.array(request.get_output_tensor(index).data, np.float32)
                for index in range(len(self._model.outputs))
            ]
            return NetworkMaps(*found)
        except MemoryError as error:
            raise UsageError(
                f"the memory does not suffice for a tile of {batch.shape}; use a smaller --tile"
            ) from error
        except RuntimeError as error:
            raise ModelFileError(
                f"{self._source}: OpenVINO failed on an input of {batch.shape}: {_last_line(error)}"
            ) from error

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape in self._requests:
            self._requests.move_to_end(shape)
            return self._requests[shape]
        if len(self._requests) == _COMPILED_SHAPES:
            self._requests.popitem(last=False)
        model = self._model.clone()
        model.reshape(list(shape))
        compiled = self._core.compile_model(model, "CPU", self._settings)
        return self._requests.setdefault(shape, compiled.create_infer_request())


def open_backend(
    model: ModelFile, *, device: str = "auto", threads: int | None = None, precision: str = "f32"
) -> Backend:
    """Load `model` into OpenVINO.

    Args:
        model: a checked model file.
        device: "auto" or "cpu".
        threads: None for all that this process may use.
        precision: "f32", or "bf16": about twice as fast where the CPU multiplies bf16, at a
            difference of probability that depends on the CPU.

    Raises:
        UsageError: cuda asked for.
        ModelFileError: OpenVINO refuses the graph.
    """
    if device == "cuda":
        raise UsageError("got device cuda, expected cpu: OpenVINO runs on the CPU here")
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads or available_threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
    }
    core = openvino.Core()
    try:
        network = core.read_model(model.content, b"")
    except RuntimeError as error:
        raise ModelFileError(
            f"{model.source}: OpenVINO cannot load it: {_last_line(error)}; export the model again"
        ) from error
    return OpenVinoBackend(network, core, settings, model.source)


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
