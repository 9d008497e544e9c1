"""Signed distance to the boundary of a crack.

Legend: H, W of the mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask


def signed_distance(mask: Mask, *, normalised: bool = False) -> npt.NDArray[np.float32]:
    """Distance of each pixel's centre to the boundary of the crack, negative inside.

    The boundary runs between the pixels, half a pixel from the nearest centre on the other side: a
    pixel beside it has 0.5 outside and -0.5 inside, so a crack one pixel wide is inside too.

    Args:
        mask: bool (H, W); true is crack.
        normalised: divide by the largest distance, outside and inside apart, to [-1, 1].

    Returns:
        float32 (H, W) in px; 0 everywhere where there is no boundary, in a mask that is empty or
        full.

    >>> signed_distance(np.array([[False, True, True, True, False, False]]))[0].tolist()
    [0.5, -0.5, -1.5, -0.5, 0.5, 1.5]
    >>> bool(signed_distance(np.zeros((3, 3), bool)).any())
    False
    """
    if mask.all() or not mask.any():
        return np.zeros(mask.shape, np.float32)
    inside, outside = _to_nearest_false(mask), _to_nearest_false(~mask)
    if normalised:
        inside, outside = inside / inside.max(), outside / outside.max()
    return np.where(mask, -inside, outside).astype(np.float32)


class PatchDistances:
    """Signed distances of training patches; that of a whole truth is worked out once and kept.

    A patch that shows a whole truth, flipped or turned by quarters, takes that truth's distance,
    flipped and turned alike, which is the same as its own. Any other patch has boundaries of its
    own (what is cropped off is not seen, what is zoomed lies further apart) and is worked out anew.

    Args:
        truths: bool (H, W), of the images that patches are cut from.
        normalised: as in `signed_distance`.

    >>> truth = np.array([[True, False, False], [False, False, False]])
    >>> distances = PatchDistances([truth])
    >>> np.array_equal(distances.of(0, truth[:, ::-1]), signed_distance(truth[:, ::-1]))
    True
    >>> distances.kept
    1
    """

    def __init__(self, truths: Sequence[Mask], *, normalised: bool = False) -> None:
        self._truths = truths
        self._normalised = normalised
        self._known: dict[int, npt.NDArray[np.float32]] = {}

    @property
    def kept(self) -> int:
        """Number of truths whose distance is kept."""
        return len(self._known)

    def of(self, index: int, patch: Mask) -> npt.NDArray[np.float32]:
        """Signed distance of a patch, bool (h, w), of the truth `index`."""
        for turn in _turns_that_give(self._truths[index], patch):
            if index not in self._known:
                whole = signed_distance(self._truths[index], normalised=self._normalised)
                self._known[index] = whole
            return np.ascontiguousarray(turn(self._known[index]))
        return signed_distance(patch, normalised=self._normalised)


def _turns_that_give(truth: Mask, patch: Mask) -> Iterator[Callable[[Any], Any]]:
    """The flips and turns that make the patch of the truth; none where it is cut or zoomed."""
    if patch.shape not in (truth.shape, truth.shape[::-1]):
        return
    if np.count_nonzero(patch) != np.count_nonzero(truth):
        return
    for turn in _TURNS:
        if np.array_equal(turn(truth), patch):
            yield turn


def _turn(quarters: int, *, flip: bool) -> Callable[[Any], Any]:
    return lambda array: np.rot90(array[::-1] if flip else array, quarters)


_TURNS = tuple(_turn(quarters, flip=flip) for flip in (False, True) for quarters in range(4))


def _to_nearest_false(mask: Mask) -> npt.NDArray[np.float32]:
    """Euclidean distance to the nearest false pixel, less the half pixel to its edge."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Its last bits depend on where the mask lies; the square is a whole number.
    exact = np.sqrt(np.rint(np.square(distance, dtype=np.float64)))
    return np.asarray(exact, np.float32) - np.float32(0.5)
