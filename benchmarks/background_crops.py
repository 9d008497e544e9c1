"""List crack-free crops of the drone photographs: the images without cracks that the set lacks.

    python benchmarks/background_crops.py DATA/uav315 --out benchmarks/results/background_crops.csv

A crop is a square in which, and within a margin around which, no pixel is marked as crack. The
squares of one photograph do not overlap; the largest are taken first, then the topmost, then the
leftmost, so that the list depends on the masks and the options alone. It holds no image data.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.errors import CrackgaugeError, DatasetError
from crackgauge.files import write_text_atomic
from crackgauge.images import read_mask


class Crop(NamedTuple):
    """A window of one photograph."""

    stem: str
    row: int
    col: int
    height: int
    width: int


def empty_squares(
    mask: npt.NDArray[np.bool_], *, smallest: int, step: int, margin_px: int
) -> list[tuple[int, int, int]]:
    """Squares (row, col, side) without crack, sides and places multiples of `step`."""
    reach = 2 * margin_px + 1
    taken = ndimage.maximum_filter(mask.astype(np.uint8), size=reach, mode="constant") > 0
    found = []
    side = min(mask.shape) // step * step
    while side >= smallest:
        for row in range(0, mask.shape[0] - side + 1, step):
            for col in range(0, mask.shape[1] - side + 1, step):
                window = taken[row : row + side, col : col + side]
                if not window.any():
                    found.append((row, col, side))
                    window[:] = True
        side -= step
    return found


def list_crops(data: Path, split: str, *, smallest: int, step: int, margin_px: int) -> list[Crop]:
    """The crops of all photographs of a split, in the order of the stems."""
    listing = data / f"{split}.txt"
    if not listing.is_file():
        raise DatasetError(f"{listing}: no such file, expected the list of the split's stems")
    masks = {path.stem: path for path in sorted((data / "masks").iterdir())}
    crops = []
    for stem in sorted(listing.read_text(encoding="utf-8").split()):
        if stem not in masks:
            raise DatasetError(f"{data / 'masks'}: holds no mask named {stem}, listed in {listing}")
        mask = read_mask(masks[stem]).mask
        squares = empty_squares(mask, smallest=smallest, step=step, margin_px=margin_px)
        crops += [Crop(stem, row, col, side, side) for row, col, side in squares]
    return crops


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with images/, masks/ and SPLIT.txt")
    parser.add_argument("--out", type=Path, required=True, help="the CSV file to write")
    parser.add_argument("--split", default="test")
    parser.add_argument("--smallest", type=int, default=128, help="smallest side in px")
    parser.add_argument("--step", type=int, default=32, help="sides and places are multiples, px")
    parser.add_argument("--margin", type=int, default=16, help="distance kept from cracks, px")
    options = parser.parse_args()
    try:
        crops = list_crops(
            options.data,
            options.split,
            smallest=options.smallest,
            step=options.step,
            margin_px=options.margin,
        )
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Crop._fields)
        writer.writerows(crops)
        write_text_atomic(options.out, text.getvalue())
    except CrackgaugeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    pixels = sum(crop.height * crop.width for crop in crops)
    photos = len({crop.stem for crop in crops})
    print(f"{len(crops)} crops of {photos} photographs, {pixels / 1e6:.2f} megapixels")
    return 0


if __name__ == "__main__":
    sys.exit(main())
