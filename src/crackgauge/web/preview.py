"""What a large photo looks like, roughly and at once: from a few of its pieces.

A TIFF without smaller copies in it must be decoded whole before its coarse levels are known. Until
then they are drawn from pieces that lie far apart, and from as much of the small copy as is made.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.images import ImageSource, read_image
from crackgauge.web.pyramid import COARSE_FACTOR, Bytes, Pyramid, pyramid_of

# Decoded for it at most: less than a second.
_DECODED_PX = 64_000_000
_PIECES = 1024


def draft_of(coarse: Path) -> Path:
    """Return where the first rows of a small copy lie while it is being made."""
    return coarse.with_name(f"{coarse.stem}.draft.png")


class Preview:
    """A photo shrunk by `COARSE_FACTOR`, blurred where its small copy is not made yet.

    Args:
        source: the photo; it is not needed any more afterwards.
        draft: the first rows of its small copy, which grow; there may be no such file.

    Raises:
        InputRefused: the photo is damaged in all pieces that were looked at.
    """

    def __init__(self, source: ImageSource, draft: Path) -> None:
        self._blurred = blurred(source)
        self._draft = draft
        self._drawn: tuple[int, Pyramid] | None = None

    def pyramid(self) -> Pyramid:
        """Return what is known now."""
        try:
            stamp = self._draft.stat().st_mtime_ns
        except OSError:  # not yet, or not any more
            stamp = 0
        if self._drawn is None or self._drawn[0] != stamp:
            self._drawn = (stamp, pyramid_of(self._joined(), factor=COARSE_FACTOR))
        return self._drawn[1]

    def _joined(self) -> Bytes:
        try:
            known = read_image(self._draft)
        except InputRefused:  # there is none, or none any more: the small copy is made
            return self._blurred
        return np.concatenate([known, self._blurred[known.shape[0] :]])


def blurred(source: ImageSource) -> Bytes:
    """Return a photo shrunk by `COARSE_FACTOR`, from pieces of it that are spread evenly.

    Returns:
        uint8 (ceil(height / COARSE_FACTOR), ceil(width / COARSE_FACTOR), 3): between the middles of
        the pieces their mean colours, interpolated. Along a side of which every piece is taken it
        is as fine as the means are.

    Raises:
        InputRefused: all of these pieces are damaged.
    """
    high, wide = source.piece
    down, across = _steps(source)
    rows = range(0, math.ceil(source.height / high), down)
    columns = range(0, math.ceil(source.width / wide), across)
    cell = (_cells(high) if down == 1 else 1, _cells(wide) if across == 1 else 1)
    means = np.zeros((len(rows) * cell[0], len(columns) * cell[1], 3), np.uint8)
    damaged: list[InputRefused] = []
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            place = means[i * cell[0] : (i + 1) * cell[0], j * cell[1] : (j + 1) * cell[1]]
            try:
                piece = _piece(source, row + down // 2, column + across // 2)
            except InputRefused as error:  # the others can be seen
                damaged.append(error)
                continue
            shrunk = cv2.resize(piece, cell[::-1], interpolation=cv2.INTER_AREA)
            place[:] = shrunk.reshape(place.shape)
    if len(damaged) == len(rows) * len(columns):
        raise damaged[0]
    covered = (_cells(len(rows) * down * high), _cells(len(columns) * across * wide))
    spread = cv2.resize(means, covered[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread[: _cells(source.height), : _cells(source.width)], np.uint8)


def _steps(source: ImageSource) -> tuple[int, int]:
    """Return of how many pieces, down and across, one is taken: about as far apart both ways."""
    high, wide = source.piece
    down, across = math.ceil(source.height / high), math.ceil(source.width / wide)
    most = max(1, min(_PIECES, _DECODED_PX // (high * wide)))
    apart = 1.0
    while True:
        steps = math.ceil(apart / high), math.ceil(apart / wide)
        if math.ceil(down / steps[0]) * math.ceil(across / steps[1]) <= most:
            return steps
        apart *= 1.1


def _piece(source: ImageSource, row: int, column: int) -> Bytes:
    """Read a piece, or the last one before it; one that the edge cuts is continued over it."""
    high, wide = source.piece
    top = min(row, (source.height - 1) // high) * high
    left = min(column, (source.width - 1) // wide) * wide
    height, width = min(high, source.height - top), min(wide, source.width - left)
    pixels = source.read(Window(top, left, height, width))
    short = ((0, high - height), (0, wide - width), (0, 0))
    return np.pad(pixels, short, mode="edge") if (height, width) != (high, wide) else pixels


def _cells(length: int) -> int:
    return math.ceil(length / COARSE_FACTOR)
