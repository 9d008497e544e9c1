from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackgauge.arrays import Image, Mask
from crackgauge.images import write_image, write_mask


def draw(seed: int, *, height: int = 96, width: int = 144) -> tuple[Image, Mask]:
    """A blotched grey surface with a dark line three pixels wide: a step from left to right.

    It runs along row 20 to a third of the width, down to row 50 and on to three quarters.
    """
    generator = np.random.default_rng(seed)
    blotches = generator.normal(150, 8, (height // 6, width // 6)).repeat(6, 0).repeat(6, 1)
    image = blotches + generator.normal(0, 4, (height, width))
    mask = np.zeros((height, width), dtype=np.bool_)
    corner, end = width // 3, 3 * width // 4
    mask[20:23, : corner + 3] = True
    mask[20:53, corner : corner + 3] = True
    mask[50:53, corner:end] = True
    image[mask] -= 70
    grey = np.clip(image, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2), mask


@pytest.fixture(scope="session")
def drawn() -> Callable[..., tuple[Image, Mask]]:
    return draw


@pytest.fixture
def fill(tmp_path: Path) -> Callable[..., Path]:
    """Writes drawn pairs: `fill("images", "masks", "a", "b")`; the seed counts on over calls."""
    seeds = iter(range(1000))

    def write(images: str, masks: str, *stems: str) -> Path:
        for stem in stems:
            image, mask = draw(next(seeds))
            write_image(tmp_path / images / f"{stem}.png", image)
            write_mask(tmp_path / masks / f"{stem}.png", mask)
        return tmp_path

    return write
