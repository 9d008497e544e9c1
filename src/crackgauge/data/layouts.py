"""The usual ways in which datasets of images and masks lie on a disk.

A layout is a function that takes the root and gives a `Listing`, or None where the root is not of
that kind. `LAYOUTS` holds them in the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from crackgauge.data.listing import (
    IMAGE_SUFFIXES,
    SPLIT_NAMES,
    Entry,
    Listing,
    add_folders,
    canonical_split,
    files_by_stem,
)
from crackgauge.data.lists import LIST_SUFFIXES, ListRow, read_list
from crackgauge.errors import DatasetError, InputRefused
from crackgauge.labels import LABEL_SUFFIXES, find_image, read_labels

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


def _list_files(root: Path) -> dict[str, Path]:
    """The split lists that lie in `root`, by split; of two for one split `.txt` is taken."""
    found: dict[str, Path] = {}
    for path in sorted(root.iterdir(), key=lambda path: (path.suffix != ".txt", path)):
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
    add_folders(listing, root / images_name, root / masks_name, None)
    _take_splits(listing, root, root / images_name)
    return listing


def _take_splits(listing: Listing, root: Path, images_folder: Path) -> None:
    """Put the entries into the splits whose lists lie in `root`."""
    by_stem = {entry.stem: entry for entry in listing.entries}
    names = by_stem.keys() | {entry.image.name for entry in listing.entries}
    listed: list[Entry] = []
    for split, path in _list_files(root).items():
        for row in read_list(path, names=names):
            for stem in _row_stem(row, root, images_folder):
                if stem in by_stem:
                    entry = by_stem[stem]
                    listed.append(Entry(stem, entry.image, entry.mask, split))
                    break
            else:
                listing.missing.append((split, row.image))
    in_lists = {entry.stem for entry in listed}
    rest = [entry for entry in listing.entries if entry.stem not in in_lists]
    listing.entries = listed + rest


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
    _shorten(listing)
    return listing if lists else None


def _shorten(listing: Listing) -> None:
    """Name the entries by their files alone, where that tells them apart within each split.

    A photo then has one name wherever its crops lie, so that its group is seen across splits.
    """
    short = [(entry.split, entry.stem.rpartition("/")[2]) for entry in listing.entries]
    if len(set(short)) == len(short):
        listing.entries = [
            replace(entry, stem=stem)
            for entry, (_, stem) in zip(listing.entries, short, strict=True)
        ]


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
    add_folders(listing, images_folder, truths_folder, None)
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
                add_folders(listing, folder / images_name, folder / masks_name, split)
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
        add_folders(listing, images_folder, masks_folder, canonical_split(prefix))
        found = True
    return listing if found else None


def img_lab(root: Path) -> Listing | None:
    """`train_img/` + `train_lab/`, and so on: the prefix is the split (DeepCrack)."""
    return _suffixed(root, "img-lab", "_img")


def name_lab(root: Path) -> Listing | None:
    """`train/` + `train_lab/`, and so on: the name is the split."""
    return _suffixed(root, "name-lab", "")


def cvat(root: Path) -> Listing | None:
    """`annotations.xml` + images in its folder or in `images/`, as CVAT exports ("images 1.1")."""
    return _annotated(root, "cvat", ("annotations.xml",))


def annotations_json(root: Path) -> Listing | None:
    """`annotations.json` (COCO, Label Studio) + images in its folder or in `images/`.

    The names under which other programs export COCO do as well: `_annotations.coco.json`,
    `annotations/instances_default.json`.
    """
    names = ("annotations.json", "_annotations.coco.json", "annotations/instances_default.json")
    return _annotated(root, "annotations-json", names)


def _annotated(root: Path, layout: str, names: Sequence[str]) -> Listing | None:
    """One label file for all images."""
    file = next((root / name for name in names if (root / name).is_file()), None)
    if file is None:
        return None
    folder = root / "images" if (root / "images").is_dir() else root
    listing = Listing(layout)
    images, listing.ambiguous = files_by_stem(folder, IMAGE_SUFFIXES)
    try:
        labels = read_labels(file).images
    except InputRefused as refused:
        raise DatasetError(str(refused)) from refused
    for stem, path in images.items():
        try:
            find_image(labels, path, path=file)
        except InputRefused:
            listing.entries.append(Entry(stem, path, None, None))
        else:
            listing.entries.append(Entry(stem, path, file, None))
    _take_splits(listing, root, folder)
    return listing


def labels_beside(root: Path) -> Listing | None:
    """Images with a label file of the same name beside each (labelme's `.json`, `.geojson`)."""
    folder = root / "images" if (root / "images").is_dir() else root
    listing = Listing("labels-beside")
    images, image_clashes = files_by_stem(folder, IMAGE_SUFFIXES)
    labels, label_clashes = files_by_stem(folder, LABEL_SUFFIXES)
    if not images.keys() & labels.keys():
        return None
    listing.ambiguous = image_clashes + [p for p in label_clashes if p[0] in labels.values()]
    listing.entries = [Entry(stem, path, labels.get(stem), None) for stem, path in images.items()]
    _take_splits(listing, root, folder)
    return listing


LAYOUTS: dict[str, Callable[[Path], Listing | None]] = {
    "images-masks": images_masks,
    "list-files": list_files,
    "cfd": crackforest,
    "split-folders": split_folders,
    "img-lab": img_lab,
    "name-lab": name_lab,
    "cvat": cvat,
    "annotations-json": annotations_json,
    "labels-beside": labels_beside,
}

EXPECTED = (
    "images/ + masks/ (with train.txt, val.txt, test.txt or without); "
    "train.txt, val.txt, test.txt with two columns, image and mask; "
    "image/ + groundTruth/ (CrackForest); train/images/ + train/masks/; "
    "train_img/ + train_lab/; train/ + train_lab/; "
    "annotations.xml (CVAT) or annotations.json (COCO, Label Studio) + images; images with label "
    "files beside them (labelme, GeoJSON)"
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
