from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

Write = Callable[..., Path]


@pytest.fixture
def rgb() -> npt.NDArray[np.uint8]:
    """40 rows and 56 columns that change along both sides, so that no turn goes unseen."""
    rows, columns = np.mgrid[0:40, 0:56]
    return np.stack([rows * 6, columns * 4, (rows + columns) * 2], axis=2).astype(np.uint8)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write pixels with Pillow, by the format's name; options go to its encoder."""

    def save(name: str, pixels: Any, kind: str, **options: Any) -> Path:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        path = tmp_path / name
        if "orientation" in options:
            exif = Image.Exif()
            exif[274] = options.pop("orientation")
            options["exif"] = exif
        image.save(path, format=kind, **options)
        return path

    return save


@pytest.fixture
def write_tiff(tmp_path: Path) -> Write:
    """Write pixels with tifffile."""

    def save(name: str, pixels: npt.NDArray[Any], **options: Any) -> Path:
        path = tmp_path / name
        orientation = options.pop("orientation", None)
        if orientation:
            options["extratags"] = [(274, "H", 1, orientation, True)]
        content = io.BytesIO()
        tifffile.imwrite(content, pixels, metadata=None, **options)
        path.write_bytes(content.getvalue())
        return path

    return save
