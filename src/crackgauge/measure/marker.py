"""The scale of a photo from markers of known size on the surface: ArUco or AprilTag.

The four corners of a marker give the homography between the photo and the surface, so an oblique
view is measured as if it were frontal. Several markers of one size, anywhere on the same plane,
give it much better than one. Markers: S. Garrido-Jurado et al., Pattern Recognition 47 (2014);
E. Olson, ICRA 2011; both as in OpenCV.

Legend: M markers, corners clockwise from the one at the top left of the printed marker.
"""

from __future__ import annotations

import difflib
import math
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage, optimize

from crackgauge.arrays import Image, check_image
from crackgauge.errors import UsageError
from crackgauge.measure.scale import Scale, oblique

_Floats = npt.NDArray[np.float64]
_Grey = npt.NDArray[np.uint8]

FAMILIES = {
    "aruco-4x4-50": cv2.aruco.DICT_4X4_50,
    "aruco-4x4-250": cv2.aruco.DICT_4X4_250,
    "aruco-5x5-100": cv2.aruco.DICT_5X5_100,
    "aruco-6x6-250": cv2.aruco.DICT_6X6_250,
    "aruco-original": cv2.aruco.DICT_ARUCO_ORIGINAL,
    "apriltag-16h5": cv2.aruco.DICT_APRILTAG_16h5,
    "apriltag-25h9": cv2.aruco.DICT_APRILTAG_25h9,
    "apriltag-36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
DEFAULT_FAMILY = "aruco-4x4-50"

# Sides are fitted to so many places along their middle four fifths, each seen this far across.
_ALONG, _ACROSS, _REACH_PX = 48, 25, 3.0
# Markers of one size on one plane agree to less than this.
_AGREE_PX = 2.0
# How well a fitted corner is known.
CORNER_SD_PX = 0.1


class Marker(NamedTuple):
    """A marker in a photo: its number, and its corners, float64 (4, 2), x and y in px."""

    number: int
    corners: _Floats


def find_markers(image: Image, *, family: str = DEFAULT_FAMILY) -> list[Marker]:
    """Find the markers of a family in a photo, sorted by number and place.

    The corners are where lines meet that are fitted to the marker's sides, between the pixels.

    Args:
        image: uint8 (H, W, 3) RGB.
        family: a key of `FAMILIES`.

    Raises:
        UsageError: an unknown family (the known and the nearest are listed).
    """
    check_image(image)
    check_family(family)
    dictionary = cv2.aruco.getPredefinedDictionary(FAMILIES[family])
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    detector = cv2.aruco.ArucoDetector(dictionary, parameters)
    found_corners: Any
    numbers: Any
    found_corners, numbers, _ = detector.detectMarkers(grey)
    if numbers is None:
        return []
    # OpenCV puts (0, 0) into the centre of the first pixel.
    found = [
        Marker(int(number), _fit_sides(grey, np.reshape(four, (4, 2)).astype(np.float64)) + 0.5)
        for number, four in zip(np.ravel(numbers), found_corners, strict=True)
    ]
    return sorted(found, key=lambda marker: (marker.number, *marker.corners[0].tolist()))


def scale_of_markers(
    markers: list[Marker],
    size_mm: float,
    *,
    height_px: int,
    width_px: int,
    size_sd_mm: float = 0.0,
) -> Scale:
    """Return the scale of a photo with markers of one size on one plane.

    With one marker the homography goes through its four corners; with several it is the one with
    the least squares of the distances between seen and expected corners, each marker lying where
    and turned as it is.

    Args:
        markers: at least one.
        size_mm: side of the black square.
        height_px: of the photo.
        width_px: of the photo.
        size_sd_mm: standard deviation of the size.

    Raises:
        UsageError: no marker, a size that is none, or markers that are not of one size on one
            plane.
    """
    if not 0 < size_mm < math.inf:
        raise UsageError(f"marker size: got {size_mm:g} mm, expected a positive number")
    if not markers:
        raise UsageError("markers: got none, expected at least one in the photo")
    # The largest first: the surface's coordinates are its own.
    ordered = sorted(markers, key=lambda marker: -cv2.contourArea(_float32(marker.corners)))
    to_image = _fit_plane([marker.corners for marker in ordered], size_mm)
    plane = np.linalg.inv(to_image)
    side_px = math.sqrt(sum(cv2.contourArea(_float32(marker.corners)) for marker in ordered))
    corners = CORNER_SD_PX * math.sqrt(2) / side_px
    relative = math.hypot(size_sd_mm / size_mm, corners)
    ids = ", ".join(str(marker.number) for marker in markers)
    source = f"marker {ids} of {size_mm:g} mm"
    return oblique(
        plane / plane[2, 2],
        middle=(width_px / 2, height_px / 2),
        relative_sd=relative,
        source=source,
    )


def check_family(family: str) -> None:
    """Refuse an unknown family of markers.

    Raises:
        UsageError: with the known ones and the nearest.
    """
    if family not in FAMILIES:
        nearest = difflib.get_close_matches(family.lower(), FAMILIES, n=1, cutoff=0.3)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise UsageError(
            f"marker family {family!r} is unknown; {hint}known are {', '.join(FAMILIES)}"
        )


def _fit_sides(grey: _Grey, corners: _Floats) -> _Floats:
    """Return corners where the lines along the sides meet; as they were where no side is seen."""
    lines = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        line = _fit_side(grey, start, end)
        if line is None:
            return corners
        lines.append(line)
    # A corner is where the side before it and the side after it meet.
    met = [
        np.cross(before, after)
        for before, after in zip(np.roll(lines, 1, axis=0), lines, strict=True)
    ]
    fitted = np.array([point[:2] / point[2] for point in met])
    moved = np.hypot(*(fitted - corners).T)
    return fitted if (moved < _REACH_PX).all() else corners


def _fit_side(grey: _Grey, start: _Floats, end: _Floats) -> _Floats | None:
    """Fit a line a x + b y + c = 0 to a dark side between two corners; None if it is not seen."""
    way = end - start
    length = float(np.hypot(*way))
    if length < 2 * _REACH_PX:
        return None
    out = np.array([way[1], -way[0]]) / length  # clockwise corners on the screen: to the outside
    share = np.linspace(0.1, 0.9, _ALONG)
    reach = min(_REACH_PX, length / 10)
    across = np.linspace(-reach, reach, _ACROSS)
    places = start + share[:, None, None] * way + across[:, None] * out  # (along, across, 2)
    values = ndimage.map_coordinates(
        grey.astype(np.float32), [places[..., 1], places[..., 0]], order=1, mode="nearest"
    )
    dark, bright = np.median(values[:, :4]), np.median(values[:, -4:])
    if bright - dark < 20:
        return None
    # The place of a step is the mean of what is dark on it, however blurred the step is.
    level = np.clip((bright - values) / (bright - dark), 0.0, 1.0)
    edge = across[0] + np.trapezoid(level, across, axis=1)
    points = start + share[:, None] * way + edge[:, None] * out
    vx, vy, x, y = np.ravel(cv2.fitLine(_float32(points), cv2.DIST_HUBER, 0, 0.01, 0.01))
    return np.array([vy, -vx, vx * y - vy * x], dtype=np.float64)


def _fit_plane(corners: list[_Floats], size_mm: float) -> _Floats:
    """Return the homography from mm on the surface to px, (3, 3)."""
    square = size_mm * np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
    first = _through_four(square, corners[0])
    if len(corners) == 1:
        return first
    back: _Floats = np.linalg.inv(first).astype(np.float64)
    start = [*(first / first[2, 2]).ravel()[:8]]
    for four in corners[1:]:
        placed = _through(back, four)
        side = placed[1] - placed[0]
        start += [*placed.mean(axis=0), math.atan2(side[1], side[0])]

    def residuals(unknown: _Floats) -> _Floats:
        plane = np.append(unknown[:8], 1.0).reshape(3, 3)
        expected = [square]
        for x, y, turn in unknown[8:].reshape(-1, 3):
            cosine, sine = math.cos(turn), math.sin(turn)
            rotation = np.array([[cosine, sine], [-sine, cosine]])
            expected.append((square - size_mm / 2) @ rotation + (x, y))
        seen = np.concatenate(corners)
        places: _Floats = np.concatenate(expected, dtype=np.float64)
        return np.asarray((_through(plane, places) - seen).ravel(), dtype=np.float64)

    found = optimize.least_squares(residuals, np.array(start), x_scale="jac", method="lm")
    apart_px = float(np.sqrt(np.mean(np.square(found.fun)) * 2))
    if apart_px > _AGREE_PX:
        raise UsageError(
            f"markers: {len(corners)} were found, and their corners are {apart_px:.1f} px from "
            "where one plane would have them; they must be of one size and lie on one flat surface"
        )
    return np.append(found.x[:8], 1.0).reshape(3, 3)


def _through_four(square: _Floats, corners: _Floats) -> _Floats:
    """Return the homography that takes a square to four corners."""
    rows = []
    for (x, y), (u, v) in zip(square, corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    system = np.array(rows)
    return np.append(np.linalg.solve(system[:, :8], system[:, 8]), 1.0).reshape(3, 3)


def _through(plane: _Floats, points: _Floats) -> _Floats:
    ahead = points @ plane[:, :2].T + plane[:, 2]
    return np.asarray(ahead[:, :2] / ahead[:, 2:], dtype=np.float64)


def _float32(points: _Floats) -> npt.NDArray[np.float32]:
    return points.astype(np.float32)
