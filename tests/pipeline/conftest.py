"""Small photographs with drawn cracks, for the verbs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from crackgauge.arrays import Image
from crackgauge.inference.predictor import Predictor, open_model


@pytest.fixture(scope="session")
def predictor(contrast_model: Path) -> Predictor:
    return open_model(contrast_model, threads=1)


def draw_photo(height: int, width: int, *rows: int) -> Image:
    """A bright wall with horizontal cracks, 3 px wide, centred on `rows`."""
    image = np.full((height, width, 3), 180, np.uint8)
    for row in rows:
        image[row - 1 : row + 2, 10 : width - 10] = 60
    return image


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Write photographs into a folder: name -> rows of its cracks."""

    def write(**cracks: tuple[int, ...]) -> Path:
        folder = tmp_path / "photos"
        folder.mkdir(exist_ok=True)
        for stem, rows in cracks.items():
            cv2.imwrite(str(folder / f"{stem}.png"), draw_photo(64, 96, *rows))
        return folder

    return write
