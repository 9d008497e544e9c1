"""The dataset doctor: what is wrong with a set of images and masks before a network learns it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crackgauge.data.doctor_findings import KINDS, PROBLEMS, Finding
from crackgauge.data.doctor_pair import Examined, examine, relative
from crackgauge.data.duplicates import Duplicate, find_duplicates
from crackgauge.data.layouts import scan
from crackgauge.data.listing import Listing
from crackgauge.data.pairs import Pair, to_pairs

Progress = Callable[[int, int, str], None]
"""Called with the number of pairs looked at, the number of all, and the stem."""

# A way of storing masks that so few of the set have is worth a note.
_RARE = 0.10


@dataclass(frozen=True)
class DoctorReport:
    """What the doctor found in one dataset.

    `examined` is sorted by stem, `findings` by kind and stem.
    """

    root: Path
    layout: str
    examined: tuple[Examined, ...]
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> list[Finding]:
        """The findings that are more than notes."""
        return [finding for finding in self.findings if finding.kind in PROBLEMS]

    @property
    def exit_code(self) -> int:
        """0 clean, 3 with problems."""
        return 3 if self.problems else 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each kind that was found, in the order of `KINDS`."""
        counter = Counter(finding.kind for finding in self.findings)
        return {kind: counter[kind] for kind in KINDS if counter[kind]}

    @property
    def splits(self) -> dict[str, int]:
        """Number of images in each split; `""` for those in none."""
        counter = Counter(one.pair.split or "" for one in self.examined)
        return dict(sorted(counter.items()))

    @property
    def mask_rules(self) -> dict[str, int]:
        """Number of masks read by each rule."""
        counter = Counter(one.mask_rule for one in self.examined if one.mask_rule is not None)
        return dict(sorted(counter.items()))


def check(
    root: str | Path,
    *,
    layout: str = "auto",
    group_pattern: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> DoctorReport:
    """Look at every image and mask of a dataset; files that cannot be read are findings.

    Args:
        root: the folder of the dataset, or one list file of two columns.
        layout: a key of `layouts.LAYOUTS`, or `auto`.
        group_pattern: as in `pairs.group_of`.
        workers: threads; default one a core, four at most.
        progress: called after each pair.

    Raises:
        DatasetError: no layout fits, or the group pattern is not found in a stem.
    """
    root = Path(root)
    listing = scan(root, layout=layout)
    pairs = to_pairs(listing, group_pattern=group_pattern)
    base = root if root.is_dir() else root.parent
    examined: list[Examined] = []
    threads = workers or min(4, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        for one in pool.map(lambda pair: examine(pair, base), pairs):
            examined.append(one)
            if progress is not None:
                progress(len(examined), len(pairs), one.pair.stem)
    finally:
        # Without this a stop would wait until every pair that is left had been looked at.
        pool.shutdown(cancel_futures=True)
    findings = [finding for one in examined for finding in one.findings]
    findings += _listing_faults(listing, base)
    findings += _maskless(pairs, listing, base)
    findings += _rare_encodings(examined, base)
    findings += _group_leaks(pairs)
    findings += _duplicates(examined, base)
    findings.sort(key=lambda finding: finding.order)
    return DoctorReport(root, listing.layout, tuple(examined), tuple(findings))


def _listing_faults(listing: Listing, base: Path) -> Iterator[Finding]:
    for path in listing.orphan_masks:
        name = relative(path, base)
        yield Finding("no-image", path.stem, "", f"{name} belongs to no image", path=name)
    for first, second in listing.ambiguous:
        detail = f"{relative(first, base)} is taken, {relative(second, base)} is passed over"
        yield Finding("name-clash", second.stem, "", detail, path=relative(second, base))
    for split, name in listing.missing:
        yield Finding("not-there", name, split or "", f"{name} is listed and not there", path=name)


def _maskless(pairs: Iterable[Pair], listing: Listing, base: Path) -> Iterator[Finding]:
    # A mask that a list names and that is not there is said already.
    for pair in pairs:
        if pair.mask is not None or listing.layout == "list-files":
            continue
        name = relative(pair.image, base)
        if listing.maskless_by_design and pair.split is None:
            yield Finding("no-truth", pair.stem, "", "published without truth", path=name)
        else:
            detail = f"expected a mask named as {name}"
            yield Finding("no-mask", pair.stem, pair.split or "", detail, path=name)


def _rare_encodings(examined: Iterable[Examined], base: Path) -> Iterator[Finding]:
    read = [one for one in examined if one.mask_rule is not None and one.crack_share]
    counter = Counter(one.mask_rule for one in read)
    for one in read:
        mask = one.pair.mask
        if mask is not None and counter[one.mask_rule] < _RARE * len(read):
            common = counter.most_common(1)[0][0]
            detail = f"read by the rule '{one.mask_rule}', most of the set by '{common}'"
            name = relative(mask, base)
            yield Finding("mask-encoding", one.pair.stem, one.pair.split or "", detail, path=name)


def _group_leaks(pairs: Iterable[Pair]) -> Iterator[Finding]:
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        if pair.split is not None:
            splits[pair.group][pair.split] += 1
    for group, counter in splits.items():
        if len(counter) > 1:
            shares = ", ".join(f"{count} in {name}" for name, count in sorted(counter.items()))
            detail = f"images of this source photo: {shares}; split again by photo"
            yield Finding("leak-group", group, " ".join(sorted(counter)), detail)


def _duplicates(examined: list[Examined], base: Path) -> Iterator[Finding]:
    known = [one for one in examined if one.fingerprint is not None]
    prints = [one.fingerprint for one in known if one.fingerprint is not None]
    for duplicate in find_duplicates(prints):
        first, second = known[duplicate.first].pair, known[duplicate.second].pair
        if first.image == second.image and first.split == second.split:
            continue
        yield Finding(
            _duplicate_kind(duplicate, first, second),
            first.stem,
            first.split or "",
            _word_duplicate(duplicate, second),
            path=relative(first.image, base),
            other=second.stem,
            other_split=second.split or "",
        )


def _duplicate_kind(duplicate: Duplicate, first: Pair, second: Pair) -> str:
    if first.split != second.split and None not in (first.split, second.split):
        return "leak-duplicate"
    return "duplicate" if duplicate.exact else "near-duplicate"


def _word_duplicate(duplicate: Duplicate, second: Pair) -> str:
    place = f" in {second.split}" if second.split else ""
    if duplicate.exact:
        return f"the same pixels as {second.stem}{place}"
    turned = "" if duplicate.turn == "as it is" else f" {duplicate.turn}"
    return f"like {second.stem}{place}{turned}, correlation {duplicate.correlation:.3f}"
