"""The cracks drawn into the photo: overlay, thumbnail, close-up of the widest spot."""

from __future__ import annotations

from crackgauge.arrays import Image, Mask, Window

OVERLAY_PX = 1600
THUMBNAIL_PX = 480
CLOSEUP_PX = 160  # side of the square around the widest spot, in px of the photo


def draw_overlay(
    image: Image,
    mask: Mask,
    *,
    longest_px: int = OVERLAY_PX,
    mm_per_px: float | None = None,
) -> Image:
    """Draw the cracks into a photo, scaled down so that its longer side is `longest_px` at most.

    Args:
        image: uint8 (H, W, 3).
        mask: bool (H, W).
        longest_px: longer side of the result; a smaller photo keeps its size.
        mm_per_px: of `image`; draws a scale bar. For a picture already scaled down by f, f times
            that of the photo.

    Returns:
        uint8 (h, w, 3). A crack of one pixel stays visible however far the photo is scaled down.
    """
    raise NotImplementedError


def draw_thumbnail(image: Image, *, longest_px: int = THUMBNAIL_PX) -> Image:
    """Scale a photo down (never up) so that its longer side is `longest_px` at most."""
    raise NotImplementedError


def closeup_window(height: int, width: int, *, x_px: float, y_px: float) -> Window:
    """Return the part of a photo of height x width px to be read for `draw_closeup`.

    Args:
        x_px: `width_max_x_px` of the crack.
        y_px: `width_max_y_px` of the crack.
    """
    raise NotImplementedError


def draw_closeup(
    image: Image,
    mask: Mask,
    *,
    x_px: float,
    y_px: float,
    width_px: float,
    mm_per_px: float | None = None,
) -> Image:
    """Draw the widest spot of a crack, enlarged: the photo on the left, with the outline on the right.

    Args:
        image: uint8 (h, w, 3), the part of the photo given by `closeup_window`.
        mask: bool (h, w), the same part.
        x_px: position of the spot within this part.
        y_px: position of the spot within this part.
        width_px: its width, drawn as a circle of that diameter.
        mm_per_px: draws a scale bar in mm, otherwise in px.

    Returns:
        uint8 (480, 968, 3).
    """
    raise NotImplementedError
