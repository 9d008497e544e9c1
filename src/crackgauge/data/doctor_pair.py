"""The doctor's look at one pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crackgauge.arrays import Image, Mask
from crackgauge.data.doctor_contrast import MAX_SHARE, NO_CONTRAST_Z, Contrast, contrast_of
from crackgauge.data.doctor_findings import Finding
from crackgauge.data.duplicates import Fingerprint, fingerprint
from crackgauge.data.pairs import Pair
from crackgauge.data.truths import read_truth
from crackgauge.errors import InputRefused
from crackgauge.images import read_image


@dataclass(frozen=True)
class Examined:
    """What is known of one pair; None where it could not be found out.

    `crack_share` is the marked part of the mask, 0 to 1; `mask_rule` how the mask was read.
    """

    pair: Pair
    findings: tuple[Finding, ...]
    height: int | None = None
    width: int | None = None
    mask_rule: str | None = None
    crack_share: float | None = None
    contrast: Contrast | None = None
    fingerprint: Fingerprint | None = None


def relative(path: Path, root: Path) -> str:
    """The path as seen from the dataset, with `/`."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def examine(pair: Pair, root: Path) -> Examined:
    """Read one pair and say what is wrong with it by itself; never raises for a bad file."""
    findings: list[Finding] = []

    def note(kind: str, detail: str, path: Path) -> None:
        findings.append(
            Finding(kind, pair.stem, pair.split or "", detail, path=relative(path, root))
        )

    image: Image | None = None
    mask: Mask | None = None
    rule: str | None = None
    try:
        image = read_image(pair.image)
    except InputRefused as refusal:
        note("image-unreadable", f"{refusal.reason}: {refusal.sentence}", pair.image)
    if pair.mask is not None:
        try:
            reading = read_truth(pair.mask, image=pair.image)
            mask, rule = reading.mask, reading.rule
        except InputRefused as refusal:
            note("mask-unreadable", f"{refusal.reason}: {refusal.sentence}", pair.mask)
    contrast = None
    for kind, detail in _mask_faults(image, mask):
        note(kind, detail, pair.mask or pair.image)
    if image is not None and mask is not None and image.shape[:2] == mask.shape:
        contrast = contrast_of(image, mask)
        if contrast is not None and contrast.finding is not None:
            note(contrast.finding, _word_contrast(contrast), pair.mask or pair.image)
    return Examined(
        pair,
        tuple(findings),
        height=None if image is None else image.shape[0],
        width=None if image is None else image.shape[1],
        mask_rule=rule,
        crack_share=None if mask is None else float(np.mean(mask)),
        contrast=contrast,
        fingerprint=None if image is None else fingerprint(image),
    )


def _mask_faults(image: Image | None, mask: Mask | None) -> Iterator[tuple[str, str]]:
    if mask is None:
        return
    if image is not None and image.shape[:2] != mask.shape:
        yield (
            "size-mismatch",
            f"the image is {image.shape[1]}x{image.shape[0]}, the mask "
            f"{mask.shape[1]}x{mask.shape[0]} (width x height); export the mask at the image's "
            "size",
        )
    share = float(np.mean(mask))
    if share == 0:
        yield "mask-empty", "nothing is marked"
    elif share > MAX_SHARE:
        yield "mask-full", f"{share:.1%} is marked; invert the mask if cracks are its dark part"


def _word_contrast(contrast: Contrast) -> str:
    here = f"as it lies it stands out by {contrast.z:.1f} standard deviations"
    if contrast.finding == "mask-turned":
        return f"{contrast.turned} the mask stands out by {contrast.turned_z:.1f}, {here}"
    down, right = contrast.shift
    there = (
        f"moved {abs(down)} px {'down' if down > 0 else 'up'} and {abs(right)} px "
        f"{'right' if right > 0 else 'left'} the mask stands out by {contrast.shift_z:.1f}"
    )
    if contrast.finding == "mask-shifted" or contrast.z >= NO_CONTRAST_Z:
        return f"{there}, {here}"
    return (
        f"what is marked stands out by {contrast.z:.1f} standard deviations from the same shape "
        f"laid elsewhere, expected {NO_CONTRAST_Z} or more"
    )
