"""Which pixels of a mask are crack: the rules, and the refusal where none is certain.

Legend: D = the distinct values that occur, top = full scale (255 for 8 bit).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.errors import BAD_ENCODING, InputRefused, UsageError
from crackgauge.images.pixels import Pixels

# name -> what it means; `auto` states in the result which of the others it took.
MASK_RULES = {
    "auto": "take what is certain, refuse the rest",
    "nonzero": "every value but 0 is crack",
    "above-half": "values above half of full scale are crack (127 for 8 bit)",
    "below-half": "values up to half of full scale are crack: dark cracks on white",
    "alpha": "opaque pixels are crack (alpha above half)",
    "labels": "the values or palette indices given as crack_labels are crack",
}
# In a mask with compression noise or resized edges, so many of the pixels are near 0 or full scale
# (within an eighth of it). The public sets have 94 % or more; photographs have less than half.
_NEAR_EXTREMES = 0.90

_SET_RULE = (
    "say which pixels are crack with the mask rule (nonzero, above-half, below-half, alpha) "
    "or with crack labels"
)


def apply_rule(
    pixels: Pixels, rule: str, crack_labels: Sequence[int] | None, path: Path
) -> tuple[Mask, str]:
    """Turn decoded pixels into (mask, name of the rule used).

    Raises:
        InputRefused: the encoding is ambiguous, or the rule does not fit the file.
        UsageError: an unknown rule, or labels without the rule for them.
    """
    check_rule(rule, crack_labels)
    if crack_labels is not None:
        return _by_labels(pixels, crack_labels, path)
    if rule == "alpha":
        if pixels.alpha is None:
            raise InputRefused(path, BAD_ENCODING, "the mask has no alpha; use another mask rule")
        return pixels.alpha > _half(pixels), "alpha"
    if rule != "auto":
        grey, top = _grey_or_refuse(pixels, path)
        if rule == "nonzero":
            return grey != 0, rule
        return (grey > top / 2) == (rule == "above-half"), rule
    return _auto(pixels, path)


def check_rule(rule: str, crack_labels: Sequence[int] | None) -> None:
    """Check the options of a mask reading.

    Raises:
        UsageError: an unknown rule, or rule and labels that contradict each other.
    """
    if rule not in MASK_RULES:
        raise UsageError(f"mask rule {rule!r} is unknown; expected one of {', '.join(MASK_RULES)}")
    if rule == "labels" and crack_labels is None:
        raise UsageError("the mask rule 'labels' needs crack_labels, for example crack_labels=(2,)")
    if crack_labels is not None and rule not in ("auto", "labels"):
        raise UsageError(f"crack_labels go with the mask rule 'labels', got {rule!r}")


def ambiguous(path: Path, what: str) -> InputRefused:
    """The refusal of a mask that could mean several things."""
    return InputRefused(path, BAD_ENCODING, f"{what}; {_SET_RULE}")


def _by_labels(pixels: Pixels, labels: Sequence[int], path: Path) -> tuple[Mask, str]:
    values, _ = (pixels.values, 0) if pixels.model == "palette" else _grey_or_refuse(pixels, path)
    name = "labels " + ",".join(str(label) for label in sorted(set(labels)))
    return np.isin(values, np.asarray(sorted(set(labels)))), name


def _half(pixels: Pixels) -> float:
    return pixels.top / 2


def _grey_or_refuse(pixels: Pixels, path: Path) -> tuple[npt.NDArray[Any], int]:
    grey = _grey_values(pixels)
    if grey is None:
        raise ambiguous(path, "the mask is coloured, so its brightness says nothing")
    return grey


def _grey_values(pixels: Pixels) -> tuple[npt.NDArray[Any], int] | None:
    """(values, top) where colour plays no part, else None."""
    if pixels.model == "grey":
        return pixels.values, pixels.top
    if pixels.model == "cmyk":
        return None
    colours = pixels.values
    if pixels.model == "palette":
        if pixels.palette is None or int(colours.max()) >= len(pixels.palette):
            return None
        colours = np.take(pixels.palette, colours, axis=0)
    first = colours[..., 0]
    slack = 24 if pixels.lossy and pixels.top == 255 else 0
    for other in (colours[..., 1], colours[..., 2]):
        if not np.array_equal(first, other) and (
            slack == 0 or int(np.abs(first.astype(np.int16) - other).max()) > slack
        ):
            return None
    top = 255 if pixels.model == "palette" else pixels.top
    return (colours[..., 1] if slack else first), top


def _auto(pixels: Pixels, path: Path) -> tuple[Mask, str]:
    if pixels.model == "palette":
        return _auto_palette(pixels, path)
    if pixels.alpha is not None and bool((pixels.alpha <= _half(pixels)).any()):
        return _auto_alpha(pixels, path)
    return _auto_colour(pixels, path)


def _auto_colour(pixels: Pixels, path: Path) -> tuple[Mask, str]:
    grey = _grey_values(pixels)
    if grey is not None:
        return _auto_grey(*grey, pixels.lossy, path)
    if pixels.model == "cmyk":
        raise ambiguous(path, "the mask is CMYK")
    return _auto_two_colours(pixels, path)


def _auto_grey(values: npt.NDArray[Any], top: int, lossy: bool, path: Path) -> tuple[Mask, str]:
    if values.dtype == np.bool_:
        return values.copy(), "0/1"
    found = _distinct(values)
    if len(found) <= 2:
        known: dict[tuple[float, ...], str] = {
            (0,): "empty",
            (1,): "0/1",
            (0, 1): "0/1",
            (255,): "0/255",
            (0, 255): "0/255",
        }
        for high in {top} - {1, 255}:
            known |= {(high,): f"0/{high}", (0, high): f"0/{high}"}
        name = known.get(tuple(found))
        if name is not None:
            return values != 0, name
    if values.dtype.kind not in "u":
        raise ambiguous(path, f"the mask holds {values.dtype} values from {_span(found)}")
    return _auto_noisy(values, top, lossy, found, path)


def _auto_noisy(
    values: npt.NDArray[Any], top: int, lossy: bool, found: list[float], path: Path
) -> tuple[Mask, str]:
    """0 and full scale with compression noise or resized edges."""
    half = top // 2
    if found[-1] <= half:
        raise ambiguous(
            path, f"no value of the mask is above half of full scale: {_span(found)} of {top}"
        )
    eighth = top // 8
    inner = (values > eighth) & (values < top - eighth)
    if not lossy and len(found) <= 4 and any(eighth < value < top - eighth for value in found):
        raise ambiguous(path, f"the mask holds the values {_span(found)}, which look like labels")
    if float(inner.mean()) > 1 - _NEAR_EXTREMES:
        raise ambiguous(
            path,
            f"{float(inner.mean()):.0%} of the mask's pixels are neither near 0 nor near {top}, "
            "so it looks like a photo or a label file",
        )
    return values > half, "above-half"


def _auto_alpha(pixels: Pixels, path: Path) -> tuple[Mask, str]:
    """Some pixels are transparent: the crack may be drawn in the colour or in the alpha."""
    if pixels.alpha is None:
        raise ValueError("no alpha")
    opaque = pixels.alpha > _half(pixels)
    colours = pixels.values.reshape(-1, pixels.values.shape[2] if pixels.values.ndim == 3 else 1)
    shown = colours[opaque.ravel()]
    if not len(shown):
        return opaque, "empty"
    if bool((shown == shown[0]).all()) and bool(np.any(shown[0])):
        hidden = colours[~opaque.ravel()]
        if bool((hidden == shown[0]).all()) or not bool(hidden.any()):
            return opaque, "alpha"
    raise ambiguous(path, "the mask has both colours and transparent parts")


def _auto_palette(pixels: Pixels, path: Path) -> tuple[Mask, str]:
    """Indices 0 and 1, or grey colours; where the two readings differ, neither is taken."""
    found = _distinct(pixels.values)
    by_index = set(found) <= {0.0, 1.0}
    grey = _grey_values(pixels)
    if grey is None:
        if by_index and pixels.palette is not None and not pixels.palette[0].any():
            return pixels.values != 0, "palette 0/1"
        listed = ", ".join(f"{int(value)}" for value in found[:8])
        raise ambiguous(path, f"the mask has a palette with colours, and the indices {listed}")
    mask, name = _auto_grey(*grey, pixels.lossy, path)
    if by_index and not np.array_equal(mask, pixels.values != 0):
        raise ambiguous(path, "the mask's palette indices and its colours say the opposite")
    return mask, name


def _auto_two_colours(pixels: Pixels, path: Path) -> tuple[Mask, str]:
    """One colour on black."""
    marked: Mask = np.any(pixels.values, axis=2)
    shown = pixels.values[marked]
    if not pixels.lossy and bool((shown == shown[0]).all()) and not bool(marked.all()):
        return marked, "one colour on black"
    raise ambiguous(path, "the mask is coloured")


def _distinct(values: npt.NDArray[Any]) -> list[float]:
    """The distinct values in rising order; by counting where the range is small."""
    if values.dtype in (np.uint8, np.uint16):
        counts = np.bincount(values.ravel(), minlength=1)
        return [float(value) for value in np.flatnonzero(counts)]
    return [float(value) for value in np.unique(values)]


def _span(found: list[float]) -> str:
    if len(found) <= 6:
        return ", ".join(f"{value:g}" for value in found)
    return f"{found[0]:g} to {found[-1]:g} ({len(found)} different ones)"
