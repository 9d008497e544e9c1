"""The rows of an image and of its zones: totals, and means weighted by length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window
from crackgauge.measure.columns import ROSE_COLUMNS
from crackgauge.measure.pieces import Pieces
from crackgauge.measure.region import Region, Zone, bands
from crackgauge.measure.rose import rose
from crackgauge.measure.rows import Columns, method_of
from crackgauge.measure.scale import LocalScale, Scale

if TYPE_CHECKING:
    import pandas as pd

_Flags = npt.NDArray[np.bool_]
# The area of a pixel on an oblique surface is taken at about so many places of the image.
_GRID = 128


class Frame(NamedTuple):
    """An image without its pixels: its size in px, its scale and its region."""

    height: int
    width: int
    scale: Scale | None
    region: Region


def image_row(cracks: pd.DataFrame, frame: Frame) -> Columns:
    """Return the row of an image, from its cracks.

    Areas and ratios are those of the part of the image in which cracks are looked for.

    Args:
        cracks: `CRACK_COLUMNS`, of this image.
        frame: the image.
    """
    scale = frame.scale
    looked_px, looked_m2 = _extent(frame._replace(region=frame.region._replace(zones=())))
    area, length = int(cracks["area_px2"].sum()), float(cracks["length_px"].sum())
    weights = cracks["length_px"].to_numpy()
    values: Columns = {
        "height_px": frame.height,
        "width_px": frame.width,
        "crack_count": len(cracks),
        "crack_area_px2": area,
        "crack_area_ratio": area / looked_px if looked_px else math.nan,
        "crack_length_px": length,
        "width_mean_px": _mean(cracks["width_mean_px"], weights),
        "width_max_px": float(cracks["width_max_px"].max()),
        "width_method": method_of(cracks["width_method"].tolist()),
        **{name: float(cracks[name].sum()) for name in ROSE_COLUMNS},
    }
    if scale is None:
        return values
    length_mm = float(cracks["length_mm"].sum())
    widest = int(cracks["width_max_mm"].to_numpy().argmax()) if len(cracks) else -1
    return values | {
        "mm_per_px": scale.mm_per_px,
        "mm_per_px_sd": scale.sd_mm_per_px,
        "scale_source": scale.source,
        "view": scale.view,
        "image_area_m2": looked_m2,
        "crack_density_m_per_m2": length_mm / 1e3 / looked_m2 if looked_m2 else math.nan,
        "crack_area_mm2": float(cracks["area_mm2"].sum()),
        "crack_length_mm": length_mm,
        "crack_length_sd_mm": _sum_sd(cracks, scale),
        "width_mean_mm": _mean(cracks["width_mean_mm"], cracks["length_mm"].to_numpy()),
        "width_max_mm": float(cracks["width_max_mm"].max()),
        "width_max_sd_mm": float(cracks["width_max_sd_mm"].iloc[widest]) if len(cracks) else None,
    }


def zone_rows(pieces: Pieces, frame: Frame) -> tuple[list[Columns], list[_Flags]]:
    """Return the row of each zone, and for each zone which samples lie inside, bool (N,)."""
    samples, region, scale = pieces.samples, frame.region, frame.scale
    x_px, y_px = samples.col.astype(np.float64) + 0.5, samples.row.astype(np.float64) + 0.5
    inside = [zone.contains(x_px, y_px) for zone in region.zones]
    local = None if scale is None else scale.at(samples.position, samples.tangent)
    rows = []
    for zone, flags in zip(region.zones, inside, strict=True):
        zone_px, zone_m2 = _extent(frame._replace(region=region._replace(zones=(zone,))))
        row = _zone_row(pieces, zone, flags, local)
        row["zone_area_px2"] = zone_px
        row["crack_area_ratio"] = row["crack_area_px2"] / zone_px if zone_px else math.nan
        if scale is not None:
            row["zone_area_m2"] = zone_m2
            density = row["crack_length_mm"] / 1e3 / zone_m2 if zone_m2 else math.nan
            row["crack_density_m_per_m2"] = density
        rows.append(row)
    return rows, inside


def _zone_row(pieces: Pieces, zone: Zone, inside: _Flags, local: LocalScale | None) -> Columns:
    samples, branches = pieces.samples, pieces.branches
    crack = branches.crack[samples.branch]
    # The way to the ends of the mask belongs to a branch's samples in equal shares.
    drawn = np.bincount(samples.branch, weights=samples.step_px, minlength=len(branches.crack))
    stretch = np.divide(branches.length_px, drawn, out=np.ones(len(drawn)), where=drawn > 0)
    length = samples.step_px * stretch[samples.branch] * inside
    covered = samples.step_px * samples.width_px
    whole = np.bincount(crack, weights=covered, minlength=len(pieces))
    pixels = np.divide(pieces.area_px2, whole, out=np.zeros(len(whole)), where=whole > 0)
    area = covered * pixels[crack] * inside
    free = inside & ~samples.at_junction
    free = free if free.any() else inside
    total = float(length.sum())
    row: Columns = {
        "zone": zone.name,
        "direction_deg": zone.direction_deg,
        "crack_count": len(np.unique(crack[inside])),
        "crack_area_px2": float(area.sum()),
        "crack_length_px": total,
        "width_mean_px": _mean(samples.width_px[free], samples.step_px[free]),
        "width_max_px": float(samples.width_px[free].max()) if free.any() else math.nan,
    }
    one = np.zeros(int(inside.sum()), dtype=np.int64)
    bins = rose(one, 1, samples.tangent[inside], samples.step_px[inside], np.array([total]))
    row |= {name: float(values[0]) for name, values in bins.items()}
    if local is not None:
        width_mm = samples.width_px * local.across
        row |= {
            "crack_area_mm2": float((area * local.area).sum()),
            "crack_length_mm": float((length * local.along).sum()),
            "width_mean_mm": _mean(width_mm[free], (samples.step_px * local.along)[free]),
            "width_max_mm": float(width_mm[free].max()) if free.any() else math.nan,
        }
    return row


def _extent(frame: Frame) -> tuple[int, float]:
    """Return the area of an image, or of its one zone, in px and in m2 (NaN if not known)."""
    height, width, scale, region = frame
    share = 1.0
    if region.limits or region.zones:
        pixels = sum(int(_looked_at(window, region).sum()) for window in bands(height, width))
        share = pixels / (height * width)
    else:
        pixels = height * width
    if scale is None:
        return pixels, math.nan
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    whole_mm2 = scale.area_mm2(corners)
    if scale.plane is None or share == 1.0 or math.isnan(whole_mm2):
        return pixels, whole_mm2 * share / 1e6
    return pixels, pixels * _mean_pixel_mm2(height, width, scale, region) / 1e6


def _looked_at(window: Window, region: Region) -> _Flags:
    looked = region.allowed(window)
    return looked & region.zones[0].drawn(window) if len(region.zones) == 1 else looked


def _mean_pixel_mm2(height: int, width: int, scale: Scale, region: Region) -> float:
    """Return the mean area of the pixels that are looked at, from places on a grid."""
    step = max(1, min(height, width) // _GRID)
    total = count = 0.0
    for window in bands(height, width):
        rows, cols = np.nonzero(_looked_at(window, region)[::step, ::step])
        position = np.stack([cols * step + 0.5, rows * step + window.row + 0.5], axis=1)
        total += float(scale.at(position, np.zeros_like(position)).area.sum())
        count += len(rows)
    return total / count if count else 0.0


def _sum_sd(cracks: pd.DataFrame, scale: Scale) -> float:
    """Return the deviation of the total length: the scale's is common to all, measuring is not."""
    common = float(cracks["length_mm"].sum()) * scale.relative_sd
    own = cracks["length_sd_mm"] ** 2 - (cracks["length_mm"] * scale.relative_sd) ** 2
    return math.hypot(common, math.sqrt(max(float(own.sum()), 0.0)))


def _mean(values: object, weights: npt.NDArray[np.float64]) -> float:
    total = float(weights.sum())
    return float((np.asarray(values) * weights).sum()) / total if total else math.nan
