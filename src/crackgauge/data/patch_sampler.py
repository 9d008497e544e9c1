"""Batches from a patch set that may grow: a function of seed, step and the patches added.

Hard-negative mining adds background patches after given epochs. How many is known beforehand, so
the steps of every epoch are; which ones, the training tells by `add`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crackgauge.data.epochs import EpochPlan
from crackgauge.data.patch_set import Numbers, PatchIndex
from crackgauge.errors import DatasetError

# Streams of random numbers, as in `crackgauge.data.sampling`.
_ORDER, _AUGMENT = 2, 3


class PatchSetSampler:
    """Positions of patches, batch by batch; an epoch is one pass over the set in a new order.

    Args:
        index: all patches.
        chosen: numbers of those in the set at the start, from `compose`.
        batch: patches a step; a last incomplete batch is left out.
        epochs: of the training.
        mining_after: epochs, counted from 1 and ascending, after each of which background patches
            are added.
        mining_patches: how many each time; fewer where no more are left.
        seed: of the order and the augmentation.

    Attributes:
        index: all patches.
        epochs: where they begin and end.

    Raises:
        DatasetError: less than a batch of patches, or no background patch is left to be mined.
    """

    def __init__(
        self,
        index: PatchIndex,
        chosen: Numbers,
        *,
        batch: int,
        epochs: int,
        mining_after: Sequence[int] = (),
        mining_patches: int = 0,
        seed: int,
    ) -> None:
        self.index = index
        self._batch, self._seed = batch, seed
        self._members = chosen
        self._pool = np.setdiff1d(index.background, chosen)
        self._growth: dict[int, int] = {}
        left = len(self._pool)
        for epoch in mining_after:
            count = min(mining_patches, left)
            if count:
                self._growth[epoch] = count
            left -= count
        if len(chosen) < batch:
            raise DatasetError(
                f"got a patch set of {len(chosen)} patches, expected at least one batch of "
                f"{batch}; take more crack patches or lower batch"
            )
        if mining_after and len(self._pool) == 0:
            raise DatasetError(
                f"got a patch set that holds all {len(index.background)} background patches, "
                "expected some left out to mine; leave out the mining or take another composition"
            )
        self._sizes = [len(chosen) + sum(self._until(epoch)) for epoch in range(epochs)]
        self.epochs = EpochPlan([size // batch for size in self._sizes])

    def _until(self, epoch: int) -> list[int]:
        """Patches of each round that `epoch`, counted from 0, comes after."""
        return [count for after, count in self._growth.items() if after <= epoch]

    @property
    def pool(self) -> Numbers:
        """Numbers of the background patches that are not in the set, ascending."""
        return self._pool

    @property
    def rounds(self) -> list[int]:
        """Epochs, counted from 1, after which patches are added, ascending."""
        return list(self._growth)

    def growth_after(self, epoch: int) -> int:
        """How many patches are added after `epoch`, counted from 1."""
        return self._growth.get(epoch, 0)

    def add(self, numbers: Sequence[int]) -> None:
        """Add the patches of the next round, which must be in the pool."""
        added = np.asarray(numbers, np.int64)
        size = len(self._members) + len(added)
        if size not in self._sizes or not np.isin(added, self._pool).all():
            raise ValueError(f"got {len(added)} patches that are not those of the next round")
        self._members = np.concatenate([self._members, added])
        self._pool = np.setdiff1d(self._pool, added)

    @property
    def known_steps(self) -> int:
        """Steps whose batches can be made with the patches added so far."""
        known = sum(size <= len(self._members) for size in self._sizes)
        return self.epochs.first_step(known)

    def batch(self, step: int) -> list[tuple[int, int, int]]:
        """(image, row, col) of each patch of the batch of `step`, counted from 0."""
        epoch, place = self.epochs.at(step)
        generator = np.random.default_rng((self._seed, _ORDER, epoch))
        order = generator.permutation(self._sizes[epoch])
        numbers = self._members[order[place * self._batch : (place + 1) * self._batch]]
        return [self.index.place(int(number)) for number in numbers]

    def augmentation_generator(self, step: int, place: int) -> np.random.Generator:
        """The generator that augments patch `place` of the batch of `step`."""
        return np.random.default_rng((self._seed, _AUGMENT, step, place))
