"""Which images a training learns from, and which it is scored on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from crackgauge.arrays import Mask
from crackgauge.data.curves import to_band
from crackgauge.data.dataset import Sample, load_samples
from crackgauge.data.drawn_curves import draw_random_curve
from crackgauge.data.layouts import scan
from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.errors import DatasetError, RecipeError
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import Curves

# The held-back images stay the same from seed to seed, so that seeds differ by training alone.
_HOLDBACK_SEED = 0
# So do the drawn curves.
_DRAWN_SEED = 0


@dataclass(frozen=True)
class TrainingSamples:
    """Images of a training.

    Attributes:
        train: to learn from.
        validation: to choose threshold and best weights on; empty if the recipe holds none back.
        validation_name: what the validation images are, for the model's metadata.
        first_dataset: how many of `train` are the first dataset's; they stand first.
    """

    train: list[Sample]
    validation: list[Sample]
    validation_name: str
    first_dataset: int


def load_training_samples(
    folders: Sequence[Path], recipe: Recipe, *, report: Callable[[int], Callable[[], None]]
) -> TrainingSamples:
    """Read the training and validation images of one or more datasets.

    A dataset with splits gives its `train` to learn from and its `val`, where it has one, to
    validate on; one without splits is learned from as a whole. Where no dataset has a `val`, the
    recipe's `validation.holdback` of the first dataset's source photos is held back.

    Args:
        folders: the datasets.
        recipe: says how images are prepared and how many are held back.
        report: called with the number of images to read; returns what to call after each.

    Raises:
        DatasetError: no training image; or none with a crack, where truths are curves.
        InputRefused: an image or mask cannot be read.
    """
    train: list[Pair] = []
    validation: list[Pair] = []
    first: list[Pair] = []
    for folder in folders:
        splits = scan(folder).splits
        pairs = find_pairs(folder, split="train" if "train" in splits else None)
        first = first or pairs
        train += pairs
        if "val" in splits:
            validation += find_pairs(folder, split="val")
    name = f"the val split ({len(validation)} images)"
    if not validation and recipe.validation.holdback:
        validation = hold_back(first, recipe.validation.holdback)
        held = {pair.image for pair in validation}
        train = [pair for pair in train if pair.image not in held]
        name = f"{len(validation)} images held back from the training images"
    if not train:
        raise DatasetError(
            f"{', '.join(map(str, folders))}: got no training image, expected images with masks; "
            "see `crackgauge data check`"
        )
    own = {pair.image for pair in first}
    tick = report(len(train) + len(validation))
    curves = recipe.curves

    def load(pairs: list[Pair]) -> list[Sample]:
        return load_samples(
            pairs,
            channels=recipe.input.channels,
            preprocessing=recipe.input.preprocessing,
            change=None if curves is None else partial(_band, settings=curves),
            labels=() if curves is None else curves.labels,
            report=tick,
        )

    labelled = load(train)
    if curves is not None and not any(sample.mask.any() for sample in labelled):
        raise DatasetError(
            f"{', '.join(map(str, folders))}: got {len(labelled)} training images, none of which "
            "has a crack, expected curves to learn; check the masks with `crackgauge data check`, "
            "and the labels that count (curves.labels)"
        )
    return TrainingSamples(
        [*labelled, *_drawn_samples(recipe)],
        load(validation),
        name if validation else "none",
        first_dataset=sum(pair.image in own for pair in train),
    )


def _band(mask: Mask, *, settings: Curves) -> Mask:
    return to_band(mask, dilations=settings.dilations, radius_px=settings.radius_px)


def _drawn_samples(recipe: Recipe) -> list[Sample]:
    """Random curves as bands on blank images of twice the patch's side; none but for some recipes.

    Raises:
        RecipeError: the recipe's system looks at images.
    """
    settings = recipe.curves
    if settings is None or not settings.drawn:
        return []
    if recipe.system != "dc-gan":
        raise RecipeError(
            f"curves.drawn: got {settings.drawn} curves on blank images for the system "
            f"{recipe.system!r}, which looks at images; expected 0, or the system 'dc-gan'"
        )
    side = 2 * recipe.sampling.patch_px
    blank = np.zeros((side, side, recipe.input.channels), np.uint8)
    samples = []
    for number in range(settings.drawn):
        curve = draw_random_curve(side, np.random.default_rng((_DRAWN_SEED, number)))
        samples.append(Sample(f"drawn {number}", blank, _band(curve, settings=settings)))
    return samples


def hold_back(pairs: Sequence[Pair], share: float) -> list[Pair]:
    """About `share` of the pairs, whole source photos at a time."""
    groups = sorted({pair.group for pair in pairs})
    order = np.random.default_rng(_HOLDBACK_SEED).permutation(len(groups))
    wanted, chosen = round(share * len(pairs)), set()
    count = 0
    for index in order:
        if count >= wanted:
            break
        chosen.add(groups[index])
        count += sum(pair.group == groups[index] for pair in pairs)
    return [pair for pair in pairs if pair.group in chosen]
