"""MATLAB truths of the CrackForest dataset (CFD): struct `groundTruth`, field `Segmentation`.

Label 1 is background, 2 is crack; 3 and 4, in 22 of its 118 files, are no cracks. Taking every
label above 1 is a common mistake.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.errors import BAD_ENCODING, CORRUPT, TOO_LARGE, InputRefused
from crackgauge.images.formats import opened

CFD_CRACK_LABEL = 2
_COMPRESSED = 15
_STEP = 1 << 20


def read_segmentation(path: Path, max_pixels: int) -> npt.NDArray[Any]:
    """Read the labels of a CFD truth: an integer (H, W) array.

    Raises:
        InputRefused: another MATLAB file, a damaged one, or a too large one.
    """
    limit = 16 * max_pixels
    with opened(path) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit or _unpacked_bytes(content, limit) > limit:
        raise InputRefused(path, TOO_LARGE, f"the MATLAB file unpacks to more than {limit:,} bytes")
    from scipy.io import loadmat

    source: Any = io.BytesIO(content)  # the stubs know paths alone
    try:
        # Plain MATLAB 5 data: nothing of it is ever run.
        truth = loadmat(source, variable_names=["groundTruth"])
    except Exception as error:  # the reader raises many kinds on damaged files
        raise InputRefused(
            path, CORRUPT, "the MATLAB file is damaged; copy it again from its source"
        ) from error
    try:
        labels = np.asarray(truth["groundTruth"]["Segmentation"][0, 0])
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise InputRefused(
            path,
            BAD_ENCODING,
            "the MATLAB file has no groundTruth.Segmentation as CFD truths have; save the mask as "
            "a PNG",
        ) from error
    if labels.ndim != 2 or labels.size == 0 or labels.dtype.kind not in "ui":
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"groundTruth.Segmentation is {labels.dtype} {labels.shape}, expected integer labels "
            "(H, W); save the mask as a PNG",
        )
    return labels


def _unpacked_bytes(content: bytes, limit: int) -> int:
    """Bytes of all compressed elements, counted without keeping them, up to the limit."""
    total, position = 0, 128
    while position + 8 <= len(content):
        kind = int.from_bytes(content[position : position + 4], "little")
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        if kind == _COMPRESSED:
            unpacker = zlib.decompressobj()
            rest = content[position + 8 : position + 8 + length]
            while rest and total <= limit:
                try:
                    total += len(unpacker.decompress(rest, _STEP))
                except zlib.error:
                    break  # the reader words it
                rest = unpacker.unconsumed_tail
        position += 8 + length
    return total
