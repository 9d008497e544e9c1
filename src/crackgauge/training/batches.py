"""Batches of augmented patches, made ahead in the background.

Legend: N batch, C channels, p side of a patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.data.augment import change_light, cut
from crackgauge.data.dataset import Sample, at_least
from crackgauge.data.preprocess import normalise
from crackgauge.data.sampling import PatchSampler, allocate
from crackgauge.recipes.schema import Recipe

_AHEAD = 3


class Batches:
    """The batch of every step, a function of the recipe's seed and the step alone."""

    def __init__(self, samples: Sequence[Sample], recipe: Recipe) -> None:
        self._recipe = recipe
        patch_px = recipe.sampling.patch_px
        self._samples = [at_least(sample, patch_px) for sample in samples]
        masks = [sample.mask for sample in self._samples]
        counts = allocate(
            recipe.sampling.count,
            [int(np.count_nonzero(mask)) for mask in masks],
            rule=recipe.sampling.patches,
        )
        self._sampler = PatchSampler(
            masks,
            patch_px=patch_px,
            crack_share=recipe.sampling.crack_share,
            counts=counts,
            batch=recipe.batch,
            fresh=recipe.sampling.fresh,
            seed=recipe.seed,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Full batches an epoch."""
        return self._sampler.steps_per_epoch

    def make(self, step: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Input float32 (N, C, p, p), normalised, and truth float32 (N, 1, p, p) of {0, 1}."""
        recipe = self._recipe
        inputs, truths = [], []
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
        return np.stack(inputs), np.stack(truths)

    def run(
        self, first_step: int, end_step: int
    ) -> Iterator[tuple[int, npt.NDArray[Any], npt.NDArray[Any]]]:
        """(step, input, truth) of the steps [first_step, end_step), made ahead in one thread."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            waiting: list[Future[tuple[npt.NDArray[Any], npt.NDArray[Any]]]] = []
            try:
                for step in range(first_step, end_step):
                    while len(waiting) < _AHEAD and step + len(waiting) < end_step:
                        waiting.append(pool.submit(self.make, step + len(waiting)))
                    yield step, *waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()
