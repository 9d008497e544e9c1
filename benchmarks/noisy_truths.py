"""Truths made worse on purpose: shifted part by part, or too wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from crackgauge.arrays import Mask
from crackgauge.data.lists import write_list
from crackgauge.data.pairs import Pair
from crackgauge.errors import DatasetError
from crackgauge.images import read_mask, write_mask

Change = Callable[[Mask, np.random.Generator], Mask]

_EIGHT = np.ones((3, 3), bool)  # parts touch at corners too


def shift_parts(mask: Mask, reach_px: int, generator: np.random.Generator) -> Mask:
    """Shift each connected part by whole pixels, at most `reach_px` far (Euclidean).

    All such shifts are equally likely, none at all among them. What leaves the image is lost.

    Args:
        mask: bool (H, W).
        reach_px: 0 or more.
        generator: draws one shift a part, in the order of the parts' first pixels.

    >>> int(shift_parts(np.eye(3, dtype=bool), 0, np.random.default_rng(0)).sum())
    3
    """
    labels, count = ndimage.label(mask, structure=_EIGHT)
    places = range(-reach_px, reach_px + 1)
    shifts = [(r, c) for r in places for c in places if r * r + c * c <= reach_px**2]
    out = np.zeros_like(mask)
    for part in range(1, count + 1):
        down, right = shifts[generator.integers(len(shifts))]
        rows, cols = np.nonzero(labels == part)
        rows, cols = rows + down, cols + right
        inside = (rows >= 0) & (rows < mask.shape[0]) & (cols >= 0) & (cols < mask.shape[1])
        out[rows[inside], cols[inside]] = True
    return out


def dilate(mask: Mask, reach_px: int) -> Mask:
    """Every pixel within `reach_px` (Euclidean) of a crack pixel is crack.

    >>> dilate(np.array([[0, 0, 0, 1]], bool), 2).tolist()
    [[False, True, True, True]]
    """
    if not mask.any():
        return mask.copy()
    near: Mask = ndimage.distance_transform_edt(~mask) <= reach_px
    return near


def write_changed(folder: Path, pairs: Sequence[Pair], change: Change | None, seed: int) -> Path:
    """Write a dataset of one split, `train`: the pairs' images with changed truths.

    A list names the images where they are; only masks are written. Truth k depends on `seed` and k
    alone. What is there already is taken to be the same.

    Args:
        folder: to write.
        pairs: images with masks.
        change: of each mask; None lists the masks as they are.
        seed: of the generator that `change` gets.

    Returns:
        `folder`.

    Raises:
        DatasetError: a pair has no mask.
    """
    rows = []
    for number, pair in enumerate(pairs):
        if pair.mask is None:
            raise DatasetError(f"{pair.image}: has no mask; expected one for every image")
        target = pair.mask
        if change is not None:
            target = folder / "truths" / f"{pair.image.stem}.png"
            if not target.exists():
                generator = np.random.default_rng((seed, number))
                write_mask(target, change(read_mask(pair.mask).mask, generator))
        rows.append((pair.image, target))
    folder.mkdir(parents=True, exist_ok=True)
    write_list(folder / "train.txt", rows)
    return folder
