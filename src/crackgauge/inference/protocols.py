"""Prediction as papers define it, for scoring images that fit into memory as a whole.

Legend: H, W height and width of the image; C channels; S the network's stride; P the side of a
window.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Probability, Window
from crackgauge.errors import UsageError
from crackgauge.images import array_source
from crackgauge.inference.augmentation import resample
from crackgauge.inference.predictor import Predictor
from crackgauge.inference.tiled import Network, NetworkInput
from crackgauge.tiling import round_up, window_starts

Array = npt.NDArray[np.float32]

# König et al. 2019 train on and predict windows of this side.
WINDOW_PX = 48
_WINDOWS_AT_ONCE = 128


def predict_windows_mean(
    predictor: Predictor, image: Image, *, window_px: int = WINDOW_PX, step: int = 1
) -> Probability:
    """Mean over all windows that hold a pixel: König et al. 2019, section 3, with step 1.

    Every P x P window inside the image whose corner lies on a multiple of `step`, and those that
    end at the right and the lower edge, goes through the network by itself, so the network's
    padding lies at each window's border. A pixel's probability is the mean over all windows that
    hold it. An image smaller than P is edge-replicated to P on the right and below, and cropped.

    Args:
        predictor: an open model.
        image: uint8 (H, W, 3); image-wide preprocessing looks at the whole image, not the window.
        window_px: P, a multiple of S.
        step: px; 1 is the paper's. An image of 480x320 has 118,209 windows at step 1.

    Returns:
        float32 (H, W).

    Raises:
        UsageError: P is no multiple of S, the step is not in 1..P, or the model enlarges.
    """
    _check_window(window_px, predictor.metadata.stride)
    if not 1 <= step <= window_px:
        raise UsageError(f"got a step of {step} px, expected 1 to {window_px}, the window's side")
    height, width = image.shape[:2]
    x = _whole_input(predictor, image, max(height, window_px), max(width, window_px))
    rows = window_starts(x.shape[1], window_px, step)
    cols = window_starts(x.shape[2], window_px, step)
    network = predictor.network()
    total = np.zeros(x.shape[1:], np.float64)
    for row in rows:
        band = x[:, row : row + window_px]
        for first in range(0, len(cols), _WINDOWS_AT_ONCE):
            some = cols[first : first + _WINDOWS_AT_ONCE]
            out = _run_windows(network, band, some, window_px)
            for offset in range(window_px):  # the windows of `some` hold different pixels here
                total[row : row + window_px, some + offset] += out[:, :, offset].T
    counts = np.multiply.outer(
        _cover(x.shape[1], rows, window_px), _cover(x.shape[2], cols, window_px)
    )
    return np.asarray((total / counts)[:height, :width], np.float32)


def predict_shifts_mean(predictor: Predictor, image: Image, *, step: int = 1) -> Probability:
    """Mean over shifts of the network's pooling grid: a cheap stand-in for windows at step 1.

    For every shift (r, c) with r and c in 0, step, 2 step, ... below S (64 shifts for S = 8 and
    step 1) the image is edge-replicated by r rows above and c columns on the left, then on the
    right and below to a multiple of S, and goes through the network as a whole; the result is
    cropped to the image. The probability is the mean over the shifts. As in windows at step 1,
    every pixel comes to lie on every place of the pooling grid; unlike there, it always sees
    the whole of its surroundings, because no window's border is near.

    Args:
        predictor: an open model.
        image: uint8 (H, W, 3) that fits into one tile.
        step: px, between shifts, 1 to S.

    Returns:
        float32 (H, W).

    Raises:
        UsageError: a step outside 1..S, an image that is larger than one tile, or a model that
            enlarges.
    """
    stride = predictor.metadata.stride
    if not 1 <= step <= stride:
        raise UsageError(f"got a step of {step} px, expected 1 to {stride}, the network's stride")
    height, width = image.shape[:2]
    if len(predictor.plan(height + stride, width + stride)) > 1:
        raise UsageError(
            f"got an image of {height}x{width} px, expected one that fits a tile of "
            f"{predictor.metadata.tile} px: shifts are for scoring; use predict with flips"
        )
    network = predictor.network()
    x = _whole_input(predictor, image, height, width)
    total = np.zeros((height, width), np.float64)
    shifts = range(0, stride, step)
    for row in shifts:
        for col in shifts:
            bottom, right = -(row + height) % stride, -(col + width) % stride
            shifted = np.pad(x, ((0, 0), (row, bottom), (col, right)), mode="edge")
            total += network.probability(shifted)[row : row + height, col : col + width]
    return np.asarray(total / len(shifts) ** 2, np.float32)


def predict_stitched(predictor: Predictor, image: Image, *, patch_px: int) -> Probability:
    """Patches that do not overlap, each predicted alone: Kompanets et al. 2024, section 3.

    The image is cut as for a patch set (`crackgauge.data.patch_set`): the last row and column end
    at the edge, and of them those pixels are used that no other patch holds, so every pixel comes
    from one patch. The network's padding lies at each patch's border. An image smaller than P is
    mirrored on the right and below, as in training, and cropped.

    Args:
        predictor: an open model.
        image: uint8 (H, W, 3); image-wide preprocessing looks at the whole image, not the patch.
        patch_px: P, a multiple of S.

    Returns:
        float32 (H, W).

    Raises:
        UsageError: P is no multiple of S, or the model enlarges.
    """
    _check_window(patch_px, predictor.metadata.stride)
    height, width = image.shape[:2]
    x = _whole_input(predictor, image, height, width)
    missing = (max(0, patch_px - height), max(0, patch_px - width))
    x = np.pad(x, ((0, 0), (0, missing[0]), (0, missing[1])), mode="symmetric")
    rows = window_starts(x.shape[1], patch_px, patch_px)
    cols = window_starts(x.shape[2], patch_px, patch_px)
    network = predictor.network()
    at_once = max(1, _WINDOWS_AT_ONCE * WINDOW_PX**2 // patch_px**2)  # the same memory
    stitched = np.empty(x.shape[1:], np.float32)
    # From the end to the start: where the last row or column overlaps, the one before it stays.
    for row in rows[::-1]:
        band = x[:, row : row + patch_px]
        for end in range(len(cols), 0, -at_once):
            some = cols[max(0, end - at_once) : end]
            out = _run_windows(network, band, some, patch_px)
            for col, patch in zip(some[::-1], out[::-1], strict=True):
                stitched[row : row + patch_px, col : col + patch_px] = patch
    return np.ascontiguousarray(stitched[:height, :width])


def _check_window(window_px: int, stride: int) -> None:
    if window_px < 1 or window_px % stride:
        raise UsageError(
            f"got windows of {window_px} px, expected a multiple of {stride}; "
            f"use {round_up(max(window_px, 1), stride)}"
        )


def _whole_input(predictor: Predictor, image: Image, height: int, width: int) -> Array:
    if predictor.enlargement > 1:
        raise UsageError(
            f"got a model that enlarges {predictor.enlargement} times, expected one whose result "
            "has the image's size; use predict"
        )
    source = array_source(image)
    return NetworkInput(source, predictor.metadata).read(Window(0, 0, height, width))


def _cover(size: int, positions: npt.NDArray[np.int64], window_px: int) -> npt.NDArray[np.int64]:
    """How many windows hold each pixel along one axis."""
    counts = np.zeros(size, np.int64)
    for position in positions:
        counts[position : position + window_px] += 1
    return counts


def _run_windows(
    network: Network, band: Array, cols: npt.NDArray[np.int64], window_px: int
) -> Array:
    """Probability (K, P, P) of the windows of band (C, P, W) that begin at K columns."""
    batch = np.stack([band[:, :, col : col + window_px] for col in cols])
    out = network.backend.run(batch)[:, 0]
    return resample(out, 1 / network.metadata.output_fraction)
