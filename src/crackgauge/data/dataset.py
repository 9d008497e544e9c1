"""The images and masks of a training, read, preprocessed and held in memory.

Legend: H, W height and width of an image; C channels of the network's input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from crackgauge.arrays import Image, Mask
from crackgauge.data.pairs import Pair
from crackgauge.data.preprocess import preprocess
from crackgauge.data.truths import read_truth
from crackgauge.errors import SIZE_MISMATCH, DatasetError, InputRefused
from crackgauge.images import read_image


@dataclass(frozen=True)
class Sample:
    """One image with its truth.

    Attributes:
        stem: the pair's name.
        image: uint8 (H, W, C), preprocessed.
        mask: bool (H, W).
    """

    stem: str
    image: Image
    mask: Mask


def load_samples(
    pairs: Iterable[Pair],
    *,
    channels: int,
    preprocessing: Sequence[str] = (),
    change: Callable[[Mask], Mask] | None = None,
    labels: Sequence[str] = (),
    report: Callable[[], None] | None = None,
) -> list[Sample]:
    """Read pairs in their order.

    Args:
        pairs: from `find_pairs`.
        channels: C, 1 or 3.
        preprocessing: names of `crackgauge.data.preprocess.PREPROCESSING`.
        change: what is made of each mask.
        labels: as in `crackgauge.data.truths.read_truth`.
        report: called after each pair, for a progress bar.

    Raises:
        DatasetError: a pair has no mask.
        InputRefused: a file cannot be read, or image and mask differ in size.
    """
    samples = []
    for pair in pairs:
        if pair.mask is None:
            raise DatasetError(f"{pair.image}: has no mask; expected one for every image")
        image = read_image(pair.image)
        mask = read_truth(pair.mask, image=pair.image, labels=labels).mask
        if mask.shape != image.shape[:2]:
            raise InputRefused(
                pair.mask,
                SIZE_MISMATCH,
                f"the mask is {mask.shape[1]}x{mask.shape[0]} and its image "
                f"{image.shape[1]}x{image.shape[0]} (width x height), expected the same size; "
                "see all such pairs with `crackgauge data check`",
            )
        prepared = preprocess(image, channels=channels, preprocessing=preprocessing)
        samples.append(Sample(pair.stem, prepared, mask if change is None else change(mask)))
        if report is not None:
            report()
    return samples


def at_least(sample: Sample, side_px: int) -> Sample:
    """Mirror a sample that is smaller than `side_px` until a patch of that side fits.

    >>> import numpy as np
    >>> small = Sample("a", np.zeros((2, 9, 1), np.uint8), np.zeros((2, 9), bool))
    >>> at_least(small, 5).mask.shape
    (5, 9)
    """
    missing = [max(0, side_px - size) for size in sample.mask.shape]
    if not any(missing):
        return sample
    widths = [(0, missing[0]), (0, missing[1])]
    return Sample(
        sample.stem,
        np.pad(sample.image, [*widths, (0, 0)], mode="symmetric"),
        np.pad(sample.mask, widths, mode="symmetric"),
    )
