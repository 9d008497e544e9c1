"""One mask measured, from the array to the tables.

Legend: H height, W width. What the columns mean stands in `survey`.
"""

from __future__ import annotations

from pathlib import Path

from crackgauge.arrays import Mask, Probability, Window, check_mask
from crackgauge.measure.bridging import Bridging
from crackgauge.measure.parts import assemble, measure_part
from crackgauge.measure.region import Region
from crackgauge.measure.scale import Scale, one_scale
from crackgauge.measure.settings import MIN_AREA_PX2, Settings
from crackgauge.measure.standard import Standard, load_standard
from crackgauge.measure.survey import Survey


def measure(
    mask: Mask,
    *,
    probability: Probability | None = None,
    threshold: float | None = None,
    mm_per_px: float | None = None,
    scale: Scale | None = None,
    image: str = "",
    min_area_px2: int = MIN_AREA_PX2,
    bridge_px: float = Bridging.gap_px,
    bridge_deg: float = Bridging.angle_deg,
    region: Region | None = None,
    direction_deg: float | None = None,
    standard: Standard | str | Path | None = None,
) -> Survey:
    """Measure the cracks of one mask.

    The memory goes with the cracks and not with the image: the mask itself, and about 20 bytes
    for each pixel of the bounding box of the largest crack. A mask that does not fit into memory
    is measured in parts that no crack crosses, see `assemble`.

    Args:
        mask: bool (H, W), True where there is crack.
        probability: float32 (H, W) in [0, 1], of which the mask is the part from a threshold on;
            widths are then measured between the pixels, and `confidence` is given.
        threshold: that threshold; None finds it from mask and probability.
        mm_per_px: millimetres on the surface that one pixel covers; gives the columns in mm, NaN
            without it.
        scale: instead of `mm_per_px`, with an uncertainty, a source or an oblique plane.
        image: the name that the rows carry.
        min_area_px2: components of fewer pixels are left out everywhere.
        bridge_px: gaps up to this are bridged; 0 bridges none.
        bridge_deg: how far each end may point past the other.
        region: where cracks are looked for, and zones.
        direction_deg: the direction that types of cracks refer to, counter-clockwise from +x.
        standard: by which cracks are graded: a name, the path of a TOML file, or one loaded.

    Raises:
        UsageError: a wrong array, another size, a scale that is not a positive number, an
            unknown standard, a connected crack whose bounding box is above 250 megapixels.

    >>> import numpy as np
    >>> mask = np.zeros((50, 100), dtype=bool)
    >>> mask[20:24, 10:90] = True
    >>> cracks = measure(mask, mm_per_px=0.5).cracks
    >>> cracks[["length_px", "width_mean_px", "length_mm", "width_mean_mm"]].round(1)
       length_px  width_mean_px  length_mm  width_mean_mm
    0       80.0            4.0       40.0            2.0
    """
    loaded = load_standard(standard) if isinstance(standard, str | Path) else standard
    settings = Settings(
        min_area_px2=min_area_px2,
        bridging=Bridging(bridge_px, bridge_deg),
        region=region or Region(),
        direction_deg=direction_deg,
        standard=loaded,
    )
    return measure_image(
        mask,
        probability=probability,
        threshold=threshold,
        scale=one_scale(mm_per_px, scale),
        image=image,
        settings=settings,
    )


def measure_image(
    mask: Mask,
    *,
    probability: Probability | None,
    threshold: float | None,
    scale: Scale | None,
    image: str,
    settings: Settings,
) -> Survey:
    """Measure one mask, as `measure`, with settings that are made once for many.

    Raises:
        UsageError: as `measure`.
    """
    height, width = check_mask(mask).shape
    part = measure_part(
        mask,
        window=Window(0, 0, height, width),
        probability=probability,
        threshold=threshold,
        image=image,
        settings=settings,
    )
    return assemble([part], height=height, width=width, scale=scale, image=image, settings=settings)
