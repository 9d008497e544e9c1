"""Pairs of an image and its mask, and the source photo that they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from crackgauge.data.layouts import scan
from crackgauge.data.listing import Entry, Listing, canonical_split
from crackgauge.errors import DatasetError, UsageError


@dataclass(frozen=True)
class Pair:
    """One image with its mask.

    Attributes:
        stem: path under the images' folder without the suffix, with `/`.
        image: the image's file.
        mask: the mask's file, or None where there is none.
        group: the source photo; pairs of one group must not be in two splits.
        split: the split that the dataset puts it in, or None.
    """

    stem: str
    image: Path
    mask: Path | None
    group: str
    split: str | None = None


def group_of(stem: str, *, pattern: str | None = None) -> str:
    """The source photo that a crop comes from.

    Args:
        stem: as in `Pair`.
        pattern: a regular expression searched in the stem; its first group, or else its whole
            match, names the photo. Default: the name up to its last `-`.

    Raises:
        UsageError: the pattern is no regular expression.
        DatasetError: the pattern is not found in the stem.

    >>> group_of("AIGLE_RN_C18a-12"), group_of("site-1/DJI0090")
    ('AIGLE_RN_C18a', 'site-1/DJI0090')
    >>> group_of("bridge_07_tile_3", pattern=r"^(.+)_tile_")
    'bridge_07'
    """
    if pattern is None:
        folder, slash, name = stem.rpartition("/")
        return folder + slash + (name.rpartition("-")[0] or name)
    try:
        match = re.search(pattern, stem)
    except re.error as error:
        raise UsageError(f"{pattern!r}: is no regular expression ({error})") from error
    if match is None:
        raise DatasetError(
            f"{stem}: the group pattern {pattern!r} is not found in it; "
            "expected a pattern that fits every name"
        )
    return match.group(1) if match.re.groups and match.group(1) is not None else match.group(0)


def to_pairs(listing: Listing, *, group_pattern: str | None = None) -> list[Pair]:
    """The entries of a listing with their groups, in the listing's order.

    Raises:
        DatasetError: `group_pattern` is not found in a stem.
    """
    return [_pair(entry, group_pattern) for entry in listing.entries]


def _pair(entry: Entry, group_pattern: str | None) -> Pair:
    group = group_of(entry.stem, pattern=group_pattern)
    return Pair(entry.stem, entry.image, entry.mask, group, entry.split)


def find_pairs(
    root: str | Path,
    *,
    split: str | None = None,
    layout: str = "auto",
    group_pattern: str | None = None,
) -> list[Pair]:
    """Find the images of a dataset with their masks, sorted by stem.

    Without `split`, an image that two splits list comes once for each. Every pair has a mask:
    CrackForest's images that are published without truth are left out.

    Args:
        root: the folder of the dataset, or one list file of two columns.
        split: `train`, `val`, `test` or another that the dataset has; None for all pairs,
            those in no split too.
        layout: a key of `layouts.LAYOUTS`, or `auto`.
        group_pattern: as in `group_of`.

    Raises:
        DatasetError: no layout fits, the split is not there, an image has no mask, a list names
            what is not there, or two files claim one name.
    """
    listing = scan(root, layout=layout)
    pairs = to_pairs(listing, group_pattern=group_pattern)
    if split is not None:
        wanted = canonical_split(split)
        if wanted not in listing.splits:
            known = ", ".join(listing.splits) or "none"
            raise DatasetError(
                f"{root}: has no split {split!r}, it has: {known}; "
                "`crackgauge data split` makes one"
            )
        pairs = [pair for pair in pairs if pair.split == wanted]
    elif listing.maskless_by_design:
        pairs = [pair for pair in pairs if pair.mask is not None or pair.split is not None]
    _refuse_faults(Path(root), listing, pairs, split)
    return pairs


def _refuse_faults(root: Path, listing: Listing, pairs: list[Pair], split: str | None) -> None:
    advice = f"mend it or see all with `crackgauge data check {root}`"
    missing = [
        name
        for name_split, name in listing.missing
        if split is None or name_split == canonical_split(split)
    ]
    if missing:
        raise DatasetError(
            f"{root}: {_count(missing)} listed and not there, the first is {missing[0]}; {advice}"
        )
    if listing.ambiguous:
        first, second = listing.ambiguous[0]
        raise DatasetError(f"{first} and {second} claim the same name; {advice}")
    maskless = [pair.image for pair in pairs if pair.mask is None]
    if maskless:
        raise DatasetError(
            f"{root}: {_count(maskless)} without a mask, the first is {maskless[0]}; expected "
            f"a mask of the same name for every image ({listing.layout}); {advice}"
        )


def _count(items: list[str] | list[Path]) -> str:
    return f"{len(items)} file" + ("s" if len(items) != 1 else "")
