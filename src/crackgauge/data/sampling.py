"""Which patches a training sees: a function of seed and step alone.

So the number of workers, or a stop and a resume, change nothing.

Legend: H, W height and width of an image, p side of a patch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.errors import DatasetError

# Streams of random numbers, so that changing one draw does not move the others.
_POSITION, _ORDER, _AUGMENT = 1, 2, 3


def crack_positions(mask: Mask, patch_px: int) -> Mask:
    """Whether the p x p patch at each top-left corner holds a crack pixel.

    Args:
        mask: bool (H, W), H and W at least `patch_px`.
        patch_px: p.

    Returns:
        bool (H - p + 1, W - p + 1).

    >>> import numpy as np
    >>> mask = np.zeros((3, 3), bool)
    >>> mask[0, 0] = True
    >>> crack_positions(mask, 2).tolist()
    [[True, False], [False, False]]
    """
    sums = cv2.integral(mask.astype(np.uint8))
    inside = sums[patch_px:, patch_px:] - sums[:-patch_px, patch_px:]
    inside = inside - sums[patch_px:, :-patch_px] + sums[:-patch_px, :-patch_px]
    return np.asarray(inside > 0)


def allocate(
    count: int,
    crack_pixels: Sequence[int],
    *,
    rule: Literal["per-image", "by-crack-pixels"],
) -> list[int]:
    """How many patches each image gives.

    "per-image": `count` each. "by-crack-pixels": `count` in all, in proportion to the images' crack
    pixels, n_image = n_train crackpx_image / crackpx_train (König et al. 2019, eq. 3), rounded so
    that the sum is exact.

    Raises:
        DatasetError: by crack pixels, and no image has any.

    >>> allocate(10, [1, 2, 3], rule="by-crack-pixels")
    [2, 3, 5]
    """
    if rule == "per-image":
        return [count] * len(crack_pixels)
    total = sum(crack_pixels)
    if total == 0:
        raise DatasetError(
            "no training mask has a crack pixel, and patches are shared out by crack pixels; "
            "check the masks with `crackgauge data check`"
        )
    shares = np.asarray(crack_pixels, np.float64) * count / total
    whole = np.floor(shares).astype(int)
    # The largest remainders take what rounding down has left over; ties go to the earlier image.
    order = np.argsort(-(shares - whole), kind="stable")[: count - int(whole.sum())]
    whole[order] += 1
    return [int(n) for n in whole]


class PatchSampler:
    """Positions of patches, batch by batch.

    Args:
        masks: bool (H, W) of each image, none smaller than the patch.
        patch_px: p.
        crack_share: share of an image's patches that hold a crack pixel; an image that has no
            such place (or no crack-free one) gives what it has. None: patches lie anywhere.
        counts: patches of each image an epoch, from `allocate`.
        batch: patches a step; a last incomplete batch is left out.
        fresh: draw new positions each epoch, instead of one fixed set in a new order.
        seed: of everything random.
    """

    def __init__(
        self,
        masks: Sequence[Mask],
        *,
        patch_px: int,
        crack_share: float | None,
        counts: Sequence[int],
        batch: int,
        fresh: bool,
        seed: int,
    ) -> None:
        self._maps = [np.packbits(crack_positions(mask, patch_px)) for mask in masks]
        self._shapes = [
            (mask.shape[0] - patch_px + 1, mask.shape[1] - patch_px + 1) for mask in masks
        ]
        self._image = np.repeat(np.arange(len(masks)), counts)
        self._anywhere = crack_share is None
        self._wants_crack = np.concatenate(
            [np.arange(n) < round((crack_share or 0) * n) for n in counts] or [np.zeros(0, bool)]
        )
        self._batch, self._fresh, self._seed = batch, fresh, seed
        self.steps_per_epoch = len(self._image) // batch
        if self.steps_per_epoch == 0:
            raise DatasetError(
                f"got {len(self._image)} patches an epoch from {len(masks)} images, expected at "
                f"least one batch of {batch}; raise sampling.count or lower batch"
            )

    def batch(self, step: int) -> list[tuple[int, int, int]]:
        """(image, row, col) of each patch of the batch of `step`, counted from 0."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng((self._seed, _ORDER, epoch)).permutation(len(self._image))
        members = order[place * self._batch : (place + 1) * self._batch]
        return [self._position(int(member), epoch) for member in members]

    def augmentation_generator(self, step: int, place: int) -> np.random.Generator:
        """The generator that augments patch `place` of the batch of `step`."""
        return np.random.default_rng((self._seed, _AUGMENT, step, place))

    def _position(self, member: int, epoch: int) -> tuple[int, int, int]:
        draw = epoch * len(self._image) + member if self._fresh else member
        generator = np.random.default_rng((self._seed, _POSITION, draw))
        image = int(self._image[member])
        rows, cols = self._shapes[image]
        if self._anywhere:
            return image, *divmod(int(generator.integers(rows * cols)), cols)
        has_crack = np.unpackbits(self._maps[image], count=rows * cols).view(bool)
        places = _matching(has_crack, bool(self._wants_crack[member]))
        index = int(places[generator.integers(len(places))])
        return image, index // cols, index % cols


def _matching(has_crack: npt.NDArray[np.bool_], wanted: bool) -> npt.NDArray[np.int64]:
    places = np.flatnonzero(has_crack == wanted)
    return places if len(places) else np.arange(len(has_crack))
