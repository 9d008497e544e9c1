"""What is scored: the truths by name, with their photos and source photos where these are known."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from crackgauge.arrays import Mask
from crackgauge.data.layouts import LAYOUTS, scan
from crackgauge.data.listing import MASK_SUFFIXES, canonical_split, files_by_stem
from crackgauge.data.lists import LIST_SUFFIXES, read_list
from crackgauge.data.pairs import find_pairs, group_of
from crackgauge.data.truths import read_truth
from crackgauge.errors import DatasetError, InputRefused, UsageError
from crackgauge.labels import LABEL_SUFFIXES

EMPTY_TRUTH = "empty"


@dataclass(frozen=True)
class Case:
    """One image to be scored.

    Args:
        name: path below its folder without suffix, with `/`; predictions bear the same.
        truth: the mask's file, or a label file.
        image: the photo, where it is known.
        group: the source photo.
    """

    name: str
    truth: Path
    image: Path | None
    group: str


@dataclass(frozen=True)
class TruthSet:
    """Truths that belong together.

    Args:
        source: the folder or list that they come from.
        split: of the dataset, or None.
        cases: sorted by name.
    """

    source: Path
    split: str | None
    cases: tuple[Case, ...]

    @property
    def words(self) -> str:
        """The set in words, such as `uav315 test`."""
        name = self.source.resolve().name
        return f"{name} {self.split}" if self.split else name


@dataclass
class TruthReader:
    """Reads truths and keeps how each was read and what it holds.

    Args:
        rule: as in `images.read_mask`; so is `crack_labels`.
    """

    rule: str = "auto"
    crack_labels: Sequence[int] | None = None
    rules: dict[str, str] = field(default_factory=dict)  # by name
    digests: dict[str, str] = field(default_factory=dict)  # by name

    def read(self, case: Case) -> Mask:
        """Read one truth.

        Raises:
            DatasetError: the file cannot be read, or its encoding is not certain.
            UsageError: an unknown rule.
        """
        try:
            reading = read_truth(
                case.truth, image=case.image, rule=self.rule, crack_labels=self.crack_labels
            )
        except InputRefused as refused:
            raise nothing_scored(refused) from refused
        self.rules[case.name] = reading.rule
        self.digests[case.name] = digest_of(reading.mask)
        return reading.mask

    def counted_rules(self, cases: Iterable[Case]) -> dict[str, int]:
        """How the truths of these cases were read, each way with its number of files."""
        return dict(sorted(Counter(self.rules[case.name] for case in cases).items()))


def nothing_scored(refused: InputRefused) -> DatasetError:
    """Word a file that cannot be read: scores of the rest would look better or worse."""
    return DatasetError(f"{refused}; mend or remove it, nothing was scored")


def digest_of(truth: Mask) -> str:
    """Name a truth by what it holds, to see whether two sets share an image.

    >>> digest_of(np.zeros((2, 3), bool))
    'empty'
    """
    if not truth.any():
        return EMPTY_TRUTH
    content = repr(truth.shape).encode() + np.packbits(truth).tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def is_dataset(root: Path) -> bool:
    """Tell a folder in one of the usual layouts of images and masks."""
    return root.is_dir() and any(layout(root) is not None for layout in LAYOUTS.values())


def find_truths(
    root: str | Path, *, split: str | None = None, group_pattern: str | None = None
) -> TruthSet:
    """Find the truths of a folder of masks or label files, a list, a dataset, or a single one.

    Args:
        root: a dataset in one of the usual layouts; else a folder of masks, with those in its
            folders; a list of truths, or of images and truths; or one mask.
        split: of the dataset.
        group_pattern: as in `data.pairs.group_of`.

    Raises:
        UsageError: nothing is there.
        DatasetError: no such split, an image without a truth, two files of one name, or a name
            that the group pattern does not fit.
    """
    path = Path(root)
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; check the path of the truths")
    named: dict[str, Path]
    if path.is_file() and path.suffix.lower() not in LIST_SUFFIXES:
        named = {path.stem: path}
    elif path.is_file() and all(row.mask is None for row in read_list(path)):
        named = files_of_list(path)
    elif path.is_file() or split is not None or is_dataset(path):
        return _of_dataset(path, split, group_pattern)
    else:
        named = files_of_folder(path, MASK_SUFFIXES) or files_of_folder(path, LABEL_SUFFIXES)
    if split is not None:
        raise UsageError(f"{path}: is no dataset, so it has no split {split!r}; leave --split out")
    if not named:
        raise UsageError(f"{path}: holds no truth; expected masks (such as .png) or label files")
    return TruthSet(path, None, _cases(named, {}, group_pattern))


def find_validation(
    name: str, truths: TruthSet, *, group_pattern: str | None = None
) -> TruthSet | None:
    """Find the split of the truths' dataset that a threshold is chosen on.

    Args:
        name: perhaps a split of the dataset.
        truths: what is scored.
        group_pattern: as in `data.pairs.group_of`.

    Returns:
        The split; None where the dataset has none of that name.

    Raises:
        UsageError: the split shares images with what is scored.
        DatasetError: an image of the split has no truth.
    """
    if canonical_split(name) not in splits_of(truths.source):
        return None
    found = _of_dataset(truths.source, name, group_pattern)
    # One label file may hold the truths of many images.
    scored = {(case.truth.resolve(), case.image) for case in truths.cases}
    shared = [case.name for case in found.cases if (case.truth.resolve(), case.image) in scored]
    if shared:
        raise UsageError(
            f"--threshold-from {name}: {len(shared)} of its images are scored, the first is "
            f"{shared[0]}; choose on other images, for example score --split test alone"
        )
    return found


def splits_of(root: Path) -> list[str]:
    """The splits of a dataset; none where the folder is no dataset."""
    return scan(root).splits if is_dataset(root) else []


def files_of_folder(
    folder: Path, suffixes: Collection[str], *, leave_out: Path | None = None
) -> dict[str, Path]:
    """Find files by their path below `folder` without suffix; hidden ones are passed over.

    Args:
        folder: the folder.
        suffixes: in lower case.
        leave_out: a folder whose files are passed over.

    Raises:
        DatasetError: two files have the same name.
    """
    found, clashes = files_by_stem(folder, suffixes)
    if leave_out is not None:
        apart = leave_out.resolve()
        clashes = [pair for pair in clashes if apart not in pair[0].resolve().parents]
        found = {stem: path for stem, path in found.items() if apart not in path.resolve().parents}
    if clashes:
        first, second = clashes[0]
        raise DatasetError(
            f"{first} and {second} have the same name but for the suffix; "
            "expected one file a name: move one of them away"
        )
    return found


def files_of_list(path: Path) -> dict[str, Path]:
    """Find the files that a list of one column names, by their path below the folder they share.

    Raises:
        DatasetError: a file is not there, or two have the same name.
    """
    return named_files(path, [path.parent / row.image for row in read_list(path)])


def named_files(source: Path, files: Sequence[Path]) -> dict[str, Path]:
    """Name files by their path without suffix below the folder that they share.

    Raises:
        DatasetError: there is no file, one is not there, or two have the same name.
    """
    if not files:
        raise DatasetError(f"{source}: names no file, expected one a line")
    missing = [path for path in files if not path.exists()]
    if missing:
        raise DatasetError(
            f"{source}: {len(missing)} of {len(files)} files are not there, the first is "
            f"{missing[0]}; paths are relative to the list"
        )
    shared = Path(os.path.commonpath([path.absolute().parent for path in files]))
    named: dict[str, Path] = {}
    for path in files:
        name = path.absolute().relative_to(shared).with_suffix("").as_posix()
        if name in named:
            raise DatasetError(f"{source}: {named[name]} and {path} have the same name, {name}")
        named[name] = path
    return named


def pairs_of_list(path: Path) -> tuple[dict[str, Path], dict[str, Path]] | None:
    """Read a list of two columns, predictions and truths, both by the predictions' names.

    Returns:
        The predictions and the truths; None for a list of one column.

    Raises:
        DatasetError: rows of one and of two columns, a file that is not there, two of one name.
    """
    rows = read_list(path)
    second = [path.parent / row.mask for row in rows if row.mask is not None]
    if not second:
        return None
    if len(second) != len(rows):
        raise DatasetError(
            f"{path}: has lines of one and of two columns; expected a prediction a line, or a "
            "prediction and its truth"
        )
    predictions = named_files(path, [path.parent / row.image for row in rows])
    missing = [file for file in second if not file.exists()]
    if missing:
        raise DatasetError(
            f"{path}: {len(missing)} truths are not there, the first is {missing[0]}; paths are "
            "relative to the list"
        )
    return predictions, dict(zip(predictions, second, strict=True))


def truths_of_pairs(path: Path, truths: dict[str, Path], group_pattern: str | None) -> TruthSet:
    """Bring the second column of a list of pairs into a set."""
    return TruthSet(path, None, _cases(truths, {}, group_pattern))


def _of_dataset(root: Path, split: str | None, group_pattern: str | None) -> TruthSet:
    pairs = find_pairs(root, split=split)
    truths: dict[str, Path] = {}
    for pair in pairs:
        if pair.mask is not None and truths.setdefault(pair.stem, pair.mask) != pair.mask:
            raise DatasetError(
                f"{truths[pair.stem]} and {pair.mask} have the same name, so that predictions "
                "cannot be told apart by it; name a split with --split"
            )
    images = {pair.stem: pair.image for pair in pairs}
    chosen = canonical_split(split) if split is not None else None
    return TruthSet(root, chosen, _cases(truths, images, group_pattern))


def _cases(
    truths: dict[str, Path], images: dict[str, Path], group_pattern: str | None
) -> tuple[Case, ...]:
    return tuple(
        Case(name, truths[name], images.get(name), group_of(name, pattern=group_pattern))
        for name in sorted(truths)
    )
