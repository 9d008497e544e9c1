"""What a dataset's folders hold: images, their masks, and what does not fit together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crackgauge.images.listing import LISTED_SUFFIXES
from crackgauge.labels import LABEL_SUFFIXES

# Formats that cannot be decoded are listed too, so that they are named as unreadable and not lost
# in silence.
IMAGE_SUFFIXES = LISTED_SUFFIXES
MASK_SUFFIXES = IMAGE_SUFFIXES | {".mat"}
MASK_ENDINGS = ("_mask", "_lab", "_label", "_gt", "-mask")
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Entry:
    """One image with its mask, if there is one.

    `stem` is the path under the images' folder without the suffix, with `/`; `split` is the split
    it is listed in, or None.
    """

    stem: str
    image: Path
    mask: Path | None
    split: str | None


@dataclass
class Listing:
    """What a layout holds, with what does not fit together."""

    layout: str
    entries: list[Entry] = field(default_factory=list)
    orphan_masks: list[Path] = field(default_factory=list)
    ambiguous: list[tuple[Path, Path]] = field(default_factory=list)
    """Two files that claim the same name."""
    missing: list[tuple[str | None, str]] = field(default_factory=list)
    """(split, name) of what a list file names and the disk does not hold."""
    maskless_by_design: bool = False
    """Images in no split are published without truth, so they are no mistake."""

    @property
    def splits(self) -> list[str]:
        """Names of the splits, sorted."""
        return sorted({entry.split for entry in self.entries if entry.split is not None})


def canonical_split(name: str) -> str:
    """The name of a split as this package writes it.

    >>> canonical_split("valid"), canonical_split("bridge_7")
    ('val', 'bridge_7')
    """
    return SPLIT_NAMES.get(name.lower(), name)


def files_by_stem(
    folder: Path, suffixes: Iterable[str]
) -> tuple[dict[str, Path], list[tuple[Path, Path]]]:
    """Files below `folder` by their path without suffix; and pairs that claim the same one.

    Hidden files and folders are passed over.
    """
    wanted = frozenset(suffixes)
    found: dict[str, Path] = {}
    clashes: list[tuple[Path, Path]] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts) or path.is_dir():
            continue
        if path.suffix.lower() not in wanted:
            continue
        stem = relative.with_suffix("").as_posix()
        if stem in found:
            clashes.append((found[stem], path))
        else:
            found[stem] = path
    return found, clashes


def _mask_for_stem(masks: dict[str, Path], images: dict[str, Path]) -> dict[str, Path]:
    """Masks by the stem of their image: the same, or with an ending such as `_mask`."""
    paired = {stem: path for stem, path in masks.items() if stem in images}
    for stem, path in masks.items():
        if stem in paired:
            continue
        for ending in MASK_ENDINGS:
            bare = stem.removesuffix(ending)
            if bare != stem and bare in images and bare not in paired:
                paired[bare] = path
    return paired


def add_folders(
    listing: Listing, images_folder: Path, masks_folder: Path, split: str | None
) -> None:
    """Pair the files of two folders into `listing`, all of them in `split`.

    A label file (`crackgauge.labels`) is the truth where there is no mask of the image's name;
    label files of no image's name are passed over.
    """
    images, image_clashes = files_by_stem(images_folder, IMAGE_SUFFIXES)
    masks, mask_clashes = files_by_stem(masks_folder, MASK_SUFFIXES)
    labels, label_clashes = files_by_stem(masks_folder, LABEL_SUFFIXES)
    paired = {stem: path for stem, path in labels.items() if stem in images}
    listing.ambiguous += [pair for pair in label_clashes if pair[0] in paired.values()]
    paired |= _mask_for_stem(masks, images)
    listing.ambiguous += image_clashes + mask_clashes
    used = set(paired.values())
    listing.orphan_masks += [path for path in masks.values() if path not in used]
    listing.entries += [Entry(stem, path, paired.get(stem), split) for stem, path in images.items()]
