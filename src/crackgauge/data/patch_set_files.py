"""A patch set on disk: its index as a table and, on request, its patches as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from crackgauge.data.dataset import at_least, load_samples
from crackgauge.data.lists import relative_path
from crackgauge.data.pairs import Pair
from crackgauge.data.patch_set import Numbers, PatchIndex
from crackgauge.errors import DatasetError
from crackgauge.files import write_text_atomic
from crackgauge.images import write_image, write_mask

COLUMNS = ("image", "mask", "row", "col", "side_px", "crack_px")


def write_index(
    path: str | Path, pairs: Sequence[Pair], index: PatchIndex, chosen: Numbers
) -> None:
    """Write one row a chosen patch, in the order of the index; files relative to the table; atomic.

    Args:
        path: of the table (CSV).
        pairs: the images of the index, in its order.
        index: from `index_patches`.
        chosen: from `compose`.

    Raises:
        StorageError: the file cannot be written.
    """
    folder = Path(path).parent
    names = [
        tuple(relative_path(file, folder) for file in (pair.image, pair.mask) if file is not None)
        for pair in pairs
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in chosen:
        image, row, col = index.place(int(number))
        side, crack_px = index.patch_px, int(index.crack_px[number])
        writer.writerow((*names[image], row, col, side, crack_px))
    write_text_atomic(path, text.getvalue())


def write_patches(
    folder: str | Path,
    pairs: Sequence[Pair],
    index: PatchIndex,
    chosen: Numbers,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> int:
    """Write every chosen patch to `folder/images` and `folder/masks`, as PNG.

    A patch is named by its image and its first pixel, `<stem>-r00064c00128`, so that its source
    photo, the name up to the last `-`, is its image.

    Args:
        folder: is itself a dataset then (layout `images-masks`).
        pairs, index, chosen: as for `write_index`.
        progress: called with (images done, images, stem).

    Returns:
        The number of patches written.

    Raises:
        DatasetError: two images have the same name, or the folder holds other patches.
        InputRefused: an image or mask cannot be read.
        StorageError: a file cannot be written.
    """
    folder, side = Path(folder), index.patch_px
    images = np.unique(index.image[chosen])
    stems = [pairs[image].stem for image in images]
    if len(set(stems)) < len(stems):
        twice = next(stem for stem in stems if stems.count(stem) > 1)
        raise DatasetError(
            f"got two images of the name {twice}, expected names of their own for files of "
            "patches; rename one or write the index alone"
        )
    _check_folder(folder, {_name(pairs, index, int(number)) for number in chosen})
    for done, image in enumerate(images, start=1):
        numbers = chosen[index.image[chosen] == image]
        (sample,) = load_samples([pairs[image]], channels=3)
        corner = max(int(index.row[numbers].max()), int(index.col[numbers].max()))
        sample = at_least(sample, corner + side)
        for number in numbers:
            _, row, col = index.place(int(number))
            part = np.s_[row : row + side, col : col + side]
            name = _name(pairs, index, int(number))
            write_image(folder / "images" / name, np.ascontiguousarray(sample.image[part]))
            write_mask(folder / "masks" / name, np.ascontiguousarray(sample.mask[part]))
        if progress is not None:
            progress(done, len(images), sample.stem)
    return len(chosen)


def _name(pairs: Sequence[Pair], index: PatchIndex, number: int) -> str:
    image, row, col = index.place(number)
    return f"{pairs[image].stem}-r{row:05d}c{col:05d}.png"


def _check_folder(folder: Path, names: set[str]) -> None:
    """Refuse to mix two sets; the same command again replaces its own files."""
    for part in ("images", "masks"):
        there = (folder / part).iterdir() if (folder / part).is_dir() else ()
        other = sorted(path.name for path in there if path.name not in names)
        if other:
            raise DatasetError(
                f"{folder / part}: holds {len(other)} files that are not of this set, the first is "
                f"{other[0]}; give another folder, or empty this one"
            )
