"""Stitched patches (Kompanets et al. 2024) of an image of any size, with the memory of one patch.

`crackgauge.inference.protocols.predict_stitched` does the same in an array.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crackgauge.arrays import Probability, Window
from crackgauge.errors import UsageError
from crackgauge.images import ImageSource
from crackgauge.inference.predictor import Predictor
from crackgauge.inference.tiled import NetworkInput


def stitched_windows(
    predictor: Predictor, source: ImageSource, *, patch_px: int
) -> Iterator[tuple[Window, Probability]]:
    """Probability, row by row, of patches that do not overlap and are predicted alone.

    The last row and column end at the image's edge; of them the pixels that no other patch holds
    are given, so windows begin at multiples of `patch_px`.

    Args:
        predictor: an open model.
        source: from `open_image` or `array_source`, at least one patch high and wide.
        patch_px: a multiple of the network's stride.

    Raises:
        UsageError: an image smaller than a patch, or a patch that is no multiple of the stride.
    """
    stride = predictor.metadata.stride
    if patch_px < 1 or patch_px % stride or min(source.height, source.width) < patch_px:
        raise UsageError(
            f"got patches of {patch_px} px and an image of {source.height}x{source.width} px, "
            f"expected a multiple of {stride} and an image at least as large"
        )
    image = NetworkInput(source, predictor.metadata)
    network = predictor.network()
    for row, bottom in spans(source.height, patch_px):
        for col, right in spans(source.width, patch_px):
            patch = Window(bottom - patch_px, right - patch_px, patch_px, patch_px)
            probability = network.probability(image.read(patch))
            fresh = probability[row - patch.row :, col - patch.col :]
            yield Window(row, col, bottom - row, right - col), np.ascontiguousarray(fresh)


def spans(size: int, patch_px: int) -> list[tuple[int, int]]:
    """First pixel that a patch gives, and its end, of the patches along one axis.

    >>> spans(10, 4), spans(8, 4)
    ([(0, 4), (4, 8), (8, 10)], [(0, 4), (4, 8)])
    """
    return [(first, min(first + patch_px, size)) for first in range(0, size, patch_px)]
