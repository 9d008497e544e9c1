"""Random textures that the rendered surfaces are made of.

Legend: H height, W width; `shape` is (H, W); every field is float32 (H, W).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
Shape = tuple[int, int]


def grain(rng: np.random.Generator, shape: Shape, sigma_px: float) -> Field:
    """White noise blurred by a Gaussian of `sigma_px`, zero mean and unit deviation."""
    field = rng.standard_normal(shape, dtype=np.float32)
    if sigma_px <= 0.2:
        return field
    return standardised(blurred(field, sigma_px))


def smooth_noise(
    rng: np.random.Generator, shape: Shape, scale_px: float | tuple[float, float]
) -> Field:
    """Noise without detail below `scale_px` (or (rows, columns) scales), deviation about 1."""
    scale = scale_px if isinstance(scale_px, tuple) else (scale_px, scale_px)
    grid = rng.standard_normal(_grid(shape, scale), dtype=np.float32)
    # Cubic interpolation takes about a quarter of the deviation.
    return _enlarged(grid, shape, scale) * np.float32(1.3)


def fractal_noise(
    rng: np.random.Generator,
    shape: Shape,
    coarse_px: float,
    fine_px: float,
    *,
    gain: float = 0.6,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Field:
    """Octaves of smooth noise from `coarse_px` down to `fine_px`, each `gain` times the last.

    `stretch` lengthens the pattern along (rows, columns). Deviation about 1.
    """
    scale, weight, power = coarse_px, 1.0, 0.0
    field: Field | None = None
    # Each octave is added on its own grid, so that only the last enlargement has full size.
    while True:
        scales = (scale * stretch[0], scale * stretch[1])
        grid = rng.standard_normal(_grid(shape, scales), dtype=np.float32) * np.float32(weight)
        if field is not None:
            size = (grid.shape[1], grid.shape[0])
            grid += cv2.resize(field, size, interpolation=cv2.INTER_CUBIC)
        field = grid
        power += weight**2
        if scale / 2 < fine_px:
            return _enlarged(field, shape, scales) * np.float32(1.3 / np.sqrt(power))
        weight, scale = weight * gain, scale / 2


def _grid(shape: Shape, scale: tuple[float, float]) -> Shape:
    """Rows and columns of a grid that covers `shape` with a node every `scale` px."""
    rows, cols = (
        int(np.ceil(side / max(s, 1.0))) + 2 for side, s in zip(shape, scale, strict=True)
    )
    return rows, cols


def _enlarged(grid: Field, shape: Shape, scale: tuple[float, float]) -> Field:
    """Interpolate a grid and cut the middle (H, W) out."""
    rows, cols = (
        max(round(n * max(s, 1.0)), side)
        for n, s, side in zip(grid.shape, scale, shape, strict=True)
    )
    # A very long grid step would make a needlessly large picture: interpolate only what is used.
    if rows > 2 * shape[0] + 8 or cols > 2 * shape[1] + 8:
        return _sampled(grid, shape, scale)
    field = cv2.resize(grid, (cols, rows), interpolation=cv2.INTER_CUBIC)
    top, left = (rows - shape[0]) // 2, (cols - shape[1]) // 2
    return np.asarray(field[top : top + shape[0], left : left + shape[1]], np.float32)


def _sampled(grid: Field, shape: Shape, scale: tuple[float, float]) -> Field:
    matrix = np.array([[1 / max(scale[1], 1.0), 0, 0.5], [0, 1 / max(scale[0], 1.0), 0.5]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    field = cv2.warpAffine(grid, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(field, np.float32)


def blurred(field: Field, sigma_px: float) -> Field:
    """Gaussian blur of (H, W) or (H, W, 3); a sigma of 0.05 px or less changes nothing."""
    if sigma_px <= 0.05:
        return field
    result = cv2.GaussianBlur(field, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(result, np.float32)


def standardised(field: Field) -> Field:
    """Zero mean and unit deviation."""
    centred = field - field.mean()
    return np.asarray(centred / max(float(centred.std()), 1e-6), np.float32)


def soft_step(field: npt.NDArray[np.floating], threshold: float, softness: float) -> Field:
    """0 below `threshold`, 1 above, rising over `softness` on either side of it.

    >>> soft_step(np.array([[-1, 0, 1]], np.float32), 0.0, 0.5).tolist()
    [[0.0, 0.5, 1.0]]
    """
    ramp = np.clip((field - threshold) / (2 * softness) + 0.5, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def emboss(height: Field, light: tuple[float, float]) -> Field:
    """Slope of a height field towards the `light` (x, y): bright on the lit side."""
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(-(slope_x * light[0] + slope_y * light[1]), np.float32)


def stones(
    rng: np.random.Generator, shape: Shape, spacing_px: float
) -> tuple[npt.NDArray[np.int32], Field, int]:
    """Scatter stones, one to a cell of about `spacing_px`.

    Returns the number of the nearest stone (int32 (H, W), from 0), the distance to its middle in
    px, and how many stones there are.
    """
    rows, cols = (int(side / spacing_px) + 1 for side in shape)
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float64)
    y = ((y + rng.random(y.shape)) * spacing_px).astype(int).clip(0, shape[0] - 1)
    x = ((x + rng.random(x.shape)) * spacing_px).astype(int).clip(0, shape[1] - 1)
    free = np.full(shape, 255, np.uint8)
    free[y, x] = 0
    distance, label = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return label.astype(np.int32) - 1, distance.astype(np.float32), int((free == 0).sum())
