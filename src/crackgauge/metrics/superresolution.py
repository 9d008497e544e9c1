"""How near an enlarged image comes to its original: PSNR and SSIM."""

from __future__ import annotations

import math

import numpy as np

from crackgauge.arrays import Image, check_image, check_same_shape
from crackgauge.errors import UsageError

# Window of the SSIM with sigma 1.5 cut at 3.5 sigma.
_SSIM_SIDE_PX = 11


def psnr(image: Image, original: Image) -> float:
    """Peak signal-to-noise ratio, 10 log10(255^2 / MSE), in dB; infinite for equal images.

    The squared error is averaged over all pixels and the three channels; no border is cut.

    Args:
        image: uint8 (H, W, 3).
        original: uint8 (H, W, 3).

    Raises:
        UsageError: a wrong type, or sizes that differ.

    >>> black = np.zeros((2, 2, 3), np.uint8)
    >>> round(psnr(black + np.uint8(255), black), 3), psnr(black, black)
    (0.0, inf)
    """
    _check(image, original)
    error = np.subtract(image, original, dtype=np.float32)
    mean_square = float(np.square(error, out=error).mean(dtype=np.float64))
    return 10.0 * math.log10(255.0**2 / mean_square) if mean_square else math.inf


def ssim(image: Image, original: Image) -> float:
    """Structural similarity, the mean over pixels and channels (Wang et al. 2004), at most 1.

    Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, as in that paper.

    Args:
        image: uint8 (H, W, 3), at least 11 px on each side.
        original: uint8 (H, W, 3).

    Raises:
        UsageError: a wrong type, sizes that differ, or an image below 11 px.

    >>> grey = np.full((16, 16, 3), 128, np.uint8)
    >>> ssim(grey, grey)
    1.0
    """
    from skimage.metrics import structural_similarity

    _check(image, original)
    if min(image.shape[:2]) < _SSIM_SIDE_PX:
        raise UsageError(
            f"got an image of {image.shape[0]}x{image.shape[1]} px, expected at least "
            f"{_SSIM_SIDE_PX} px on each side for SSIM"
        )
    value = structural_similarity(  # type: ignore[no-untyped-call]
        image,
        original,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)


def _check(image: Image, original: Image) -> None:
    check_image(image, name="enlarged image")
    check_image(original, name="original image")
    check_same_shape(image, original, names=("enlarged image", "original image"))
