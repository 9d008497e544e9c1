"""What a label format cannot hold, and what stands in for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from crackgauge.labels.drawing import draw_shapes
from crackgauge.labels.formats import LabelFormat
from crackgauge.labels.mask_file import LABEL
from crackgauge.labels.outlines import outline
from crackgauge.labels.shapes import ImageLabels, MaskShape, Polygon, Polyline, Shape

# What may become of a shape, for the report of a conversion. `{title}` is the format's.
LOSSES: dict[str, str] = {
    "width-lost": "lines keep their place and lose their width, which {title} does not hold",
    "line-to-mask": "lines with a width became the pixels that they cover",
    "line-to-curve": "lines without a width became curves of one pixel; --width-px gives a width",
    "holes-to-mask": "polygons with holes, which {title} does not hold, became their pixels",
    "polygon-to-mask": "polygons became the pixels whose centre lies within",
    "mask-to-polygons": "masks, which {title} does not hold, became outlines along their pixels",
    "merged": "shapes became one mask an image, without their labels",
    "label-added": "shapes without a label are called crack",
    "left-out": "shapes that are neither lines nor areas, such as boxes, are left out",
}


def losses(image: ImageLabels, form: LabelFormat) -> Counter[str]:
    """Count what a format cannot hold of an image's labels, by the keys of `LOSSES`.

    >>> from crackgauge.labels.formats import FORMATS
    >>> line = Polyline(((1.0, 1.0), (9.0, 1.0)), "crack", width_px=3.0)
    >>> losses(ImageLabels("a.png", 9, 9, (line,)), FORMATS["cvat"])
    Counter({'width-lost': 1})
    """
    found: Counter[str] = Counter(
        kind for shape in image.shapes for kind in _losses_of(shape, form)
    )
    others = any(shape.label not in ("", LABEL) for shape in image.shapes)
    if not form.labels and (len(image.shapes) > 1 or others):
        found["merged"] = len(image.shapes)
    if image.unread:
        found["left-out"] = len(image.unread)
    return found


def _losses_of(shape: Shape, form: LabelFormat) -> Iterator[str]:
    if form.needs_label and not shape.label:
        yield "label-added"
    if isinstance(shape, MaskShape):
        if not form.masks:
            yield "mask-to-polygons"
    elif isinstance(shape, Polygon):
        if not form.polygons:
            yield "polygon-to-mask"
        elif shape.holes and not form.holes:
            yield "holes-to-mask"
    elif not form.lines:
        yield "line-to-curve" if shape.width_px is None else "line-to-mask"
    elif shape.width_px is not None and not form.widths:
        yield "width-lost"


def adapt(image: ImageLabels, form: LabelFormat) -> ImageLabels:
    """Replace the shapes that a format cannot hold; `losses` says which.

    Args:
        image: with its size, where a shape has to be drawn.
        form: of `crackgauge.labels.FORMATS`.
    """
    shapes = tuple(new for shape in image.shapes for new in _adapted(shape, image, form))
    return replace(image, shapes=shapes, unread=())


def _adapted(shape: Shape, image: ImageLabels, form: LabelFormat) -> list[Shape]:
    if form.needs_label and not shape.label:
        shape = replace(shape, label=LABEL)
    if isinstance(shape, Polyline) and form.lines:
        points = shape.points * 2 if len(shape.points) == 1 else shape.points
        return [replace(shape, points=points, width_px=shape.width_px if form.widths else None)]
    if isinstance(shape, MaskShape):
        if form.masks:
            return [] if shape.is_empty else [shape]
        mask, window = shape.cut()
        return [*outline(mask, row=window.row, col=window.col, label=shape.label)]
    if isinstance(shape, Polygon) and form.polygons and (form.holes or not shape.holes):
        return [shape]
    if not form.polygons:  # a mask alone, which draws what there is
        return [shape]
    mask = draw_shapes([shape], int(image.height or 0), int(image.width or 0))
    return [MaskShape.of(mask, label=shape.label)] if mask.any() else []


def with_width(image: ImageLabels, width_px: float | None) -> ImageLabels:
    """Give the lines that have no width one; None gives none."""
    if width_px is None:
        return image
    shapes = tuple(
        replace(shape, width_px=width_px)
        if isinstance(shape, Polyline) and shape.width_px is None
        else shape
        for shape in image.shapes
    )
    return replace(image, shapes=shapes)
