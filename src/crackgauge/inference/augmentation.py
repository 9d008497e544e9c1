"""Test-time augmentation: the mean probability over changed copies of the image.

Every copy is made so that tiles still equal the whole: flips turn windows that lie on multiples
of the stride into such windows, and the enlargement is by 5/4 exactly, so that multiples of 4
strides stay multiples of 5.

Legend: C channels, H and W height and width of a window.
"""

from __future__ import annotations

import difflib
import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError

Array = npt.NDArray[np.float32]


class View(NamedTuple):
    """One changed copy of the image: flipped upside down, flipped left to right, enlarged."""

    flip_rows: bool
    flip_cols: bool
    scale: Fraction


_FLIPS = [(False, False), (False, True), (True, False), (True, True)]
_ONE, _LARGER = Fraction(1), Fraction(5, 4)
AUGMENTATIONS: dict[str, tuple[View, ...]] = {
    "none": (View(False, False, _ONE),),
    "flips": tuple(View(rows, cols, _ONE) for rows, cols in _FLIPS),
    "flips+scales": tuple(
        View(rows, cols, scale) for scale in (_ONE, _LARGER) for rows, cols in _FLIPS
    ),
}


def find_views(name: str) -> tuple[View, ...]:
    """The views of an augmentation.

    Raises:
        UsageError: an unknown name.
    """
    if name not in AUGMENTATIONS:
        near = difflib.get_close_matches(name, AUGMENTATIONS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"unknown augmentation {name!r}; known: {', '.join(AUGMENTATIONS)}{hint}")
    return AUGMENTATIONS[name]


def alignment(views: tuple[View, ...], stride: int) -> int:
    """Smallest multiple of `stride` that every view maps to a multiple of `stride`, px.

    >>> alignment(AUGMENTATIONS["flips"], 8), alignment(AUGMENTATIONS["flips+scales"], 8)
    (8, 32)
    """
    return stride * math.lcm(*(view.scale.denominator for view in views))


def reach(views: tuple[View, ...], halo: int) -> int:
    """Pixels around a pixel of the image that its mean depends on.

    Resampling reads one neighbour on the way in and one on the way out.
    """
    return max(
        halo if view.scale == 1 else math.ceil((halo + 1) / view.scale) + 1 for view in views
    )


def apply_view(x: Array, view: View) -> Array:
    """Make the copy of x (C, H, W) that the network sees."""
    out = resample(x, view.scale)
    return out[:, :: -1 if view.flip_rows else 1, :: -1 if view.flip_cols else 1]


def undo_view(y: Array, view: View) -> Array:
    """Bring a network's output (..., h, w) for a view back to the image's pixels."""
    turned = y[..., :: -1 if view.flip_rows else 1, :: -1 if view.flip_cols else 1]
    return resample(turned, 1 / view.scale)


def resample(x: Array, scale: Fraction) -> Array:
    """Resize the last two axes of x bilinearly, pixel centres at half-integers, edges repeated.

    Written out by phases, so that a window gives bit for bit what the whole gives (library
    resizers round the position of a pixel by how far it lies from the array's corner).

    Args:
        x: (..., H, W); H and W are multiples of the scale's denominator.
        scale: new size over old.

    >>> resample(np.array([[0.0, 4.0]], np.float32).repeat(2, axis=0), Fraction(2))[0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    if scale == 1:
        return x
    return _resample_last(_resample_last(x, scale).swapaxes(-1, -2), scale).swapaxes(-1, -2)


def _resample_last(x: Array, scale: Fraction) -> Array:
    new, old = scale.numerator, scale.denominator
    periods, rest = divmod(x.shape[-1], old)
    if rest:
        raise ValueError(f"got {x.shape[-1]} pixels, expected a multiple of {old}")
    out = np.empty((*x.shape[:-1], periods * new), np.float32)
    padded = np.concatenate((x[..., :1], x, x[..., -1:]), axis=-1)
    for phase in range(new):
        position = (phase + Fraction(1, 2)) / scale - Fraction(1, 2)
        low = math.floor(position)
        share = np.float32(position - low)
        before = padded[..., low + 1 :: old][..., :periods]
        after = padded[..., low + 2 :: old][..., :periods]
        out[..., phase::new] = before + share * (after - before)
    return out
