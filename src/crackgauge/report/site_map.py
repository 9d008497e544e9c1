"""Where photos were taken, as a chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from crackgauge.report import wording
from crackgauge.report.scale_bar import round_length
from crackgauge.report.svg import CRACK, INK, SOFT, draw_line, draw_text, open_svg

if TYPE_CHECKING:
    import pandas as pd


def site_map(images: pd.DataFrame) -> Markup:
    """Draw where the photos with coordinates were taken; dots of those with cracks are filled.

    Returns:
        An SVG element; "" where fewer than two places are known.
    """
    known = images[images["latitude_deg"].notna() & images["longitude_deg"].notna()]
    if len(known) < 2:
        return Markup("")
    latitude = known["latitude_deg"].to_numpy(np.float64)
    longitude = known["longitude_deg"].to_numpy(np.float64)
    # Small enough for a plane: metres east and north of the middle.
    metres = 111_320.0
    east = (longitude - longitude.mean()) * metres * math.cos(math.radians(latitude.mean()))
    north = (latitude - latitude.mean()) * metres
    width, height, edge = 700, 360, 40
    spans = max(float(np.ptp(east)), 1.0), max(float(np.ptp(north)), 1.0)
    scale = min((width - 2 * edge) / spans[0], (height - 2 * edge) / spans[1])
    x = width / 2 + (east - (east.max() + east.min()) / 2) * scale
    y = height / 2 - (north - (north.max() + north.min()) / 2) * scale
    parts = [open_svg(width, height, "Where the photos were taken")]
    parts.append(f'<rect width="{width}" height="{height}" fill="#f4f6f8"/>')
    cracked = known["crack_count"].to_numpy() > 0
    for index in np.argsort(cracked, kind="stable"):
        fill = CRACK if cracked[index] else "#fff"
        parts.append(
            f'<circle cx="{x[index]:.1f}" cy="{y[index]:.1f}" r="5" fill="{fill}" stroke="{INK}"/>'
        )
    bar = round_length((width / 4) / scale)
    right = width - 16
    parts.append(draw_line(right - bar * scale, height - 14, right, height - 14, INK))
    words = wording.length(bar * 1000, 1.0)
    parts.append(draw_text(right, height - 20, words, anchor="end"))
    parts.append(draw_text(16, 24, "north ↑", anchor="start", colour=SOFT))
    return Markup("".join([*parts, "</svg>"]))
