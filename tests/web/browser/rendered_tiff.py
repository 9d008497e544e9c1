"""A photo of 12,000 x 9,000 px with smaller copies in it, rendered."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tifffile

from crackgauge.arrays import Image
from crackgauge.data.synth import render

HEIGHT, WIDTH = 9_000, 12_000
_TILE = (512, 512)
_COPIES = 5


def write_rendered_tiff(path: Path) -> Path:
    """Write one rendered photo of 750 x 1000 px, 12 times 12 times, as a tiled JPEG TIFF."""
    small = render(3, surface="concrete", size=(750, 1000)).image
    image: Image = np.tile(small, (HEIGHT // 750, WIDTH // 1000, 1))
    with tifffile.TiffWriter(path) as writer:
        for copy in range(_COPIES + 1):
            writer.write(
                image,
                photometric="rgb",
                tile=_TILE,
                compression="jpeg",
                compressionargs={"level": 80},
                subfiletype=1 if copy else 0,
                metadata=None,
            )
            half = (-(-image.shape[1] // 2), -(-image.shape[0] // 2))
            image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
    return path
