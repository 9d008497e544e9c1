"""The truth of an image, whatever it is stored as: a mask, or lines and areas in a label file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from crackgauge.arrays import Mask
from crackgauge.data.curves import centre_curve
from crackgauge.errors import (
    BAD_ENCODING,
    MISSING,
    SIZE_MISMATCH,
    TOO_LARGE,
    UNSUPPORTED,
    InputRefused,
)
from crackgauge.images import WHOLE_LIMIT_PX, MaskReading, image_size, read_mask
from crackgauge.labels import (
    LABEL_SUFFIXES,
    ImageLabels,
    LabelFile,
    Polygon,
    Polyline,
    Shape,
    draw_lines,
    draw_shapes,
    find_image,
    read_labels,
)

LINES_RULE = "lines"
AREAS_RULE = "areas"


def is_label_file(path: Path) -> bool:
    """Whether a truth is a label file, by its suffix."""
    return path.suffix.lower() in LABEL_SUFFIXES


def read_truth(
    path: str | Path,
    *,
    image: Path | None = None,
    labels: Sequence[str] = (),
    rule: str = "auto",
    crack_labels: Sequence[int] | None = None,
) -> MaskReading:
    """Read a truth as a mask.

    Lines of a label file become curves of one pixel, and areas beside them their centre lines.
    Where there are only areas (outlines, masks, lines with a width), the truth is these areas.

    Args:
        path: a mask (see `crackgauge.images.read_mask`) or a label file (`crackgauge.labels`).
        image: the photo: says which entry of a label file is meant, and its size where the labels
            do not.
        labels: of a label file, the labels that count; none named: all of them.
        rule, crack_labels: of a mask, as in `read_mask`.

    Returns:
        The mask with the rule that made it; of a label file that is `lines` or `areas`.

    Raises:
        InputRefused: the file cannot be read; a label file has no entry for the image, another
            size, shapes that are neither lines nor areas or cannot be read, or shapes of which none
            lies in the image.
        UsageError: an unknown rule.
    """
    file = Path(path)
    if not is_label_file(file):
        return read_mask(file, rule=rule, crack_labels=crack_labels)
    drawn = find_image(_read_labels(file).images, image or file, path=file).only(labels)
    _refuse_other_shapes(drawn, file)
    height, width = _size(drawn, file, image)
    curves = [line for line in drawn.lines if _is_curve(line)]
    if curves or not drawn.shapes:
        rest = [shape for shape in drawn.shapes if not _is_curve(shape)]
        mask = draw_lines(curves, height, width) | _centre_lines(rest, height, width)
        reading = MaskReading(mask, LINES_RULE)
    else:
        reading = MaskReading(draw_shapes(drawn.shapes, height, width), AREAS_RULE)
    if drawn.shapes and not reading.mask.any():
        raise InputRefused(
            file,
            BAD_ENCODING,
            f"none of its {len(drawn.shapes)} lines and areas lies in the image of {width} x "
            f"{height} px; expected pixels, x to the right and y down, not coordinates of a map",
        )
    return reading


def _is_curve(shape: Shape) -> bool:
    return isinstance(shape, Polyline) and shape.width_px is None


def _read_labels(file: Path) -> LabelFile:
    """Read a label file once for all its images, as long as it stays the same."""
    try:
        status = file.stat()
    except OSError:
        return read_labels(file)  # says what is wrong
    return _cached_labels(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _cached_labels(file: Path, _modified_ns: int, _bytes: int) -> LabelFile:
    return read_labels(file)


def _refuse_other_shapes(drawn: ImageLabels, file: Path) -> None:
    if drawn.crs:
        raise InputRefused(
            file,
            UNSUPPORTED,
            f"has coordinates of a map ({drawn.crs}), expected pixels of the image; bring them to "
            "pixels with `crackgauge data convert --images DIR`",
        )
    if drawn.problems:
        first = drawn.problems[0]
        raise InputRefused(file, first.reason, first.sentence)
    if drawn.unread:
        kind, label = drawn.unread[0]
        raise InputRefused(
            file,
            UNSUPPORTED,
            f"holds {len(drawn.unread)} shapes that are neither lines nor areas, the first is a "
            f"{kind} of {label!r}; draw cracks as lines or areas, or name the labels that are "
            "cracks (curves.labels)",
        )


def _size(drawn: ImageLabels, file: Path, image: Path | None) -> tuple[int, int]:
    """Height and width: the photo's, which the labels' must be."""
    named = (drawn.height, drawn.width)
    found = None if image is None else image_size(image)
    if found is None and None in named:
        raise InputRefused(
            file,
            MISSING,
            "does not say how large its image is; give the dataset with its images",
        )
    if found is None:
        height, width = int(named[0] or 0), int(named[1] or 0)
        if height * width > WHOLE_LIMIT_PX:
            raise InputRefused(
                file, TOO_LARGE, f"the image has {width} x {height} px, the limit is 200 megapixels"
            )
        return height, width
    if None not in named and named != found:
        raise InputRefused(
            file,
            SIZE_MISMATCH,
            f"was drawn on an image of {named[1]} x {named[0]} px, but its image has {found[1]} x "
            f"{found[0]} (width x height), expected the same; mind the EXIF orientation",
        )
    return found


def _centre_lines(shapes: Sequence[Shape], height: int, width: int) -> Mask:
    """The centre lines of areas, those narrower than a pixel too."""
    if not shapes:
        return np.zeros((height, width), np.bool_)
    filled = draw_shapes(shapes, height, width).view(np.uint8)
    for outline in shapes:
        if not isinstance(outline, Polygon) or outline.holes:
            continue
        # Pixel centres lie at half-integers; 4 bits of fraction. Far corners would overflow.
        corners = np.clip(np.round((np.asarray(outline.points) - 0.5) * 16), -(2**28), 2**28)
        cv2.fillPoly(filled, [corners.astype(np.int32)], (1,), shift=4)
    return centre_curve(filled.astype(np.bool_))
