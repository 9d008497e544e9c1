"""A surface with markers and bars of known size, photographed by a pinhole camera from any tilt."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.measure.marker import FAMILIES

_Floats = npt.NDArray[np.float64]
# The surface is drawn with so many px per mm, the photo enlarged so many times and then averaged.
_TEXTURE_PX_PER_MM = 8.0
_FINE = 3


class Photo(NamedTuple):
    """A photo and its truth.

    Args:
        image: uint8 (H, W, 3).
        to_image: (3, 3), from x, y in mm on the surface to x, y in px.
        bars_mm: float64 (N, 4), the ends of the bars on the surface in mm.
        bar_width_mm: of each bar.
    """

    image: npt.NDArray[np.uint8]
    to_image: _Floats
    bars_mm: _Floats
    bar_width_mm: float


def photograph(
    tilt_deg: float,
    *,
    turn_deg: float,
    seed: int,
    marker_mm: float = 60.0,
    family: str = "aruco-4x4-50",
    markers: int = 1,
    size: tuple[int, int] = (1500, 2000),
    focal_px: float = 1800.0,
    distance_mm: float = 620.0,
    noise: float = 2.0,
) -> Photo:
    """Render a grey wall of 400 x 300 mm, tilted about an axis that is turned by `turn_deg`.

    The marker lies in the middle (further ones in the corners), bars of 60 mm in eight directions
    around it.
    """
    generator = np.random.default_rng(seed)
    wall, bars = _wall(marker_mm, family, markers, generator)
    to_image = _camera(tilt_deg, turn_deg, size, focal_px, distance_mm)
    texture = np.diag([1 / _TEXTURE_PX_PER_MM, 1 / _TEXTURE_PX_PER_MM, 1.0])
    texture[:2, 2] = -200.0, -150.0
    half = np.eye(3)
    half[:2, 2] = 0.5  # OpenCV counts from the centres of pixels
    enlarge = np.diag([_FINE, _FINE, 1.0])
    matrix = np.linalg.inv(half) @ enlarge @ to_image @ texture @ half
    large = cv2.warpPerspective(
        wall,
        matrix,
        (size[1] * _FINE, size[0] * _FINE),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=150.0,
    )
    seen = large.reshape(size[0], _FINE, size[1], _FINE).mean(axis=(1, 3))
    seen = cv2.GaussianBlur(seen, (0, 0), 0.7) + generator.normal(0, noise, size)
    grey = np.clip(np.round(seen), 0, 255).astype(np.uint8)
    return Photo(np.repeat(grey[:, :, None], 3, axis=2), to_image, bars, 1.2)


def _wall(
    marker_mm: float, family: str, markers: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.float32], _Floats]:
    scale = _TEXTURE_PX_PER_MM
    wall = np.full((int(300 * scale), int(400 * scale)), 170.0, dtype=np.float32)
    wall += cv2.GaussianBlur(generator.normal(0, 60, wall.shape).astype(np.float32), (0, 0), 6)
    places = [(0.0, 0.0), (-140.0, -95.0), (140.0, 95.0), (140.0, -95.0)][:markers]
    for number, (x, y) in enumerate(places):
        side = round(marker_mm * scale)
        dictionary = cv2.aruco.getPredefinedDictionary(FAMILIES[family])
        tag = cv2.aruco.generateImageMarker(dictionary, number, side)
        quiet = round(0.12 * side)
        tag = cv2.copyMakeBorder(tag, *[quiet] * 4, cv2.BORDER_CONSTANT, value=255)
        top, left = round((150 + y) * scale - len(tag) / 2), round((200 + x) * scale - len(tag) / 2)
        wall[top : top + len(tag), left : left + len(tag)] = 20 + tag * (215 / 255)
    return wall, _bars()


def _bars() -> _Floats:
    """Sixteen bars of 60 mm around the middle: x and y of the start and of the end in mm."""
    bars = []
    for index in range(8):
        turn = index * np.pi / 4 + 0.2
        middle = np.array([95.0 * np.cos(turn), 75.0 * np.sin(turn)])
        for across in (0.0, np.pi / 2):
            way = 30.0 * np.array([np.cos(turn + across), np.sin(turn + across)])
            bars.append([*(middle - way), *(middle + way)])
    return np.array(bars)


def _camera(
    tilt_deg: float, turn_deg: float, size: tuple[int, int], focal_px: float, distance_mm: float
) -> _Floats:
    turn, tilt = np.deg2rad(turn_deg), np.deg2rad(tilt_deg)
    axis = np.array([np.cos(turn), np.sin(turn), 0.0]) * tilt
    rotation, _ = cv2.Rodrigues(axis)
    intrinsics = np.array(
        [[focal_px, 0, size[1] / 2 + 13.7], [0, focal_px, size[0] / 2 - 8.2], [0, 0, 1]]
    )
    pose = np.column_stack([rotation[:, 0], rotation[:, 1], [3.0, -2.0, distance_mm]])
    return np.asarray(intrinsics @ pose)
