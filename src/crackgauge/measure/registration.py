"""Two photographs of one flat surface laid over each other."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, check_image
from crackgauge.errors import UsageError

_Floats = npt.NDArray[np.float64]

# Points that must agree: four fix a homography, and chance gives some more.
LEAST_INLIERS = 20
# Features are sought in images of at most so many px.
_LONGEST_PX = 1600
_FEATURES = 3000
_RATIO = 0.8  # the best match is so much nearer than the second (D. Lowe 2004, section 7.1)
_TOLERANCE_PX = 3.0
_ITERATIONS = 5000
# The same place is seen neither mirrored nor from more than so many times as far.
_LARGEST_ZOOM = 10.0


class Registration(NamedTuple):
    """How places of one visit are found in another.

    Args:
        matrix: float64 (3, 3), a homography from x, y in px before to x, y in px after, pixel
            corners at integers.
        method: "same frame", "map" or "features".
        inliers: points that agree; 0 where none were sought.
        error_px: root mean square of their distances after it, in px of the image after.
    """

    matrix: _Floats
    method: Literal["same frame", "map", "features"]
    inliers: int = 0
    error_px: float = 0.0


def same_frame() -> Registration:
    """Return the registration of two images from one camera that did not move."""
    return Registration(np.eye(3), "same frame")


def move(matrix: _Floats, points: _Floats) -> _Floats:
    """Apply a homography to points, float64 (N, 2).

    >>> move(np.array([[2.0, 0, 1], [0, 2, 3], [0, 0, 1]]), np.array([[5.0, 5.0]])).tolist()
    [[11.0, 13.0]]
    """
    with_one = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(with_one[:, :2] / with_one[:, 2:], dtype=np.float64)


def register_images(before: Image, after: Image) -> Registration:
    """Find the homography between two photographs from what they show (SIFT, RANSAC).

    Args:
        before: uint8 (H, W, 3).
        after: uint8 (H', W', 3).

    Raises:
        UsageError: fewer than `LEAST_INLIERS` points agree, or they agree on what no camera sees.
    """
    (from_before, scale_before), (from_after, scale_after) = (
        _features(image) for image in (check_image(before), check_image(after))
    )
    start, end = _matches(from_before, from_after)
    if len(start) < LEAST_INLIERS:
        raise _refused(len(start), "are alike")
    cv2.setRNGSeed(0)
    solution: Any = cv2.findHomography(
        start, end, cv2.RANSAC, _TOLERANCE_PX, maxIters=_ITERATIONS, confidence=0.9999
    )
    found, agree = solution
    inliers = int(agree.sum()) if found is not None else 0
    if inliers < LEAST_INLIERS:
        raise _refused(inliers, "agree on how the images lie over each other")
    inside = agree[:, 0].astype(np.bool_)
    residual = move(found, start[inside]) - end[inside]
    error = float(np.sqrt((residual**2).sum(axis=1).mean())) / scale_after
    matrix = np.diag([1 / scale_after, 1 / scale_after, 1]) @ found
    matrix = matrix @ np.diag([scale_before, scale_before, 1])
    _check_plausible(matrix, before.shape[0], before.shape[1])
    return Registration(matrix / matrix[2, 2], "features", inliers, error)


def _refused(count: int, what: str) -> UsageError:
    return UsageError(
        f"only {count} points of the two images {what}, expected {LEAST_INLIERS} or more; they "
        "may show different places, or too little that stays as it is; take both from nearer "
        "places, or say that the camera did not move (--register none)"
    )


def _features(image: Image) -> tuple[tuple[_Floats, Any], float]:
    """Return places (x, y), descriptors, and the factor by which the image was scaled."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _LONGEST_PX / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # Flat light and faint texture: contrast is evened out, and weak points are kept.
    grey = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey)
    finder = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=0.02)
    points, descriptors = finder.detectAndCompute(grey, None)
    # OpenCV has the centre of a pixel at whole numbers.
    places = np.array([point.pt for point in points], dtype=np.float64).reshape(-1, 2) + 0.5
    return (places, descriptors), scale


def _matches(before: tuple[_Floats, Any], after: tuple[_Floats, Any]) -> tuple[_Floats, _Floats]:
    """Return the places of the features that are alike, float64 (N, 2) each."""
    if min(len(before[0]), len(after[0])) < 2:
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(before[1], after[1], k=2)
    kept = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    return (
        before[0][[match.queryIdx for match in kept]].reshape(-1, 2),
        after[0][[match.trainIdx for match in kept]].reshape(-1, 2),
    )


def _check_plausible(matrix: _Floats, height: int, width: int) -> None:
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    depth = np.column_stack([corners, np.ones(4)]) @ matrix[2]
    # A camera has all of the surface in front of it, and sees it from one side.
    in_front = bool((depth > 0).all() or (depth < 0).all())
    zoom = local_zoom(matrix, np.concatenate([corners, corners.mean(axis=0)[None]]))
    if (
        not in_front
        or np.isnan(zoom).any()
        or zoom.max() > _LARGEST_ZOOM
        or (zoom.min() < 1 / _LARGEST_ZOOM)
    ):
        raise UsageError(
            "the points that are alike agree on a view that no camera has (mirrored, or bent over "
            "itself); the images may show different places"
        )


def local_zoom(matrix: _Floats, points: _Floats) -> _Floats:
    """Return how many px after one px before becomes at each point; NaN where it is mirrored.

    The square root of the determinant of the homography's derivative, det(M) / w^3 with w the
    third coordinate.

    >>> local_zoom(np.diag([2.0, 2.0, 1.0]), np.zeros((1, 2))).tolist()
    [2.0]
    """
    depth = np.column_stack([points, np.ones(len(points))]) @ matrix[2]
    areas = np.linalg.det(matrix) / depth**3
    return np.sqrt(np.where(areas > 0, areas, np.nan))
