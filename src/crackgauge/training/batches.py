"""Batches of augmented patches, made ahead in the background.

Legend: N batch, C channels, p side of a patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.data.augment import change_light, cut
from crackgauge.data.dataset import Sample, at_least
from crackgauge.data.epochs import EpochPlan
from crackgauge.data.patch_sampler import PatchSetSampler
from crackgauge.data.patch_set import compose, index_patches
from crackgauge.data.preprocess import normalise
from crackgauge.data.sampling import PatchSampler, allocate
from crackgauge.data.signed_distance import PatchDistances
from crackgauge.errors import DatasetError
from crackgauge.losses import BOUNDARY_LOSSES
from crackgauge.recipes.schema import Boundary, Recipe

_AHEAD = 3


class Batch(NamedTuple):
    """Augmented patches with their truth.

    Attributes:
        x: input float32 (N, C, p, p), normalised.
        mask: truth float32 (N, 1, p, p) of {0, 1}.
        signed_distance: float32 (N, 1, p, p) to the boundary of the truth as augmented, in px or
            normalised as the recipe says; None where its loss needs none.
    """

    x: npt.NDArray[Any]
    mask: npt.NDArray[Any]
    signed_distance: npt.NDArray[Any] | None = None


class Batches:
    """The batch of every step, a function of the recipe's seed and the step alone.

    A patch set that is mined makes it a function of the patches added as well.

    Args:
        samples: to learn from.
        recipe: says how patches are chosen and changed.
        first_dataset: how many of the samples are the first dataset's; None: all.

    Attributes:
        epochs: where they begin and end.
        patch_set: the set, where the recipe asks for one, else None.

    Raises:
        DatasetError: the samples do not hold the patches that the recipe asks for.
    """

    def __init__(
        self, samples: Sequence[Sample], recipe: Recipe, *, first_dataset: int | None = None
    ) -> None:
        self._recipe = recipe
        side = max(recipe.sampling.patch_px, recipe.sampling.patch_set.parent_px or 0)
        self._samples = [at_least(sample, side) for sample in samples]
        masks = [sample.mask for sample in self._samples]
        rules = recipe.boundary or Boundary()
        self._distances = PatchDistances(masks, normalised=rules.normalised_distance)
        self._sampler: PatchSampler | PatchSetSampler
        self.patch_set: PatchSetSampler | None = None
        if recipe.sampling.patches == "patch-set":
            self._sampler = self.patch_set = _patch_set_sampler(masks, recipe, first_dataset)
            self.epochs = self.patch_set.epochs
        else:
            self._sampler = _patch_sampler(masks, recipe)
            self.epochs = EpochPlan([self._sampler.steps_per_epoch] * recipe.epochs)

    def make(self, step: int) -> Batch:
        """The batch of `step`."""
        recipe = self._recipe
        inputs, truths, distances = [], [], []
        for place, (index, row, col) in enumerate(self._sampler.batch(step)):
            generator = self._sampler.augmentation_generator(step, place)
            sample = self._samples[index]
            patch, truth = cut(
                sample.image,
                sample.mask,
                corner=(row, col),
                patch_px=recipe.sampling.patch_px,
                settings=recipe.augmentation,
                generator=generator,
            )
            patch = change_light(patch, settings=recipe.augmentation, generator=generator)
            inputs.append(normalise(patch, mean=recipe.input.mean, std=recipe.input.std))
            truths.append(truth[None].astype(np.float32))
            if recipe.loss in BOUNDARY_LOSSES:
                distances.append(self._distances.of(index, truth)[None])
        return Batch(np.stack(inputs), np.stack(truths), np.stack(distances) if distances else None)

    def plain(self, places: Sequence[tuple[int, int, int]]) -> npt.NDArray[Any]:
        """Input float32 (N, C, p, p), normalised, of (image, row, col) without augmentation."""
        side, settings = self._recipe.sampling.patch_px, self._recipe.input
        patches = (
            self._samples[image].image[row : row + side, col : col + side]
            for image, row, col in places
        )
        return np.stack([normalise(p, mean=settings.mean, std=settings.std) for p in patches])

    def stem(self, image: int) -> str:
        """The name of an image."""
        return self._samples[image].stem

    def run(self, first_step: int, end_step: int) -> Iterator[tuple[int, Batch]]:
        """(step, batch) of the steps [first_step, end_step), made ahead in one thread.

        Where a patch set grows, nothing is made ahead before it has grown.
        """
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting: list[Future[Batch]] = []
            try:
                for step in range(first_step, end_step):
                    known = self.patch_set.known_steps if self.patch_set else end_step
                    while len(waiting) < _AHEAD and step + len(waiting) < min(known, end_step):
                        waiting.append(pool.submit(self.make, step + len(waiting)))
                    yield step, waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()


def _patch_sampler(masks: Sequence[Mask], recipe: Recipe) -> PatchSampler:
    sampling = recipe.sampling
    counts = allocate(
        sampling.count,
        [int(np.count_nonzero(mask)) for mask in masks],
        rule="by-crack-pixels" if sampling.patches == "by-crack-pixels" else "per-image",
    )
    if sampling.crack_share == 1:  # an image without a crack would give patches without one
        counts = [n if mask.any() else 0 for n, mask in zip(counts, masks, strict=True)]
        if not any(counts):
            raise DatasetError(
                f"got {len(masks)} training images without a crack, expected cracks to cut patches "
                "around (sampling.crack_share=1); check the masks with `crackgauge data check`"
            )
    return PatchSampler(
        masks,
        patch_px=sampling.patch_px,
        crack_share=sampling.crack_share,
        counts=counts,
        batch=recipe.batch,
        fresh=sampling.fresh,
        seed=recipe.seed,
    )


def _patch_set_sampler(
    masks: Sequence[Mask], recipe: Recipe, first_dataset: int | None
) -> PatchSetSampler:
    settings = recipe.sampling.patch_set
    index = index_patches(
        masks, recipe.sampling.patch_px, parent_px=settings.parent_px, seed=settings.seed
    )
    chosen = compose(
        index,
        settings.composition,
        crack_patches=settings.crack_patches,
        crack_share=settings.crack_share,
        first_dataset=first_dataset,
        seed=settings.seed,
    )
    return PatchSetSampler(
        index,
        chosen,
        batch=recipe.batch,
        epochs=recipe.epochs,
        mining_after=settings.mining.after_epochs,
        mining_patches=settings.mining.patches,
        seed=recipe.seed,
    )
