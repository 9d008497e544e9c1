"""Patch sets of high-resolution images: an index of patches, and what is chosen from it.

Whole images are cut to patches that do not overlap, but for the last row and column, which end at
the image's edge. Nothing is written: a patch is its image and its corner. A composition sets crack
patches against background patches (Kompanets et al. 2024, section 4: 70/30, 30/70, 10/90, all).

Legend: H, W height and width of an image; p side of a patch; K patches of the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.data.sampling import crack_positions
from crackgauge.errors import DatasetError, UsageError
from crackgauge.tiling import window_starts

Numbers = npt.NDArray[np.int64]

ALL, ALL_PLUS = "all", "all+"

# Streams of random numbers, so that changing one draw does not move the others.
_CROP, _CRACK, _BACKGROUND = 11, 12, 13


@dataclass(frozen=True)
class PatchIndex:
    """Patches of a list of images, image by image, row by row.

    Attributes:
        patch_px: p.
        image: int64 (K,), number of the image in the list.
        row, col: int64 (K,), the patch's first pixel in the image (mirrored, where the image is
            smaller than the patch).
        crack_px: int64 (K,), crack pixels of the patch.
    """

    patch_px: int
    image: Numbers
    row: Numbers
    col: Numbers
    crack_px: Numbers

    def __len__(self) -> int:
        return len(self.image)

    @property
    def crack(self) -> Numbers:
        """Numbers of the patches with at least one crack pixel, ascending."""
        return np.flatnonzero(self.crack_px > 0)

    @property
    def background(self) -> Numbers:
        """Numbers of the patches without a crack pixel, ascending."""
        return np.flatnonzero(self.crack_px == 0)

    def place(self, number: int) -> tuple[int, int, int]:
        """(image, row, col) of a patch."""
        return int(self.image[number]), int(self.row[number]), int(self.col[number])


def index_patches(
    masks: Iterable[Mask], patch_px: int, *, parent_px: int | None = None, seed: int = 0
) -> PatchIndex:
    """Cut images to patches and count the crack pixels of each.

    With `parent_px` the images are cut to larger patches, and each of these is cropped to p: one
    that holds a crack at a place, drawn from all such, where at least one crack pixel stays inside,
    one without a crack anywhere (Kompanets et al. 2024, on patches of 128 and 384 px from such of
    512 px). So the same parents can be compared at several sizes.

    Args:
        masks: bool (H, W) of each image; one smaller than a patch is mirrored on the right and
            below, as `crackgauge.data.dataset.at_least` mirrors its image.
        patch_px: p.
        parent_px: side of the larger patches, at least p; None: p, and nothing is cropped.
        seed: of the places of the crops.

    Raises:
        UsageError: sides that are below 1, or a parent smaller than the patch.

    >>> import numpy as np
    >>> mask = np.zeros((4, 7), bool)
    >>> mask[0, 3] = True
    >>> index = index_patches([mask], 4)
    >>> [index.place(number) for number in range(len(index))], index.crack_px.tolist()
    ([(0, 0, 0), (0, 0, 3)], [1, 1])
    """
    side = patch_px if parent_px is None else parent_px
    if not 1 <= patch_px <= side:
        raise UsageError(
            f"got patches of {patch_px} px from parents of {side} px, expected 1 px or more and "
            "parents at least as large"
        )
    parts = [np.zeros((0, 4), np.int64)]
    for number, mask in enumerate(masks):
        missing = [max(0, side - size) for size in mask.shape]
        mask = np.pad(mask, [(0, missing[0]), (0, missing[1])], mode="symmetric")
        generator = np.random.default_rng((seed, _CROP, number))
        corners = [
            _crop(mask, int(row), int(col), side, patch_px, generator)
            for row in window_starts(mask.shape[0], side, side)
            for col in window_starts(mask.shape[1], side, side)
        ]
        counts = [np.count_nonzero(mask[r : r + patch_px, c : c + patch_px]) for r, c in corners]
        parts.append(
            np.array([(number, *corner, n) for corner, n in zip(corners, counts, strict=True)])
        )
    return PatchIndex(patch_px, *np.concatenate(parts).T.copy())


def _crop(
    mask: Mask, row: int, col: int, parent_px: int, patch_px: int, generator: np.random.Generator
) -> tuple[int, int]:
    """Corner of the crop of the parent at (row, col)."""
    if parent_px == patch_px:
        return row, col
    holds = crack_positions(mask[row : row + parent_px, col : col + parent_px], patch_px)
    places = np.flatnonzero(holds) if holds.any() else np.arange(holds.size)
    down, right = divmod(int(places[generator.integers(len(places))]), holds.shape[1])
    return row + down, col + right


def compose(
    index: PatchIndex,
    composition: str,
    *,
    crack_patches: int | None = None,
    crack_share: float = 0.065,
    first_dataset: int | None = None,
    seed: int = 0,
) -> Numbers:
    """Choose the patches of a set.

    The seed puts all crack patches, and all background patches, into one order each, and a set is
    the beginning of both. So with the same seed and number of crack patches the set 10/90 contains
    30/70, which contains 70/30, all with the same crack patches.

    Args:
        index: of one or more datasets' images.
        composition: crack/background in percent, such as "30/70"; "all" for every patch; "all+"
            for every patch of the first dataset, and so many background patches of the further
            ones that the share of crack patches falls to `crack_share`.
        crack_patches: how many of them; None: all.
        crack_share: for "all+" alone.
        first_dataset: how many of the images are the first dataset's (they stand first); None:
            all.
        seed: of the two orders.

    Returns:
        int64, ascending numbers of the index.

    Raises:
        UsageError: no such composition.
        DatasetError: it cannot be filled; the sentence says how many patches there are.

    >>> index = PatchIndex(8, *np.zeros((3, 6), np.int64), np.array([5, 0, 0, 7, 0, 0]))
    >>> len(compose(index, "50/50")), compose(index, "all").tolist()
    (4, [0, 1, 2, 3, 4, 5])
    """
    shares = parse_composition(composition)
    own = index.image < (np.inf if first_dataset is None else first_dataset)
    crack = index.crack[own[index.crack]] if composition == ALL_PLUS else index.crack
    background = index.background
    chosen = _shuffled(crack, seed, _CRACK)[:crack_patches]
    if len(chosen) == 0 or len(chosen) < (crack_patches or 0):
        raise DatasetError(
            f"got {len(crack)} crack patches of {index.patch_px} px, expected at least "
            f"{crack_patches or 1}; lower the number of crack patches or the patches' side"
        )
    order = _shuffled(background, seed, _BACKGROUND)
    if composition == ALL_PLUS:
        rest = _further(order, own, len(chosen), crack_share)
    elif shares is None:
        rest = background
    else:
        rest = order[: _wanted(shares, len(chosen), len(background))]
    return np.sort(np.concatenate([chosen, rest]))


def _shuffled(numbers: Numbers, seed: int, stream: int) -> Numbers:
    return np.random.default_rng((seed, stream)).permutation(numbers)


def _wanted(shares: tuple[int, int], crack: int, there: int) -> int:
    """How many background patches go with the crack patches."""
    part, rest = shares
    wanted = (2 * crack * rest + part) // (2 * part)  # to the nearest, a half upwards
    if wanted > there:
        raise DatasetError(
            f"got {there} background patches, expected {wanted} for {part}/{rest} with {crack} "
            f"crack patches; take at most {there * part // rest} crack patches, another "
            "composition, or more images"
        )
    return wanted


def parse_composition(composition: str) -> tuple[int, int] | None:
    """Read "30/70"; None for "all" and "all+".

    Raises:
        UsageError: no such composition.

    >>> parse_composition("30/70"), parse_composition("all")
    ((30, 70), None)
    """
    if composition in (ALL, ALL_PLUS):
        return None
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", composition)
    part, rest = (int(text) for text in match.groups()) if match else (0, 0)
    if part == 0 or part + rest != 100:
        raise UsageError(
            f"got the composition {composition!r}, expected crack/background in percent such as "
            f"30/70, or {ALL}, or {ALL_PLUS}"
        )
    return part, rest


def _further(order: Numbers, own: npt.NDArray[np.bool_], crack: int, crack_share: float) -> Numbers:
    """Every background patch of the first dataset, and further ones down to the crack share."""
    first, further = order[own[order]], order[~own[order]]
    wanted = max(0, round(crack / crack_share) - crack - len(first))
    if wanted > len(further):
        raise DatasetError(
            f"got {len(further)} background patches of further datasets, expected {wanted}: "
            f"{crack} crack patches are to be {100 * crack_share:g} % and the first dataset has "
            f"{len(first)} background patches; add crack-free images "
            "(`crackgauge data synth --crack-free 1`) or raise the crack share"
        )
    return np.concatenate([first, further[:wanted]])
