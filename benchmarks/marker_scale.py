"""Scale and lengths from one marker on a wall that is photographed from 0 to 60 degrees of tilt.

The wall, its markers and bars of 60 x 1.2 mm around them are rendered with a pinhole camera (3
samples a pixel and side, blur of 0.7 px, noise of 2 grey levels). The pose is known, so are the
scale at the marker and every bar. `points`: both ends of each bar through the homography that the
marker gave. `measured`: each bar drawn as coverage in the oblique photo and measured as a crack,
every step and width through the homography where it lies. Six turns of the axis of tilt, families
in turn. A lens that distorts is not in this: correct its photos first.

    python benchmarks/marker_scale.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from machine import as_text, machine_facts
from rendered_markers import Photo, photograph
from tables import write_results

from crackgauge.arrays import Window
from crackgauge.measure import Scale, Zone, measure
from crackgauge.measure.marker import find_markers, scale_of_markers
from crackgauge.measure.scale import oblique

_Floats = npt.NDArray[np.float64]
SIZE = (1500, 2000)
FAMILIES = ("aruco-4x4-50", "apriltag-36h11")
_BAR_MM = 60.0
_FINE = 8


def main() -> None:
    """Render, measure, write."""
    machine = machine_facts("opencv-python-headless", "numpy")
    rows = [
        _row(tilt, markers, marker_mm)
        for markers, marker_mm in ((1, 60.0), (1, 25.0), (3, 25.0))
        for tilt in (0, 15, 30, 45, 60)
    ]
    write_results(
        "marker_scale",
        title="Scale from markers in oblique photos",
        command="python benchmarks/marker_scale.py",
        text=f"{(__doc__ or '').strip()}\n\n{as_text(machine)}",
        tables={"Largest errors in percent (limits: scale 1, lengths 1.5)": rows},
        facts={"machine": machine},
    )


def _row(tilt: float, markers: int, marker_mm: float) -> dict[str, Any]:
    scale_errors: list[float] = []
    points: list[float] = []
    lengths: list[float] = []
    widths: list[float] = []
    for turn in range(6):
        family = FAMILIES[turn % 2]
        photo = photograph(
            tilt,
            turn_deg=30 * turn + 10,
            seed=turn,
            markers=markers,
            marker_mm=marker_mm,
            family=family,
        )
        found = find_markers(photo.image, family=family)
        if len(found) < markers:
            raise SystemExit(f"{len(found)} of {markers} markers found at {tilt} degrees")
        scale = scale_of_markers(found, marker_mm, height_px=SIZE[0], width_px=SIZE[1])
        scale_errors.append(_scale_error(scale, photo))
        ends = [scale.to_surface(_seen(photo, photo.bars_mm[:, at : at + 2])) for at in (0, 2)]
        points += (np.hypot(*(ends[0] - ends[1]).T) / _BAR_MM - 1).tolist()
        if turn < 2:
            for bar in photo.bars_mm[::3]:
                length, width = _measured(photo, bar, scale)
                lengths.append(length / _BAR_MM - 1)
                widths.append(width - photo.bar_width_mm)
    return {
        "markers": f"{markers} of {marker_mm:g} mm",
        "tilt, deg": tilt,
        "scale": 100 * float(np.abs(scale_errors).max()),
        "points": 100 * float(np.abs(points).max()),
        "measured lengths": 100 * float(np.abs(lengths).max()),
        "measured widths, mm": float(np.abs(widths).max()),
    }


def _scale_error(scale: Scale, photo: Photo) -> float:
    """Compare the root of the area of a pixel at the marker with the truth."""
    place = _seen(photo, np.zeros((1, 2)))
    truth = oblique(
        np.linalg.inv(photo.to_image), middle=tuple(place[0]), relative_sd=0.0, source="truth"
    )
    still = np.zeros((1, 2))
    ratio = scale.at(place, still).area / truth.at(place, still).area
    return float(np.sqrt(ratio[0]) - 1)


def _measured(photo: Photo, bar: _Floats, scale: Scale) -> tuple[float, float]:
    """Draw one bar as the photo sees it and measure it; length and mean width in mm."""
    start, end = bar[:2], bar[2:]
    way = (end - start) / np.hypot(*(end - start))
    side = np.array([-way[1], way[0]]) * photo.bar_width_mm / 2
    corners = _seen(photo, np.array([start + side, end + side, end - side, start - side]))
    low = np.floor(corners.min(axis=0)).astype(int) - 12
    size = np.ceil(corners.max(axis=0)).astype(int) + 12 - low
    outline = Zone("bar", (tuple(map(tuple, (corners - low) * _FINE)),))
    fine = outline.drawn(Window(0, 0, size[1] * _FINE, size[0] * _FINE))
    coverage = fine.reshape(size[1], _FINE, size[0], _FINE).mean(axis=(1, 3), dtype=np.float32)
    whole = np.zeros(SIZE, np.float32)
    whole[low[1] : low[1] + size[1], low[0] : low[0] + size[0]] = coverage
    crack = measure(whole >= 0.5, probability=whole, threshold=0.5, scale=scale).cracks.iloc[0]
    return float(crack["length_mm"]), float(crack["width_mean_mm"])


def _seen(photo: Photo, places_mm: _Floats) -> _Floats:
    ahead = places_mm @ photo.to_image[:, :2].T + photo.to_image[:, 2]
    return np.asarray(ahead[:, :2] / ahead[:, 2:])


if __name__ == "__main__":
    main()
