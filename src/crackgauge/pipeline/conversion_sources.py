"""Which files a conversion reads, and which photos they belong to."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from crackgauge.data.layouts import scan
from crackgauge.data.listing import MASK_SUFFIXES
from crackgauge.errors import DatasetError, UsageError
from crackgauge.labels import LABEL_SUFFIXES
from crackgauge.pipeline.photo_names import Photos

REPORT_NAME = "conversion.json"
_REPORT_MARK, _HEAD_BYTES = b'"format": "crackgauge conversion', 64


@dataclass(frozen=True)
class Sources:
    """What a conversion reads.

    Attributes:
        root: the folder that paths in the report are relative to.
        files: label files and masks, sorted.
        photo_of: of a file that a dataset pairs with one photo, that photo and its name.
        photos: where photos are looked for; None where there is no place.
        photos_are_given: somebody said where, so that each must be there.
    """

    root: Path
    files: tuple[Path, ...]
    photo_of: dict[Path, tuple[Path, str]] = field(default_factory=dict)
    photos: Photos | None = None
    photos_are_given: bool = False

    def name(self, file: Path) -> str:
        """A file as the report names it."""
        return (file.relative_to(self.root) if file.is_relative_to(self.root) else file).as_posix()


def find_sources(source: Path, out: Path, photos: Path | None) -> Sources:
    """Find what a conversion reads.

    A folder is a dataset in one of the usual layouts (`crackgauge.data.layouts`), or else the label
    files in it, or else the masks. What lies in `out`, and reports of conversions, are left out.

    Args:
        source: a label file, a mask or a folder.
        out: the output.
        photos: a folder of photos, or None.

    Raises:
        UsageError: there is nothing to read, or no such folder of photos.
    """
    if photos is not None and not photos.is_dir():
        raise UsageError(f"{photos}: there is no such folder; give the folder of the photos")
    given = None if photos is None else Photos(photos)
    if source.is_file():
        return Sources(source.parent, (source,), photos=given, photos_are_given=given is not None)
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such file or folder; check the path")
    if os.path.realpath(out) == os.path.realpath(source):
        raise UsageError(f"{out}: is the folder of the labels itself; choose another folder")
    found = _dataset(source) or _folder(source, out)
    if not found.files:
        raise UsageError(
            f"{source}: holds no labels; expected masks, or files that end in "
            f"{', '.join(sorted(LABEL_SUFFIXES))}"
        )
    if given is None:
        return found
    return Sources(source, found.files, photos=given, photos_are_given=True)


def _dataset(root: Path) -> Sources | None:
    """The truths of a dataset, with their photos."""
    try:
        entries = [entry for entry in scan(root).entries if entry.mask is not None]
    except DatasetError:
        return None
    if not entries:
        return None
    shared = Counter(entry.mask for entry in entries)
    stems = Counter(entry.stem.casefold() for entry in entries)
    pairs: dict[Path, tuple[Path, str]] = {}
    for entry in entries:
        if entry.mask is None or shared[entry.mask] > 1:
            continue
        name = f"{entry.stem}{entry.image.suffix}"
        if stems[entry.stem.casefold()] > 1 and entry.image.is_relative_to(root):
            name = entry.image.relative_to(root).as_posix()
        pairs[entry.mask] = (entry.image, name)
    files = tuple(sorted({entry.mask for entry in entries if entry.mask is not None}))
    photos = root / "images" if (root / "images").is_dir() else root
    return Sources(root, files, pairs, Photos(photos))


def _folder(root: Path, out: Path) -> Sources:
    """The label files of a folder; where there is none, the masks."""
    target = Path(os.path.realpath(out))
    inside = Path(os.path.realpath(root)) in target.parents
    files = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and not (inside and target in Path(os.path.realpath(path)).parents)
        and not _is_report(path)
    ]
    labels = [path for path in files if path.suffix.lower() in LABEL_SUFFIXES]
    masks = [path for path in files if path.suffix.lower() in MASK_SUFFIXES]
    return Sources(root, tuple(labels or masks))


def _is_report(path: Path) -> bool:
    """Whether a file is what `Report.write` wrote, and no labels that happen to be named so."""
    if not path.name.endswith(REPORT_NAME):
        return False
    try:
        with path.open("rb") as stream:
            return _REPORT_MARK in stream.read(_HEAD_BYTES)
    except OSError:  # said where the file's turn comes
        return False
