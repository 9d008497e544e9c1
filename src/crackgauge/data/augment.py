"""Random changes of a training patch.

Every function takes its generator, so a patch is a function of seed and step alone.

Legend: H, W of the image; p side of the patch; C channels (1 or 3).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Mask
from crackgauge.recipes.schema import Augmentation


def cut(
    image: Image,
    mask: Mask,
    *,
    corner: tuple[int, int],
    patch_px: int,
    settings: Augmentation,
    generator: np.random.Generator,
) -> tuple[Image, Mask]:
    """Cut the patch at `corner` (row, col) with its geometric augmentation.

    Args:
        image: uint8 (H, W, C).
        mask: bool (H, W).
        corner: top-left pixel of the patch.
        patch_px: p.
        settings: shares and ranges.
        generator: of all random choices.

    Returns:
        uint8 (p, p, C) and bool (p, p). A rotated or scaled mask is interpolated as coverage and
        cut at one half.
    """
    row, col = corner
    if generator.random() < settings.warp_share:
        patch, truth = _warp(image, mask, corner, patch_px, settings, generator)
    else:
        patch = image[row : row + patch_px, col : col + patch_px]
        truth = mask[row : row + patch_px, col : col + patch_px]
    if settings.quarter_turns:
        turns = int(generator.integers(4))
        patch, truth = np.rot90(patch, turns), np.rot90(truth, turns)
    if settings.flips and generator.random() < 0.5:
        patch, truth = patch[::-1], truth[::-1]
    if settings.flips and generator.random() < 0.5:
        patch, truth = patch[:, ::-1], truth[:, ::-1]
    # A share of 0 draws nothing, so that recipes without it keep their patches.
    if settings.rescale_share and generator.random() < settings.rescale_share:
        patch, truth = _rescale_or_zoom(patch, truth, settings, generator)
    return np.ascontiguousarray(patch), np.ascontiguousarray(truth)


def change_light(patch: Image, *, settings: Augmentation, generator: np.random.Generator) -> Image:
    """Brightness, contrast, saturation, hue, gamma, blur, lost resolution, noise, pixel factors.

    Args:
        patch: uint8 (p, p, C); saturation and hue leave grey alone.
        settings: shares and ranges.
        generator: of all random choices.

    Returns:
        uint8 (p, p, C).
    """
    pixels = patch.astype(np.float32)
    if settings.brightness:
        pixels *= 1 + generator.uniform(-settings.brightness, settings.brightness)
    if settings.contrast:
        centre = pixels.mean()
        factor = 1 + generator.uniform(-settings.contrast, settings.contrast)
        pixels = (pixels - centre) * factor + centre
    if settings.gamma:
        power = np.exp(generator.uniform(-settings.gamma, settings.gamma))
        pixels = 255.0 * (np.clip(pixels, 0, 255) / 255.0) ** power
    if pixels.shape[2] == 3 and (settings.saturation or settings.hue):
        pixels = _change_colour(pixels, settings, generator)
    if generator.random() < settings.blur_share:
        sigma = generator.uniform(0.4, 1.2)
        blurred = cv2.GaussianBlur(pixels, (0, 0), sigma)
        pixels = np.asarray(blurred, np.float32).reshape(patch.shape)
    if generator.random() < settings.low_resolution_share:
        pixels = _lose_resolution(pixels, generator.uniform(0.5, 0.9))
    if generator.random() < settings.noise_share:
        noise = generator.standard_normal(pixels.shape, dtype=np.float32)
        pixels = pixels + generator.uniform(2.0, 10.0) * noise
    if settings.pixel_factor_share and generator.random() < settings.pixel_factor_share:
        # One factor a pixel, for all its channels: the light flickers, the colour stays.
        largest = settings.pixel_factor
        factors = generator.uniform(1 - largest, 1 + largest, pixels.shape[:2])
        pixels = pixels * factors[:, :, None].astype(np.float32)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _warp(
    image: Image,
    mask: Mask,
    corner: tuple[int, int],
    patch_px: int,
    settings: Augmentation,
    generator: np.random.Generator,
) -> tuple[Image, Mask]:
    """Rotate and scale about the patch's centre, reading straight from the image."""
    angle = np.deg2rad(generator.uniform(-settings.rotation_deg, settings.rotation_deg))
    low, high = settings.scale
    scale = float(np.exp(generator.uniform(np.log(low), np.log(high))))
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    half = (patch_px - 1) / 2
    x, y = corner[1] + half, corner[0] + half
    matrix = np.array(
        [
            [cos, -sin, x - half * cos + half * sin],
            [sin, cos, y - half * sin - half * cos],
        ]
    )
    size = (patch_px, patch_px)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REFLECT_101
    patch = cv2.warpAffine(image, matrix, size, flags=flags, borderMode=border)
    coverage = cv2.warpAffine(
        mask.view(np.uint8) * np.uint8(255), matrix, size, flags=flags, borderMode=border
    )
    return patch.reshape(patch_px, patch_px, -1).astype(np.uint8), coverage >= 128


def _rescale_or_zoom(
    patch: Image, truth: Mask, settings: Augmentation, generator: np.random.Generator
) -> tuple[Image, Mask]:
    """Rescale a patch, mirrored out or cropped to its size, or enlarge a window of it."""
    side = truth.shape[0]
    if generator.random() < 0.5:
        scaled = max(1, round(side * generator.uniform(*settings.rescale)))
        patch, truth = _resize(patch, truth, scaled)
        missing = max(0, side - scaled)
        before = int(generator.integers(missing + 1)), int(generator.integers(missing + 1))
        widths = [(first, missing - first) for first in before]
        patch = np.pad(patch, [*widths, (0, 0)], mode="symmetric")
        truth = np.pad(truth, widths, mode="symmetric")
        return _window(patch, truth, side, generator)
    window = max(1, round(side * generator.uniform(*settings.zoom)))
    return _resize(*_window(patch, truth, window, generator), side)


def _window(
    patch: Image, truth: Mask, side: int, generator: np.random.Generator
) -> tuple[Image, Mask]:
    """A square window of the side, anywhere in the patch."""
    row, col = generator.integers(truth.shape[0] - side + 1, size=2)
    part = np.s_[row : row + side, col : col + side]
    return patch[part], truth[part]


def _resize(patch: Image, truth: Mask, side: int) -> tuple[Image, Mask]:
    """Resize to the side; a smaller one is averaged, a larger one interpolated."""
    if side == truth.shape[0]:
        return patch, truth
    way = cv2.INTER_AREA if side < truth.shape[0] else cv2.INTER_LINEAR
    light = np.ascontiguousarray(patch)
    resized = cv2.resize(light, (side, side), interpolation=way).reshape(side, side, -1)
    coverage = cv2.resize(truth.astype(np.uint8) * np.uint8(255), (side, side), interpolation=way)
    return resized.astype(np.uint8), coverage >= 128


def _change_colour(
    pixels: npt.NDArray[np.float32],
    settings: Augmentation,
    generator: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Saturation by mixing with grey, hue by turning the colour plane about the grey axis."""
    grey = pixels.mean(axis=2, keepdims=True)
    factor = 1 + generator.uniform(-settings.saturation, settings.saturation)
    turn = 2 * np.pi * generator.uniform(-settings.hue, settings.hue)
    # Rodrigues' rotation about (1, 1, 1) / sqrt(3).
    cos, side = np.cos(turn), np.sin(turn) / np.sqrt(3)
    rest = (1 - cos) / 3
    matrix = np.full((3, 3), rest) + cos * np.eye(3)
    matrix += side * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    turned = (pixels - grey) @ matrix.T.astype(np.float32)
    return np.asarray(grey + np.float32(factor) * turned, np.float32)


def _lose_resolution(pixels: npt.NDArray[np.float32], share: float) -> npt.NDArray[np.float32]:
    size = pixels.shape[0]
    small_px = max(1, round(size * share))
    small = cv2.resize(pixels, (small_px, small_px), interpolation=cv2.INTER_AREA)
    back = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(back, np.float32).reshape(pixels.shape)
