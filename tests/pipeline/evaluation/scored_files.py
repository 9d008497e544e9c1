"""Tiny predictions and truths that can be counted by eye."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt


def line(*rows: int, height: int = 20, width: int = 10) -> npt.NDArray[np.bool_]:
    """A mask with whole rows of crack."""
    mask = np.zeros((height, width), np.bool_)
    mask[list(rows)] = True
    return mask


def write(folder: Path, name: str, values: npt.NDArray[Any]) -> Path:
    """Write a mask as 0 and 255, numbers as they are; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    stored = values.astype(np.uint8) * 255 if values.dtype == np.bool_ else values
    if path.suffix == ".npy":
        np.save(path, stored)
    else:
        assert cv2.imwrite(str(path), stored)
    return path


def soft(strong: int, weak: int, *, high: float = 0.8, low: float = 0.4) -> npt.NDArray[np.float32]:
    """A probability: one row high, one row low, 0.05 elsewhere."""
    probability = np.full((20, 10), 0.05, np.float32)
    probability[strong], probability[weak] = high, low
    return probability


def dataset(root: Path, **splits: dict[str, npt.NDArray[np.bool_]]) -> Path:
    """A dataset of images/, masks/ and a list a split; its photos are grey, its cracks dark."""
    for split, masks in splits.items():
        for name, mask in masks.items():
            write(root / "masks", f"{name}.png", mask)
            photo = np.where(mask[..., None], 60, 180).astype(np.uint8).repeat(3, axis=2)
            write(root / "images", f"{name}.png", photo)
        (root / f"{split}.txt").write_text("".join(f"{name}\n" for name in masks))
    return root
