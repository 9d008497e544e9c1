"""Does a mask lie on something that stands out? The sign of a wrong, turned or shifted truth.

A crack is darker (or lighter) than its surround, whatever the surface. So the brightness under the
mask is compared with the brightness under the same shape laid elsewhere: where the mask stands out
no more than its copies do, it marks something else than what can be seen. Comparing with shifted
copies rather than with a ring takes the texture of the surface into account: on coarse asphalt
the copies scatter more, and more is asked of the mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.arrays import Image, Mask, check_image, check_mask, check_same_shape
from crackgauge.errors import UsageError

# Chosen on five public sets (1,618 pairs, docs/data.md): the wrong truth CFD 042 has z = 0.5, the
# pairs whose mask lies on its crack 2.0 or more.
NO_CONTRAST_Z = 1.5
WEAK_Z = 4.0
WEAK_RATIO = 1.5
# A turned or shifted copy must stand out by itself, and more than the mask as it lies.
BETTER_Z = 4.5
TURNED_RATIO = 1.5
SHIFTED_RATIO = 2.0

# A larger photo is looked at scaled down by a whole factor, to bound time and memory.
MAX_LOOKED_AT_PX = 4_000_000
MIN_PIXELS = 20
MAX_SHARE = 0.5
_SAMPLE = 5_000
_OVERLAP = 0.25

_Field = npt.NDArray[np.float32]
_Points = npt.NDArray[np.int64]
_Shifts = npt.NDArray[np.int64]  # (S, 2) rows and columns


@dataclass(frozen=True)
class Contrast:
    """How far a mask stands out, in standard deviations of its shifted copies.

    Attributes:
        z: the mask as it lies, moved by 3 px at most, darker or lighter.
        turned: the turn of the mask that stands out most, as `turn_mask` takes it.
        turned_z: how far it stands out, as darker.
        shift: (rows, columns) of the shift by more than 3 px that stands out most.
        shift_z: how far it stands out, as darker.
    """

    z: float
    turned: str
    turned_z: float
    shift: tuple[int, int]
    shift_z: float

    @property
    def finding(self) -> str | None:
        """`mask-turned`, `mask-shifted`, `no-contrast`, or None where the mask lies well."""
        if self.turned_z >= BETTER_Z and self.turned_z >= TURNED_RATIO * self.z:
            return "mask-turned"
        if self.shift_z >= BETTER_Z and self.shift_z >= SHIFTED_RATIO * self.z:
            return "mask-shifted"
        weak = self.z < WEAK_Z and self.shift_z > WEAK_RATIO * self.z
        return "no-contrast" if self.z < NO_CONTRAST_Z or weak else None


def _turns(
    rows: _Points, cols: _Points, height: int, width: int
) -> dict[str, tuple[_Points, _Points]]:
    """The points of a mask, turned and mirrored within its own frame."""
    turned = {
        "mirrored left to right": (rows, width - 1 - cols),
        "mirrored top to bottom": (height - 1 - rows, cols),
        "turned by 180 degrees": (height - 1 - rows, width - 1 - cols),
    }
    if height == width:
        turned["turned by 90 degrees to the right"] = (cols, width - 1 - rows)
        turned["turned by 90 degrees to the left"] = (height - 1 - cols, rows)
        turned["mirrored at the diagonal"] = (cols, rows)
        turned["mirrored at the other diagonal"] = (height - 1 - cols, width - 1 - rows)
    return turned


def turn_mask(mask: Mask, turn: str) -> Mask:
    """The mask turned as `Contrast.turned` says.

    Raises:
        UsageError: no such turn for a mask of this shape.

    >>> turn_mask(np.array([[True, False, False]]), "mirrored left to right")
    array([[False, False,  True]])
    """
    rows, cols = np.nonzero(mask)
    turned = _turns(rows, cols, *mask.shape)
    if turn not in turned:
        raise UsageError(f"unknown turn {turn!r}; known for this shape: {', '.join(turned)}")
    out = np.zeros_like(mask)
    out[turned[turn]] = True
    return out


def mean_width_px(mask: Mask) -> float:
    """Rough width of the marked lines: twice the area over the length of the border.

    >>> band = np.zeros((20, 30), dtype=bool)
    >>> band[5:15] = True
    >>> mean_width_px(band)
    10.0
    """
    inner = ndimage.binary_erosion(mask, border_value=1)
    return 2.0 * float(mask.sum()) / max(1.0, float((mask & ~inner).sum()))


def _local_brightness(image: Image, unit: float) -> _Field:
    """Grey value less its surround's, lightly smoothed."""
    grey = image.astype(np.float32).mean(axis=2)
    box = 2 * round(10 * unit) + 1
    surround = ndimage.uniform_filter(ndimage.uniform_filter(grey, box), box)
    local: _Field = ndimage.gaussian_filter(grey - surround, unit)
    return local


class _Mover:
    """Means of a field under points that are moved about; outside the field counts as nothing."""

    def __init__(self, field: _Field, margin: int) -> None:
        self.margin = margin
        self.stride = field.shape[1] + 2 * margin
        self.values = np.pad(field, margin).ravel()
        self.inside = np.pad(np.ones(field.shape, dtype=np.float32), margin).ravel()

    def means(self, rows: _Points, cols: _Points, shifts: _Shifts) -> npt.NDArray[np.float64]:
        """Mean for each shift (S, 2); NaN where more than half of the points fall outside."""
        at = (rows + self.margin) * self.stride + cols + self.margin
        out = np.full(len(shifts), np.nan)
        for index, (down, right) in enumerate(shifts):
            moved = at + (down * self.stride + right)
            count = float(self.inside[moved].sum())
            if 2 * count >= len(at):
                out[index] = float(self.values[moved].sum()) / count
        return out


def _grid(low: float, high: float, step: int, unit: float) -> _Shifts:
    """Shifts (S, 2) whose length is in [low, high], in units."""
    reach = np.arange(-(int(high) // step) * step, high + 1, step)
    down, right = np.meshgrid(reach, reach, indexing="ij")
    length = np.hypot(down, right)
    keep = (length >= low) & (length <= high)
    shifts = np.stack([down[keep], right[keep]], axis=1) * unit
    return np.rint(shifts).astype(np.int64)


def _scaled_down(image: Image, mask: Mask, factor: int) -> tuple[Image, Mask]:
    """Means of factor x factor pixels, marked where any of them is; the rest at the edge is cut."""
    height, width = mask.shape[0] // factor, mask.shape[1] // factor
    summed = np.zeros((height, width, 3), dtype=np.uint32)
    marked = np.zeros((height, width), dtype=np.bool_)
    for row in range(factor):
        for col in range(factor):
            every = (
                slice(row, height * factor, factor),
                slice(col, width * factor, factor),
            )
            summed += image[every]
            marked |= mask[every]
    return (summed // factor**2).astype(np.uint8), marked


def contrast_of(image: Image, mask: Mask) -> Contrast | None:
    """Compare the brightness under `mask` with that under its copies.

    The copies lie 12 to 40 px away (for lines wider than 8 px all distances grow with the width).
    z = (mean of the copies - mean under the mask) / standard deviation of the copies.

    Args:
        image: uint8 (H, W, 3).
        mask: bool (H, W).

    Returns:
        None where nothing can be said: fewer than 20 px are marked, or more than half of all,
        or the image is too small to lay a copy elsewhere.

    Raises:
        UsageError: other types, or two sizes.
    """
    check_image(image)
    check_mask(mask)
    check_same_shape(image, mask, names=("image", "mask"))
    factor = math.ceil(math.sqrt(mask.size / MAX_LOOKED_AT_PX))
    if factor > 1:
        image, mask = _scaled_down(image, mask, factor)
    count = int(mask.sum())
    if count < MIN_PIXELS or count > MAX_SHARE * mask.size:
        return None
    unit = max(1.0, mean_width_px(mask) / 8.0)
    rows, cols = np.nonzero(mask)
    if count > _SAMPLE:
        chosen = np.linspace(0, count - 1, _SAMPLE).astype(np.int64)
        rows, cols = rows[chosen], cols[chosen]
    near = _grid(0, 3.7, 1, unit)
    far = _grid(12, 40, 4, unit)
    between = np.concatenate([_grid(5, 12, 2, unit), far])
    mover = _Mover(_local_brightness(image, unit), margin=round(41 * unit) + 1)

    copies = mover.means(rows, cols, far)
    # A straight crack moved along itself is no copy elsewhere.
    on_itself = _Mover(mask.astype(np.float32), mover.margin).means(rows, cols, far)
    copies[on_itself > _OVERLAP] = np.nan
    if np.isfinite(copies).sum() < 10:
        return None
    middle = float(np.nanmean(copies))
    # Half a grey level: a flat surface has no scatter, and no contrast is meant either.
    scatter = max(float(np.nanstd(copies)), 0.5)

    def darker(points: tuple[_Points, _Points], shifts: _Shifts) -> npt.NDArray[np.float64]:
        z = (middle - mover.means(*points, shifts)) / scatter
        return np.where(np.isnan(z), -np.inf, z)

    upright = (middle - mover.means(rows, cols, near)) / scatter
    turned = {
        name: float(darker(points, near).max())
        for name, points in _turns(rows, cols, *mask.shape).items()
    }
    best_turn = max(turned, key=lambda name: turned[name])
    moved = darker((rows, cols), between)
    best_shift = between[int(moved.argmax())]
    return Contrast(
        z=float(np.nanmax(np.abs(upright))),
        turned=best_turn,
        turned_z=turned[best_turn],
        shift=(int(best_shift[0]) * factor, int(best_shift[1]) * factor),
        shift_z=float(moved.max()),
    )
