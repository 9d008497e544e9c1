"""Pictures as text inside a page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image as PillowImage

from crackgauge.arrays import Image
from crackgauge.errors import InputRefused
from crackgauge.images import read_image
from crackgauge.report.overlay import draw_thumbnail

_QUALITY = 80


def embed(path: Path | None, *, longest_px: int) -> str:
    """Return a picture as a JPEG data URI, or "" where there is none (any more) to be read.

    Args:
        path: an image file.
        longest_px: longer side in the page; a larger picture is scaled down.
    """
    if path is None:
        return ""
    try:
        return as_data_uri(draw_thumbnail(read_image(path), longest_px=longest_px))
    except InputRefused:
        # The results are whole without it: a report with one picture less is better than none.
        return ""


def as_data_uri(image: Image) -> str:
    """Return uint8 (H, W, 3) as a JPEG data URI."""
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
