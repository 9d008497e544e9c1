"""Pixels of cracks that the inspector rejected: found in a mask, and taken out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from crackgauge.arrays import Mask, Window
from crackgauge.measure import Survey


class Patch(NamedTuple):
    """Pixels of rejected cracks: bool (window.height, window.width), True for those."""

    window: Window
    pixels: Mask


def patches_of(
    survey: Survey, rejected: Sequence[int], mask_of: Callable[[Window], Mask]
) -> list[Patch]:
    """Find the pixels of rejected cracks.

    A component of the mask belongs to a rejected crack if the crack's centre line or its widest
    spot lies on it (within one px).

    Args:
        survey: of one image, with all cracks.
        rejected: their numbers.
        mask_of: called with a window, gives the mask there.
    """
    patches = []
    cracks = survey.cracks[survey.cracks["crack_id"].isin(rejected)]
    for crack in cracks.to_dict("records"):
        top, left = int(crack["bbox_top_px"]), int(crack["bbox_left_px"])
        bottom, right = int(crack["bbox_bottom_px"]), int(crack["bbox_right_px"])
        window = Window(top, left, bottom - top, right - left)
        mask = mask_of(window)
        _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        lines = survey.branches.loc[survey.branches["crack_id"] == crack["crack_id"], "line_px"]
        spots = [np.array([[crack["width_max_x_px"], crack["width_max_y_px"]]])]
        spots += [line[:, :2] for line in lines if line is not None]
        places = np.floor(np.concatenate(spots)).astype(int) - [left, top]
        touched: set[Any] = {0}
        for col, row in places:
            near = labels[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
            touched |= set(near.ravel().tolist())
        patches.append(Patch(window, np.isin(labels, sorted(touched - {0}))))
    return patches


def clear_patches(mask: Mask, window: Window, patches: Sequence[Patch]) -> Mask:
    """Take rejected cracks out of the mask of a window."""
    for patch in patches:
        top, left = max(patch.window.row, window.row), max(patch.window.col, window.col)
        bottom = min(patch.window.row + patch.window.height, window.row + window.height)
        right = min(patch.window.col + patch.window.width, window.col + window.width)
        if top < bottom and left < right:
            size = (bottom - top, right - left)
            here = Window(top - window.row, left - window.col, *size)
            there = Window(top - patch.window.row, left - patch.window.col, *size)
            mask[here.slices] &= ~patch.pixels[there.slices]
    return mask
