"""Splits of a dataset in which no source photo stands on two sides."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from crackgauge.data.lists import read_list, write_list
from crackgauge.data.pairs import Pair
from crackgauge.errors import DatasetError, UsageError

__all__ = ["read_split_names", "split_by_group", "write_splits"]


def split_by_group(
    pairs: Sequence[Pair], fractions: Mapping[str, float], seed: int
) -> dict[str, list[Pair]]:
    """Divide pairs so that all of a group come into one split.

    The order of the groups is drawn from the seed and their names alone, the largest come first,
    and each goes where most is wanting. The shares are met as well as the groups allow; the same
    pairs in another order give the same splits.

    Args:
        pairs: as `find_pairs` gives them.
        fractions: share of each split, in (0, 1], that add up to 1.
        seed: any whole number.

    Returns:
        The pairs of each split, in the order in which they came.

    Raises:
        UsageError: shares that are not in (0, 1] or do not add up to 1.
        DatasetError: fewer groups than splits.
    """
    _check_fractions(fractions)
    members: dict[str, list[Pair]] = {}
    for pair in pairs:
        members.setdefault(pair.group, []).append(pair)
    if len(members) < len(fractions):
        raise DatasetError(
            f"got {len(pairs)} pairs from {len(members)} source photos, expected at least "
            f"{len(fractions)} photos for {len(fractions)} splits; check the group pattern"
        )
    order = sorted(members, key=lambda group: (-len(members[group]), _draw(seed, group), group))
    wanting = {name: fraction * len(pairs) for name, fraction in fractions.items()}
    split_of: dict[str, str] = {}
    for place, group in enumerate(order):
        # The last groups are kept for the splits that have none yet.
        empty = [name for name in fractions if name not in split_of.values()]
        choice = empty if len(order) - place <= len(empty) else list(fractions)
        target = max(choice, key=lambda name: wanting[name])
        split_of[group] = target
        wanting[target] -= len(members[group])
    return {name: [pair for pair in pairs if split_of[pair.group] == name] for name in fractions}


def _check_fractions(fractions: Mapping[str, float]) -> None:
    given = ", ".join(f"{name}={value:g}" for name, value in fractions.items())
    inside = all(math.isfinite(value) and 0 < value <= 1 for value in fractions.values())
    if not fractions or not inside or not math.isclose(sum(fractions.values()), 1, abs_tol=1e-6):
        raise UsageError(
            f"got the shares {given or 'none'}, expected shares above 0 that add up to 1, "
            "such as train=0.7, val=0.15, test=0.15"
        )


def _draw(seed: int, group: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{group}".encode()).digest()


def write_splits(folder: str | Path, splits: Mapping[str, Sequence[Pair]]) -> list[Path]:
    """Write `<split>.txt` for each split: image, tab, mask, relative to `folder`.

    The folder is itself a dataset (layout `list-files`) that `find_pairs` reads.

    Raises:
        DatasetError: a pair has no mask, or a name cannot be listed.
        StorageError: a file cannot be written.
    """
    written = []
    for name, pairs in splits.items():
        rows = []
        for pair in pairs:
            if pair.mask is None:
                raise DatasetError(f"{pair.image}: has no mask, expected one to list beside it")
            rows.append((pair.image, pair.mask))
        path = Path(folder) / f"{name}.txt"
        write_list(path, rows)
        written.append(path)
    return written


def read_split_names(path: str | Path) -> list[str]:
    """Read the first column of a list file: stems or image files.

    Raises:
        DatasetError: the file cannot be read as a list.
    """
    return [row.image for row in read_list(path)]
