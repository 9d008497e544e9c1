"""The usual ways in which datasets of images and masks lie on a disk.

A layout is a function that takes the root and gives a `Listing`, or None where the root is not of
that kind. `LAYOUTS` holds them in the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crackgauge.data.lists import LIST_SUFFIXES, ListRow, read_list
from crackgauge.errors import DatasetError
from crackgauge.images.formats import (
    HEIF_SUFFIXES,
    OTHER_IMAGE_SUFFIXES,
    RAW_SUFFIXES,
    READABLE_SUFFIXES,
)

# Formats that cannot be decoded are listed too, so that they are named as unreadable and not lost
# in silence.
IMAGE_SUFFIXES = READABLE_SUFFIXES | HEIF_SUFFIXES | RAW_SUFFIXES | OTHER_IMAGE_SUFFIXES
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
FOLDER_PAIRS = (
    ("images", "masks"),
    ("image", "mask"),
    ("imgs", "masks"),
    ("images", "labels"),
    ("image", "label"),
    ("images", "gt"),
    ("image", "gt"),
)

# CrackForest as published: 001-118 carry truths, of which 042 marks other places than the crack.
CFD_TRAIN = frozenset(f"{number:03d}" for number in range(1, 73) if number != 42)
CFD_TEST = frozenset(f"{number:03d}" for number in range(73, 119))


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


def _add_folders(
    listing: Listing, images_folder: Path, masks_folder: Path, split: str | None
) -> None:
    """Pair the files of two folders into `listing`, all of them in `split`."""
    images, image_clashes = files_by_stem(images_folder, IMAGE_SUFFIXES)
    masks, mask_clashes = files_by_stem(masks_folder, MASK_SUFFIXES)
    paired = _mask_for_stem(masks, images)
    listing.ambiguous += image_clashes + mask_clashes
    used = set(paired.values())
    listing.orphan_masks += [path for path in masks.values() if path not in used]
    listing.entries += [Entry(stem, path, paired.get(stem), split) for stem, path in images.items()]


def _list_files(root: Path) -> dict[str, Path]:
    """The split lists that lie in `root`, by split."""
    found: dict[str, Path] = {}
    for path in sorted(root.iterdir()):
        name = path.stem.lower().removesuffix("_pair")
        if path.is_file() and path.suffix.lower() in LIST_SUFFIXES and name in SPLIT_NAMES:
            found.setdefault(SPLIT_NAMES[name], path)
    return found


def _row_stem(row: ListRow, root: Path, images_folder: Path) -> Iterator[str]:
    """The stems that a row of a split list may mean, likeliest first."""
    yield row.image
    yield Path(row.image).with_suffix("").as_posix()
    full = root / row.image
    if full.is_relative_to(images_folder):
        yield full.relative_to(images_folder).with_suffix("").as_posix()
    yield Path(row.image).stem


def images_masks(root: Path) -> Listing | None:
    """`images/` + `masks/`, with `train.txt`, `val.txt`, `test.txt` where they lie beside them.

    A list holds one stem or file name a line, or the two columns of a list file.
    """
    for images_name, masks_name in FOLDER_PAIRS:
        if (root / images_name).is_dir() and (root / masks_name).is_dir():
            break
    else:
        return None
    listing = Listing("images-masks")
    _add_folders(listing, root / images_name, root / masks_name, None)
    by_stem = {entry.stem: entry for entry in listing.entries}
    listed: list[Entry] = []
    for split, path in _list_files(root).items():
        for row in read_list(path):
            for stem in _row_stem(row, root, root / images_name):
                if stem in by_stem:
                    entry = by_stem[stem]
                    listed.append(Entry(stem, entry.image, entry.mask, split))
                    break
            else:
                listing.missing.append((split, row.image))
    in_lists = {entry.stem for entry in listed}
    rest = [entry for entry in listing.entries if entry.stem not in in_lists]
    listing.entries = listed + rest
    return listing


def list_files(root: Path) -> Listing | None:
    """List files of two columns, image and mask, with paths relative to the list.

    `root` is one such file, or a folder with `train.txt`, `val.txt`, `test.txt` of that form.
    """
    if root.is_file():
        name = root.stem.lower().removesuffix("_pair")
        lists: dict[str | None, Path] = {SPLIT_NAMES.get(name): root}
    else:
        lists = dict(_list_files(root).items())
    listing = Listing("list-files")
    for split, path in lists.items():
        for row in read_list(path):
            if row.mask is None:
                if root.is_file():
                    raise DatasetError(
                        f"{path}: line {row.number} has one column ({row.image!r}), expected two: "
                        "image and mask, separated by a space, a tab or a comma"
                    )
                return None
            _add_row(listing, row, path.parent, split)
    return listing if lists else None


def _add_row(listing: Listing, row: ListRow, folder: Path, split: str | None) -> None:
    image = folder / row.image
    mask = folder / str(row.mask)
    if not image.exists():
        listing.missing.append((split, row.image))
        return
    if not mask.exists():
        listing.missing.append((split, str(row.mask)))
    stem = Path(row.image)
    parts = [part for part in stem.with_suffix("").parts if part not in ("..", ".", stem.anchor)]
    listing.entries.append(Entry("/".join(parts), image, mask if mask.exists() else None, split))


def crackforest(root: Path) -> Listing | None:
    """CrackForest (CFD): `image/` + `groundTruth/NNN.mat`.

    Split `train` is 001-072 without 042, whose truth is wrong; `test` is 073-118. The images
    from 201 on are published without truth and are in no split.
    """
    images_folder, truths_folder = root / "image", root / "groundTruth"
    if not images_folder.is_dir() or not truths_folder.is_dir():
        return None
    listing = Listing("cfd", maskless_by_design=True)
    _add_folders(listing, images_folder, truths_folder, None)
    listing.entries = [
        Entry(
            entry.stem,
            entry.image,
            entry.mask,
            "train" if entry.stem in CFD_TRAIN else "test" if entry.stem in CFD_TEST else None,
        )
        for entry in listing.entries
    ]
    return listing


def split_folders(root: Path) -> Listing | None:
    """`train/images/` + `train/masks/`, and so on for each split."""
    listing = Listing("split-folders")
    found = False
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for images_name, masks_name in FOLDER_PAIRS:
            if (folder / images_name).is_dir() and (folder / masks_name).is_dir():
                split = canonical_split(folder.name)
                _add_folders(listing, folder / images_name, folder / masks_name, split)
                found = True
                break
    return listing if found else None


def _suffixed(root: Path, name: str, image_ending: str) -> Listing | None:
    listing = Listing(name)
    found = False
    for masks_folder in sorted(path for path in root.iterdir() if path.is_dir()):
        prefix = masks_folder.name.removesuffix("_lab")
        images_folder = root / f"{prefix}{image_ending}"
        if prefix == masks_folder.name or not prefix or not images_folder.is_dir():
            continue
        _add_folders(listing, images_folder, masks_folder, canonical_split(prefix))
        found = True
    return listing if found else None


def img_lab(root: Path) -> Listing | None:
    """`train_img/` + `train_lab/`, and so on: the prefix is the split (DeepCrack)."""
    return _suffixed(root, "img-lab", "_img")


def name_lab(root: Path) -> Listing | None:
    """`train/` + `train_lab/`, and so on: the name is the split."""
    return _suffixed(root, "name-lab", "")


LAYOUTS: dict[str, Callable[[Path], Listing | None]] = {
    "images-masks": images_masks,
    "list-files": list_files,
    "cfd": crackforest,
    "split-folders": split_folders,
    "img-lab": img_lab,
    "name-lab": name_lab,
}

EXPECTED = (
    "images/ + masks/ (with train.txt, val.txt, test.txt or without); "
    "train.txt, val.txt, test.txt with two columns, image and mask; "
    "image/ + groundTruth/ (CrackForest); train/images/ + train/masks/; "
    "train_img/ + train_lab/; train/ + train_lab/"
)


def scan(root: str | Path, *, layout: str = "auto") -> Listing:
    """List the images and masks below `root`.

    Args:
        root: the folder of the dataset, or one list file of two columns.
        layout: a key of `LAYOUTS`, or `auto` for the first that fits.

    Raises:
        DatasetError: there is no such folder or layout, or it holds no image.
    """
    root = Path(root)
    if layout != "auto" and layout not in LAYOUTS:
        raise DatasetError(f"unknown layout {layout!r}; known: auto, {', '.join(LAYOUTS)}")
    if not root.exists():
        raise DatasetError(f"{root}: there is no such folder; give the folder of a dataset")
    names = list(LAYOUTS) if layout == "auto" else [layout]
    if root.is_file():
        names = ["list-files"]
    try:
        for name in names:
            listing = LAYOUTS[name](root)
            if listing is not None:
                return _not_empty(listing, root)
    except OSError as error:
        raise DatasetError(f"{root}: cannot be listed ({error.strerror})") from error
    raise DatasetError(_nothing_found(root, layout))


def _not_empty(listing: Listing, root: Path) -> Listing:
    if not listing.entries and not listing.missing:
        raise DatasetError(
            f"{root}: has the layout {listing.layout}, but its folders hold no image; "
            "expected files such as .jpg, .png or .tif"
        )
    order = {"train": 0, "val": 1, "test": 2}
    listing.entries.sort(key=lambda e: (e.stem, order.get(e.split or "", 3), e.split or ""))
    return listing


def _nothing_found(root: Path, layout: str) -> str:
    present = sorted(path.name + "/" * path.is_dir() for path in root.iterdir())
    shown = ", ".join(present[:8]) + (", ..." if len(present) > 8 else "")
    expected = EXPECTED if layout == "auto" else (LAYOUTS[layout].__doc__ or "").split("\n")[0]
    return (
        f"{root}: no images with masks found; the folder holds {shown or 'nothing'}. "
        f"Expected one of: {expected}"
    )
