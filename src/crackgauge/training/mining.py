"""Hard-negative mining: background patches that the network takes for crack join the patch set.

After the epochs that the recipe names, every training background that is not in the set is
predicted as it is; those with the most predicted crack are added, and training goes on. Which they
are is part of the training's state; `added_patches.csv` in the run's folder says it to people.

Legend: K background patches outside the set, N of them at a time; p side of a patch.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from crackgauge.files import write_text_atomic
from crackgauge.training.batches import Batches

COLUMNS = ("after_epoch", "image", "row", "col", "side_px")
_AT_ONCE_PX = 2**19


def mine(
    network: nn.Module,
    batches: Batches,
    *,
    epoch: int,
    device: torch.device,
    autocast: Callable[[], AbstractContextManager[None]],
) -> list[int]:
    """Let the patch set grow if a round is due after `epoch`, counted from 1.

    Args:
        network: is left in evaluation mode.
        batches: whose patch set grows.
        epoch: that has just ended.
        device: of the network.
        autocast: makes the context of its arithmetic.

    Returns:
        Numbers of the patches added, the worst first; empty where no round is due.
    """
    patch_set = batches.patch_set
    count = patch_set.growth_after(epoch) if patch_set else 0
    if patch_set is None or not count:
        return []
    pool = patch_set.pool
    mass = crack_mass(network, batches, pool, device=device, autocast=autocast)
    # Stable: of equally bad ones the first of the index is taken.
    worst = [int(number) for number in pool[np.argsort(-mass, kind="stable")[:count]]]
    patch_set.add(worst)
    return worst


@torch.no_grad()
def crack_mass(
    network: nn.Module,
    batches: Batches,
    numbers: npt.NDArray[np.int64],
    *,
    device: torch.device,
    autocast: Callable[[], AbstractContextManager[None]],
) -> npt.NDArray[np.float64]:
    """Sum of the predicted crack probability over each patch's pixels, float64 (K,) in [0, p^2].

    On background every bit of it is wrong: it is the expected number of false-positive pixels.
    """
    if batches.patch_set is None:
        raise ValueError("got batches without a patch set")
    network.eval()
    index = batches.patch_set.index
    at_once = max(1, _AT_ONCE_PX // index.patch_px**2)
    masses = []
    for first in range(0, len(numbers), at_once):
        places = [index.place(int(number)) for number in numbers[first : first + at_once]]
        x = torch.from_numpy(batches.plain(places)).to(device)
        with autocast():
            logits = network(x.contiguous(memory_format=torch.channels_last)).logits
        masses.append(logits.float().sigmoid().double().sum((1, 2, 3)).cpu().numpy())
    return np.concatenate(masses)


def start_mining(path: Path, batches: Batches, rounds: Sequence[Sequence[int]]) -> None:
    """Bring the patch set to where the state left it, and the file with it.

    Raises:
        StorageError: the file cannot be written.
    """
    if batches.patch_set is None or not batches.patch_set.rounds:
        return
    for numbers in rounds:
        batches.patch_set.add(numbers)
    write_added(path, batches, rounds)


def write_added(path: Path, batches: Batches, rounds: Sequence[Sequence[int]]) -> None:
    """Write one row a patch added so far, round by round, the worst first; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    if batches.patch_set is None:
        raise ValueError("got batches without a patch set")
    index = batches.patch_set.index
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for epoch, numbers in zip(batches.patch_set.rounds, rounds, strict=False):
        for number in numbers:
            image, row, col = index.place(number)
            writer.writerow((epoch, batches.stem(image), row, col, index.patch_px))
    write_text_atomic(path, text.getvalue())
