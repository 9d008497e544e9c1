"""torch: for a training run that was not exported, and as the reference. `[train]` installs it."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.inference.backends import Array, Backend, NetworkMaps
from crackgauge.inference.export import load_weights
from crackgauge.inference.onnx_file import ModelFile
from crackgauge.models import build

# On CUDA, TF32 would cost tile-exactness, and searched algorithms differ from run to run.
_EXACT = functools.partial(
    torch.backends.cudnn.flags,
    enabled=True,
    benchmark=False,
    deterministic=True,
    allow_tf32=False,
)


class TorchBackend:
    """A network of `crackgauge.models` in evaluation mode."""

    name = "torch"

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network = network.eval().to(device)
        self._device = device

    def run(self, batch: Array) -> Array:
        """Map input (N, C, H, W) to probability (N, 1, H', W').

        Raises:
            UsageError: the memory does not suffice.
        """
        return self.maps(batch).probability

    @torch.inference_mode()
    def maps(self, batch: Array) -> NetworkMaps:
        """As `run`, with the enlarged image where the network makes one.

        Raises:
            UsageError: as `run`.
        """
        try:
            x = torch.from_numpy(np.ascontiguousarray(batch)).to(self._device)
            with _EXACT():
                output = self._network(x)
                probability = torch.sigmoid(output.logits.float())
        except torch.OutOfMemoryError as error:
            raise UsageError(
                f"the memory does not suffice for a tile of {batch.shape}; use a smaller --tile"
            ) from error
        enlarged = output.enlarged_image
        image = None if enlarged is None else enlarged.float().cpu().numpy()
        return NetworkMaps(probability.cpu().numpy(), image)


def open_backend(
    model: ModelFile, *, device: str = "auto", threads: int | None = None, precision: str = "f32"
) -> Backend:
    """Build the architecture that the model file names and fill in its weights.

    Raises:
        UsageError: no such device, or bf16.
        RecipeError: an architecture or an option that this crackgauge does not know.
        ModelFileError: weights that do not fit the architecture.
    """
    network = build(model.metadata.architecture, **model.metadata.options)
    try:
        network.load_state_dict(load_weights(model))
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise ModelFileError(
            f"{model.source}: its weights do not fit {model.metadata.architecture}: "
            f"{lines[-1].strip()}; export the model again"
        ) from error
    return wrap_network(network, device=device, threads=threads, precision=precision)


def wrap_network(
    network: nn.Module, *, device: str = "auto", threads: int | None = None, precision: str = "f32"
) -> TorchBackend:
    """Run a network that is already in memory.

    Args:
        network: returns a `SegmentationOutput`.
        device: "auto", "cpu" or "cuda".
        threads: of torch, for the whole process; None leaves them.
        precision: "f32".

    Raises:
        UsageError: no such device, or bf16.
    """
    if precision != "f32":
        raise UsageError(f"got precision {precision!r}, expected f32: torch runs fp32 here")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("got device cuda, but torch finds none here; use --device cpu")
    if threads is not None:
        torch.set_num_threads(threads)
    cuda = device != "cpu" and torch.cuda.is_available()
    return TorchBackend(network, torch.device("cuda" if cuda else "cpu"))
