"""A tiny invented dataset: dark strokes on light noise, drawn with the generator below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crackgauge.images import write_image, write_mask


@pytest.fixture(scope="session")
def strokes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with images/ and masks/ of eight 48 x 56 px images, two of them for validation."""
    root = tmp_path_factory.mktemp("strokes")
    for index in range(8):
        generator = np.random.default_rng(index)
        mask = np.zeros((48, 56), bool)
        row = int(generator.integers(8, 40))
        mask[row : row + 3, 6:50] = True
        light = generator.normal(170, 8, (48, 56, 3))
        light[mask] -= 90
        write_image(root / "images" / f"{index}.png", np.clip(light, 0, 255).astype(np.uint8))
        write_mask(root / "masks" / f"{index}.png", mask)
    (root / "train.txt").write_text("0\n1\n2\n3\n4\n5\n", encoding="utf-8")
    (root / "val.txt").write_text("6\n7\n", encoding="utf-8")
    return root


SMALL = (
    "network.options.filters=[4,4,8]",
    "sampling.patch_px=32",
    "sampling.count=4",
    "batch=4",
    "epochs=3",
    "validation.every_epochs=1",
    "save_every_steps=2",
    "precision=fp32",
    "threads=1",
)
