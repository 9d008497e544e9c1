"""Reading masks of any encoding, with the rule that was used, and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from crackgauge.arrays import Mask, Probability
from crackgauge.errors import BAD_ENCODING, InputRefused, UsageError
from crackgauge.images.decode import WHOLE_LIMIT_PX, load_pixels
from crackgauge.images.formats import identify
from crackgauge.images.mask_rules import apply_rule, check_rule
from crackgauge.images.matlab import CFD_CRACK_LABEL, read_segmentation

PROBABILITY_SCALES = ("auto", "8-bit", "16-bit", "float")


class MaskReading(NamedTuple):
    """A mask and how it was read.

    Attributes:
        mask: bool (H, W), upright, True for crack.
        rule: the rule that made it; see `read_mask`.
    """

    mask: Mask
    rule: str


def read_mask(
    path: str | Path,
    *,
    rule: str = "auto",
    crack_labels: Sequence[int] | None = None,
    max_pixels: int = WHOLE_LIMIT_PX,
) -> MaskReading:
    """Read a mask with the same decoder as its photo, turned upright alike.

    With `rule="auto"` these are read, and named in the result:

    - `empty`: nothing but 0 (or nothing opaque);
    - `0/1`, `0/255`, `0/65535`: two values, the higher is crack;
    - `above-half`: 0 and full scale with compression noise or resized edges, at least 90 % of the
      pixels near one of them;
    - `alpha`: one colour, drawn on transparency; `one colour on black`; `palette 0/1`;
    - `matlab label 2`: a CFD truth.

    Everything else is refused, never guessed: label files, photographs, colours, faint masks. Set
    `rule` to `nonzero`, `above-half`, `below-half` or `alpha`, or name `crack_labels`, the values
    or palette indices that are crack (`labels 2` in the result).

    Args:
        path: an image file, or a `.mat` truth of CFD.
        rule: one of `MASK_RULES`.
        crack_labels: values, or palette indices, that are crack.
        max_pixels: refuse, before decoding, what has more pixels.

    Raises:
        InputRefused: as in `read_image`; or an ambiguous encoding.
        UsageError: an unknown rule.
    """
    check_rule(rule, crack_labels)
    file = Path(path)
    kind = identify(file)
    if kind == "matlab":
        labels = read_segmentation(file, max_pixels)
        crack = sorted(set(crack_labels or (CFD_CRACK_LABEL,)))
        name = "matlab label " + ",".join(str(label) for label in crack)
        return MaskReading(np.isin(labels, crack), name)
    mask, name = apply_rule(load_pixels(file, max_pixels, kind), rule, crack_labels, file)
    return MaskReading(np.ascontiguousarray(mask), name)


def read_probability(
    path: str | Path, *, scale: str = "auto", max_pixels: int = WHOLE_LIMIT_PX
) -> Probability:
    """Read a probability map: 8 or 16 bit by full scale, floats as they are.

    Args:
        path: an image file with one channel, or three equal ones.
        scale: `auto`, or what the file must be: `8-bit`, `16-bit`, `float`.
        max_pixels: refuse, before decoding, what has more pixels.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        InputRefused: as in `read_image`; or colours, a palette, other types, floats outside [0, 1].
        UsageError: an unknown scale.
    """
    if scale not in PROBABILITY_SCALES:
        raise UsageError(f"scale {scale!r} is unknown; expected {', '.join(PROBABILITY_SCALES)}")
    file = Path(path)
    pixels = load_pixels(file, max_pixels)
    values = pixels.values
    if pixels.model == "rgb" and bool((values == values[..., :1]).all()):
        values = values[..., 0]
    if values.ndim != 2 or pixels.model == "palette":
        raise InputRefused(
            file, BAD_ENCODING, f"a probability map has one grey channel, got {pixels.model} pixels"
        )
    found = {"u1": "8-bit", "u2": "16-bit", "f2": "float", "f4": "float", "f8": "float"}.get(
        values.dtype.str[1:], str(values.dtype)
    )
    if found not in PROBABILITY_SCALES or scale not in ("auto", found):
        wanted = "8-bit, 16-bit or float" if scale == "auto" else scale
        raise InputRefused(file, BAD_ENCODING, f"the probability map is {found}, expected {wanted}")
    if found != "float":
        return values.astype(np.float32) / np.float32(pixels.top)
    probability = values.astype(np.float32)
    low, high = float(probability.min()), float(probability.max())
    if not (low >= 0.0 and high <= 1.0):
        raise InputRefused(
            file,
            BAD_ENCODING,
            f"the probabilities go from {low:g} to {high:g}, expected [0, 1]; apply the sigmoid to "
            "logits, divide 0..255 by 255",
        )
    return probability
