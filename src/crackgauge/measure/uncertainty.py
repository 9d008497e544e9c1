"""How well lengths and widths are known: from measuring in px, and from the scale.

The two add as independent errors, sd = sqrt((scale sd_px)^2 + (value relative_sd)^2). The
constants are standard deviations seen on drawn cracks of known size (docs/measure.md), rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]

PROFILE, MASK = "probability", "mask"
# Of a width in px, by what it was read from.
WIDTH_MEAN_SD_PX = {PROFILE: 0.1, MASK: 0.25}
WIDTH_MAX_SD_PX = {PROFILE: 0.3, MASK: 0.5}
# Of a length: a share of it, and the two ends.
LENGTH_SD_SHARE = 0.005
LENGTH_SD_PX = 1.0


def add_deviations(values: dict[str, Any], relative_sd: float) -> None:
    """Add `length_sd_mm`, `width_mean_sd_mm` and `width_max_sd_mm` to columns of one table.

    Args:
        values: columns with `width_method`, and of each measure the one in px and the one in mm.
        relative_sd: of the scale.
    """
    length_px = np.asarray(values["length_px"])
    sd_px = {
        "length": np.hypot(LENGTH_SD_SHARE * length_px, LENGTH_SD_PX),
        "width_mean": _by_method(values, WIDTH_MEAN_SD_PX),
        "width_max": _by_method(values, WIDTH_MAX_SD_PX),
    }
    for name, sd in sd_px.items():
        value_px, value_mm = (np.asarray(values[f"{name}_{unit}"]) for unit in ("px", "mm"))
        measuring = sd * np.divide(
            value_mm, value_px, out=np.zeros(len(sd)), where=np.asarray(value_px) > 0
        )
        values[f"{name}_sd_mm"] = np.hypot(measuring, value_mm * relative_sd)


def _by_method(values: Mapping[str, Any], sd_px: Mapping[str, float]) -> _Floats:
    return np.array([sd_px[method] for method in values["width_method"]], dtype=np.float64)
