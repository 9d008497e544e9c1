"""The pictures that go with one image: overlay, and for the report a thumbnail and a close-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from crackgauge.arrays import Image, Mask, Window
from crackgauge.images import write_image
from crackgauge.measure import Survey
from crackgauge.report.overlay import (
    NumberedSpot,
    closeup_window,
    draw_closeup,
    draw_overlay,
    draw_thumbnail,
)

# Cracks that are numbered in the overlay.
_NUMBERED = 20


class PictureFiles(NamedTuple):
    """Names of an image's pictures, relative to the run's folder."""

    overlay: str
    original: str
    closeup: str

    @classmethod
    def of(cls, key: str) -> PictureFiles:
        """Name the pictures of a key; those for the report alone lie in the hidden state.

        >>> PictureFiles.of("day1/deck").overlay
        'overlays/day1/deck.png'
        """
        return cls(f"overlays/{key}.png", f".state/{key}.original.jpg", f".state/{key}.closeup.jpg")


def write_pictures(
    out: Path,
    files: PictureFiles,
    image: Image,
    mask: Mask,
    survey: Survey,
    mm_per_px: float | None,
    closeup: Image | None,
    *,
    factor: int = 1,
) -> list[str]:
    """Write the pictures of one image, scaled down.

    Args:
        out: the run's folder.
        files: where they go.
        image: uint8 (H, W, 3), the photo or a small version of it.
        mask: bool (H, W), of the same size.
        survey: of the photo.
        mm_per_px: of the photo.
        closeup: of the widest spot; None where there is no crack.
        factor: how many px of the photo one px of `image` is.

    Returns:
        The names that were written.

    Raises:
        StorageError: a file cannot be written.
    """
    overlay = draw_overlay(
        image,
        mask,
        lines=[line for line in survey.branches["line_px"] if line is not None],
        spots=_widest_spots(survey),
        mm_per_px=None if mm_per_px is None else mm_per_px * factor,
        px_per_px=factor,
    )
    write_image(out / files.overlay, overlay)
    write_image(out / files.original, draw_thumbnail(image))
    if closeup is None:
        return [files.overlay, files.original]
    write_image(out / files.closeup, closeup)
    return list(files)


def _widest_spots(survey: Survey) -> list[NumberedSpot]:
    """Return the places of the widest cracks, the widest first."""
    order = ["width_max_px", "length_px", "crack_id"]
    widest = survey.cracks.sort_values(order, ascending=[False, False, True], kind="stable")
    places = widest[["crack_id", "width_max_x_px", "width_max_y_px"]].head(_NUMBERED)
    return [
        NumberedSpot(int(number), float(x), float(y))
        for number, x, y in places.itertuples(index=False)
    ]


def closeup_of(
    survey: Survey,
    height: int,
    width: int,
    read: Callable[[Window], tuple[Image, Mask]],
    mm_per_px: float | None,
) -> Image | None:
    """Draw the widest spot of the widest crack, or None where there is no crack.

    Args:
        survey: of one image.
        height: of the image in px.
        width: of the image in px.
        read: gives the pixels and the mask of a window.
        mm_per_px: of the image.
    """
    if survey.cracks.empty:
        return None
    widest = survey.cracks.iloc[int(survey.cracks["width_max_px"].to_numpy().argmax())]
    x_px, y_px = float(widest["width_max_x_px"]), float(widest["width_max_y_px"])
    width_px = float(widest["width_max_px"])
    window = closeup_window(height, width, x_px=x_px, y_px=y_px, width_px=width_px)
    image, mask = read(window)
    return draw_closeup(
        image,
        mask,
        x_px=x_px - window.col,
        y_px=y_px - window.row,
        width_px=width_px,
        mm_per_px=mm_per_px,
    )
