"""Drawn cracks whose centre line and width are known."""

from __future__ import annotations

import cv2
import numpy as np

from crackgauge.arrays import Image


def wavy_crack(
    height: int = 96, width: int = 240, *, width_px: float = 4.0, seed: int = 0
) -> tuple[Image, np.ndarray]:
    """A dark sinusoid on grey ground with noise, and the y of its centre at each x + 0.5."""
    rng = np.random.default_rng(seed)
    x = np.arange(width) + 0.5
    y = height / 2 + 12 * np.sin(2 * np.pi * x / 120)
    slope = 12 * 2 * np.pi / 120 * np.cos(2 * np.pi * x / 120)
    rows = np.arange(height)[:, None] + 0.5
    away = np.abs(rows - y) / np.hypot(1, slope)
    dark = np.clip(width_px / 2 + 0.5 - away, 0, 1)
    grey = cv2.GaussianBlur((170 - 80 * dark).astype(np.float32), (0, 0), 0.6)
    grey = grey + rng.normal(0, 3, grey.shape)
    image = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return np.repeat(image[..., None], 3, axis=2), y


def straight_line(angle_deg: float, side: int = 65) -> np.ndarray:
    """A dark line through the middle, at an angle from x to y (down): float32 (side, side)."""
    rows, cols = np.mgrid[:side, :side] - side // 2
    theta = np.deg2rad(angle_deg)
    away = np.abs(-np.sin(theta) * cols + np.cos(theta) * rows)
    return (170 - 80 * np.clip(2 - away, 0, 1)).astype(np.float32)
