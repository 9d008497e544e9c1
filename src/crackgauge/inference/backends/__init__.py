"""Runtimes that run one network, chosen by name from the dict `BACKENDS`."""

from __future__ import annotations

import difflib
import importlib
import os
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError

if TYPE_CHECKING:
    from crackgauge.inference.onnx_file import ModelFile

Array = npt.NDArray[np.float32]
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["f32", "bf16"]

# Name -> the module, and the extra that installs it ("" for the base install).
BACKENDS: dict[str, tuple[str, str]] = {
    "onnxruntime": ("crackgauge.inference.backends.onnxruntime", ""),
    "openvino": ("crackgauge.inference.backends.openvino", "openvino"),
    "torch": ("crackgauge.inference.backends.torch", "train"),
}


class NetworkMaps(NamedTuple):
    """Everything that a network puts out.

    Attributes:
        probability: float32 (N, 1, H', W').
        enlarged_image: float32 (N, C, H', W'), normalised as the input is; None where the network
            makes none.
    """

    probability: Array
    enlarged_image: Array | None = None


class Backend(Protocol):
    """A network ready to run.

    Attributes:
        name: its name in `BACKENDS`.
    """

    name: str

    def run(self, batch: Array) -> Array:
        """Map input (N, C, H, W) to probability (N, 1, H', W'); H and W multiples of the stride.

        Raises:
            UsageError: the memory does not suffice for an input of this size.
            ModelFileError: the network cannot run it.
        """

    def maps(self, batch: Array) -> NetworkMaps:
        """As `run`, with the enlarged image where the network makes one."""


class _Module(Protocol):
    def open_backend(
        self, model: ModelFile, *, device: str, threads: int | None, precision: str
    ) -> Backend: ...


def open_backend(
    name: str,
    model: ModelFile,
    *,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "f32",
) -> Backend:
    """Load `model` into the runtime `name`.

    Args:
        name: a key of `BACKENDS`.
        model: a checked model file.
        device: "auto" (cuda where this runtime can, else cpu), "cpu" or "cuda".
        threads: on the CPU; None for all that this process may use.
        precision: "f32", or "bf16" where the runtime offers it (OpenVINO).

    Raises:
        UsageError: an unknown name, a runtime that is not installed, or an option it lacks.
        ModelFileError: the runtime cannot load the model.
    """
    if name not in BACKENDS:
        near = difflib.get_close_matches(name, BACKENDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"unknown backend {name!r}; known: {', '.join(BACKENDS)}{hint}")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"got device {device!r}, expected auto, cpu or cuda")
    if threads is not None and threads < 1:
        raise UsageError(f"got {threads} threads, expected 1 or more")
    if precision not in ("f32", "bf16"):
        raise UsageError(f"got precision {precision!r}, expected f32 or bf16")
    module_name, extra = BACKENDS[name]
    try:
        module = cast(_Module, importlib.import_module(module_name))
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").startswith("crackgauge"):
            raise
        raise UsageError(
            f"the backend {name!r} is not installed; run: pip install 'crackgauge[{extra}]'"
        ) from error
    return module.open_backend(model, device=device, threads=threads, precision=precision)


def available_threads() -> int:
    """CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
