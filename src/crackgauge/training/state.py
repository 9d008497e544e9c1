"""The state of a training: everything that an exact resume needs, in one safetensors file.

Files in `RUN/states`: `step-<9 digits>.safetensors` and its SHA-256 in a file beside it. A state
counts only with a matching digest, so a half-written one is never taken for the newest good one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from crackgauge.errors import ModelFileError
from crackgauge.files import write_bytes_atomic, write_text_atomic
from crackgauge.training.collapse import Collapse
from crackgauge.training.outcome import Outcome

_KEEP = 2


@dataclass
class Progress:
    """Where a training stands; plain numbers, saved with the tensors.

    Attributes:
        step: steps done.
        rows: rows of the journal written.
        loss_sum, loss_count: of the running epoch.
        predicted_px, crack_px, seen_px: pixels predicted as crack, crack in truth, and all, of the
            running epoch.
        collapse: how the predictions of the last epoch had collapsed, see `find_collapse`.
        skipped: steps left out in the running epoch because the gradient was not finite.
        skipped_in_a_row: the same, up to now without a break.
        best_score: best validation score so far, or None.
        best_step: step of it.
        without_better: validations since.
        figure_sums: of the system's own figures in the running epoch, by name.
        added_patches: numbers of the background patches that each round of mining has added.
    """

    step: int = 0
    rows: int = 0
    loss_sum: float = 0.0
    loss_count: int = 0
    predicted_px: int = 0
    crack_px: int = 0
    seen_px: int = 0
    collapse: Collapse = ""
    skipped: int = 0
    skipped_in_a_row: int = 0
    best_score: float | None = None
    best_step: int = 0
    without_better: int = 0
    figure_sums: dict[str, float] = field(default_factory=dict)
    added_patches: list[list[int]] = field(default_factory=list)

    def count(self, outcome: Outcome) -> None:
        """Add what a step tells to the running epoch."""
        self.loss_sum += outcome.loss
        self.loss_count += 1
        self.predicted_px += outcome.predicted_px
        self.crack_px += outcome.crack_px
        self.seen_px += outcome.seen_px
        for name, value in outcome.figures.items():
            self.figure_sums[name] = self.figure_sums.get(name, 0.0) + value

    def start_epoch(self) -> None:
        """Set back what is counted over an epoch."""
        self.loss_sum, self.loss_count, self.skipped = 0.0, 0, 0
        self.predicted_px = self.crack_px = self.seen_px = 0
        self.figure_sums = {}


@dataclass
class TrainingState:
    """The objects that a state is taken from and put back into.

    Attributes:
        networks: trained weights and buffers by name; the first is "network", the recipe's own.
        averaged: the recipe's network with averaged weights, or None.
        optimizers: of the parameters of each network that has any to train, by the same names.
        recipe_digest: SHA-256 of the recipe, so that a state is never resumed under another.
        progress: plain numbers.
    """

    networks: dict[str, nn.Module]
    averaged: nn.Module | None
    optimizers: dict[str, torch.optim.Optimizer]
    recipe_digest: str
    progress: Progress = field(default_factory=Progress)

    @property
    def network(self) -> nn.Module:
        """The recipe's own network, as trained."""
        return self.networks["network"]

    @property
    def kept(self) -> nn.Module:
        """What is validated and exported: the averaged network where there is one."""
        return self.averaged or self.network


def save_state(state: TrainingState, folder: Path) -> Path:
    """Write the state of this step; the newest two stay.

    Raises:
        StorageError: it cannot be written; the older states stay as they are.
    """
    tensors = {
        f"networks/{name}/{k}": v
        for name, network in state.networks.items()
        for k, v in network.state_dict().items()
    }
    if state.averaged is not None:
        tensors |= {f"averaged/{k}": v for k, v in state.averaged.state_dict().items()}
    for name, optimizer in state.optimizers.items():
        for index, values in optimizer.state_dict()["state"].items():
            for key, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizers/{name}/{index}/{key}"] = value
    tensors["generator"] = torch.get_rng_state()
    described = {"recipe": state.recipe_digest, "progress": asdict(state.progress)}
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    content = save(plain, {"state": json.dumps(described)})
    path = folder / f"step-{state.progress.step:09d}.safetensors"
    write_bytes_atomic(path, content)
    write_text_atomic(_digest_file(path), hashlib.sha256(content).hexdigest() + "\n")
    for old in _states(folder)[:-_KEEP]:
        _digest_file(old).unlink(missing_ok=True)
        old.unlink(missing_ok=True)
    return path


def has_state(folder: Path) -> bool:
    """Whether there is a state, good or not."""
    return bool(_states(folder))


def newest_state(folder: Path) -> Path | None:
    """The newest state whose digest matches, or None."""
    for path in reversed(_states(folder)):
        digest = _digest_file(path)
        if not digest.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() == digest.read_text().strip():
            return path
    return None


def load_state(path: Path, state: TrainingState) -> None:
    """Put the state of `path` back into the objects of `state`.

    Raises:
        ModelFileError: the file is no state of this training.
    """
    try:
        with safe_open(path, "pt") as file:
            described = json.loads((file.metadata() or {})["state"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelFileError(f"{path}: is no training state ({error})") from error
    if described["recipe"] != state.recipe_digest:
        raise ModelFileError(
            f"{path}: was saved under another recipe or dataset; resume with the recipe in the "
            "run's folder, or train into another folder"
        )
    for name, network in state.networks.items():
        network.load_state_dict(_under(tensors, f"networks/{name}"))
    if state.averaged is not None:
        state.averaged.load_state_dict(_under(tensors, "averaged"))
    for name, optimizer in state.optimizers.items():
        values: dict[int, dict[str, Any]] = {}
        for path_in_state, tensor in _under(tensors, f"optimizers/{name}").items():
            index, key = path_in_state.split("/")
            values.setdefault(int(index), {})[key] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": values})
    torch.set_rng_state(tensors["generator"])
    state.progress = Progress(**described["progress"])


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {key[len(start) :]: value for key, value in tensors.items() if key.startswith(start)}


def _states(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.safetensors"))


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")
