"""Corrected photos as a dataset that `crackgauge train` reads: images, masks, splits, provenance.

    OUT/images/NAME.jpg     the photo, as it came
    OUT/masks/NAME.png      0 and 255; .tif above 100 megapixels
    OUT/train.txt, val.txt  image, tab, mask
    OUT/provenance.json     what each mask was made of

Names hold no `-`, so that each photo is a source photo of its own (see `data.pairs.group_of`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import crackgauge
from crackgauge.arrays import Mask, Window
from crackgauge.data.pairs import Pair
from crackgauge.data.splits import split_by_group, write_splits
from crackgauge.errors import SIZE_MISMATCH, InputRefused, UsageError
from crackgauge.files import atomic_path, storing, write_text_atomic
from crackgauge.images import (
    BIG_OUTPUT_PX,
    WHOLE_LIMIT_PX,
    image_size,
    open_mask_writer,
    write_mask,
)
from crackgauge.images.formats import identify
from crackgauge.measure import Survey
from crackgauge.web.blocks import Tell, blocks
from crackgauge.web.image_table import FoundFile
from crackgauge.web.mask_sources import MaskSource, open_masks
from crackgauge.web.measuring import probability_file, read_measured
from crackgauge.web.rejected import clear_patches, patches_of

FORMAT = "crackgauge dataset 1"
PROVENANCE_FILE = "provenance.json"
_SUFFIXES = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp", "bmp": ".bmp"}
_READ_BYTES = 1 << 20


def write_dataset(arguments: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Write a dataset; the folder has its name when it is whole.

    Args:
        arguments: as `collecting.collect` gives them, and `folder` to write, which is not there.
        tell: called with the share done.

    Returns:
        `images`, `cracks`, and `splits`: how many images each has.

    Raises:
        InputRefused: a photo, a mask or strokes cannot be read any more.
        UsageError: `folder` is there.
        DatasetError: fewer source photos than splits.
        StorageError: the disk is full.
    """
    folder, photos = Path(arguments["folder"]), arguments["photos"]
    check_is_new(folder)
    building = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    try:
        rows, pairs = [], []
        groups: dict[str, str] = {}
        for at, photo in enumerate(photos):
            pair, digest = _write_photo(photo, float(arguments["threshold"]), building, groups)
            pairs.append(pair)
            rows.append({**photo["provenance"], "file": pair.image.name, "sha256": digest})
            tell((at + 1) / len(photos))
        share = float(arguments["val_share"])
        splits = split_by_group(pairs, {"train": 1 - share, "val": share}, int(arguments["seed"]))
        write_splits(building, splits)
        _write_provenance(building / PROVENANCE_FILE, arguments, rows, splits)
        with storing(folder):
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return {
        "images": len(pairs),
        "cracks": sum(row["cracks"] for row in rows),
        "splits": {name: len(members) for name, members in splits.items()},
    }


def check_is_new(folder: Path) -> None:
    """Make sure that a dataset overwrites nothing.

    Raises:
        UsageError: there is something of that name.
    """
    if os.path.lexists(folder):
        raise UsageError(f"{folder}: is there already; give a folder that is not")


def _write_photo(
    photo: Mapping[str, Any], threshold: float, folder: Path, groups: dict[str, str]
) -> tuple[Pair, str]:
    """Copy a photo and write its mask; photos of the same content are of one group."""
    file, key = Path(photo["photo"]), str(photo["key"])
    image = folder / "images" / (key + _SUFFIXES[identify(file)])
    with atomic_path(image) as temporary:
        shutil.copyfile(file, temporary)
    _check_same(file, photo)
    digest = _sha256(image)
    height, width = image_size(image)
    if height * width > WHOLE_LIMIT_PX:
        raise UsageError(
            f"{photo['name']}: has {height * width:,} pixels, a training reads "
            f"{WHOLE_LIMIT_PX:,} at most; cut it into smaller photos"
        )
    masks = open_masks(probability_file(Path(photo["out"])), threshold, photo["session_file"])
    if masks is None:
        raise UsageError(f"{photo['name']}: has no mask; find its cracks first")
    with masks:
        if (masks.height, masks.width) != (height, width):
            raise InputRefused(
                file,
                SIZE_MISMATCH,
                f"{photo['name']}: has {width} x {height} px, its mask {masks.width} x "
                f"{masks.height}; find its cracks again, or begin its strokes anew",
            )
        target = _write_mask(masks, photo, folder / "masks" / key)
    return Pair(key, image, target, groups.setdefault(digest, key)), digest


def _check_same(file: Path, photo: Mapping[str, Any]) -> None:
    """Make sure that a photo that was copied is the one that its mask is of."""
    now = FoundFile.of(file, "")
    if now is not None and now.stamp != photo["stamp"]:
        raise UsageError(
            f"{photo['name']}: was replaced while the dataset was written; make it again"
        )


def _write_mask(masks: MaskSource, photo: Mapping[str, Any], stem: Path) -> Path:
    patches = []
    if photo["rejected"]:
        values = read_measured(Path(photo["survey_file"]))
        survey = Survey.from_json(values["survey"])
        patches = patches_of(survey, photo["rejected"], masks.mask)

    def read(window: Window) -> Mask:
        return clear_patches(masks.mask(window), window, patches)

    if masks.height * masks.width <= BIG_OUTPUT_PX:
        target = stem.with_name(f"{stem.name}.png")
        write_mask(target, read(Window(0, 0, masks.height, masks.width)))
        return target
    target = stem.with_name(f"{stem.name}.tif")
    with open_mask_writer(target, masks.height, masks.width) as writer:
        for window in blocks(masks.height, masks.width):
            writer.write(window, read(window))
    return target


def _write_provenance(
    path: Path,
    arguments: Mapping[str, Any],
    rows: list[dict[str, Any]],
    splits: Mapping[str, list[Pair]],
) -> None:
    split_of = {pair.image.name: name for name, pairs in splits.items() for pair in pairs}
    values = {
        "format": FORMAT,
        "version": crackgauge.__version__,
        "name": arguments["name"],
        "model": arguments["model"],
        "threshold": arguments["threshold"],
        "val_share": arguments["val_share"],
        "seed": arguments["seed"],
        "photos": [{**row, "split": split_of[row["file"]]} for row in rows],
    }
    write_text_atomic(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_READ_BYTES):
            found.update(part)
    return found.hexdigest()
