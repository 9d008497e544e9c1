"""COCO instance JSON: one file for many images.

Coordinates are px from the upper left corner of the image, pixel corners at integers. A
`segmentation` is a list of outlines [x, y, x, y, ...], all of them filled, or runs of the whole
image column by column, sound first: `counts` as a list, or compressed as a string.

Source: the COCO API (pycocotools, common/maskApi.c, BSD-2-Clause).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, MISSING, UNSUPPORTED, InputRefused, UsageError
from crackgauge.labels.checking import (
    Collector,
    Found,
    shown,
    to_mask,
    to_points,
    to_size,
    to_text,
)
from crackgauge.labels.run_length import compress_runs, count_runs, expand_runs
from crackgauge.labels.shapes import ImageLabels, MaskShape, Polygon, Problem, Shape


def is_coco(tree: Any) -> bool:
    """Whether JSON looks like COCO's."""
    return isinstance(tree, dict) and "annotations" in tree and "images" in tree


def read_coco(tree: dict[str, Any], path: Path) -> Found:
    """Read the outlines and masks of a COCO file.

    An annotation of several outlines becomes as many polygons; one with a box alone is unread.

    Args:
        tree: the JSON; `images`, `annotations` and `categories`.
        path: the file, for errors.

    Returns:
        One entry an image, in the file's order, images without annotations too.

    Raises:
        InputRefused: `images` or `annotations` is no list of objects.
    """
    problems: list[Problem] = []
    collectors: dict[Any, Collector] = {}
    for number, entry in enumerate(_objects(tree, "images", path), start=1):
        key, name = _key(entry.get("id")), entry.get("file_name")
        if key is None or key in collectors or not isinstance(name, str):
            sentence = (
                f"image {number} (id {shown(entry.get('id'))}) has no name, or no id of its own; "
                "export the labels again"
            )
            problems.append(Problem(to_text(name), CORRUPT, sentence))
            continue
        collectors[key] = Collector(path, name, entry.get("width"), entry.get("height"))
    names = _category_names(tree.get("categories"))
    for number, annotation in enumerate(_objects(tree, "annotations", path), start=1):
        image = collectors.get(_key(annotation.get("image_id")))
        if image is None:
            sentence = (
                f"annotation {number} belongs to the image {shown(annotation.get('image_id'))}, "
                "which the file does not have; export the labels again"
            )
            problems.append(Problem("", MISSING, sentence))
            continue
        category = annotation.get("category_id")
        label = names.get(_key(category)) or f"category {shown(category)}"
        _take(image, number, annotation, label)
    return Found([collector.done() for collector in collectors.values()], problems)


def _objects(tree: dict[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    found = tree.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputRefused(
            path, CORRUPT, f"`{key}` is no list of objects, expected COCO's; export it again"
        )
    if any("segments_info" in each for each in found[:1]):
        raise InputRefused(
            path, UNSUPPORTED, "this is COCO's panoptic form, expected instances; export these"
        )
    return found


def _key(number: Any) -> int | str | None:
    """An id as something that a dictionary takes."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number if isinstance(number, int | str) else None


def _category_names(categories: Any) -> dict[int | str | None, str]:
    if not isinstance(categories, list):
        return {}
    return {
        _key(each.get("id")): to_text(each.get("name"))
        for each in categories
        if isinstance(each, dict)
    }


def _take(image: Collector, number: int, annotation: dict[str, Any], label: str) -> None:
    segmentation = annotation.get("segmentation")
    where = f"annotation {number} ({label[:40]!r})"
    if isinstance(segmentation, dict):
        image.add(partial(_mask, image, segmentation, where, label))
    elif isinstance(segmentation, list) and segmentation:
        image.add(partial(_polygons, image, segmentation, where, label))
    else:
        image.unread.append(("box", label))


def _polygons(image: Collector, outlines: list[Any], where: str, label: str) -> list[Shape]:
    shapes: list[Shape] = []
    for outline in outlines:
        if not isinstance(outline, list) or len(outline) % 2:
            raise InputRefused(
                image.path,
                CORRUPT,
                f"{where} has the outline {shown(outline)}, expected [x, y, x, y, ...]; export "
                "the labels again, or remove it",
            )
        pairs = list(zip(outline[::2], outline[1::2], strict=True))
        shapes.append(Polygon(to_points(pairs, path=image.path, where=where, least=3), label))
    return shapes


def _mask(image: Collector, segmentation: dict[str, Any], where: str, label: str) -> Shape:
    size = segmentation.get("size")
    height, width = (
        (to_size(each) for each in size) if isinstance(size, list) and len(size) == 2 else (0, 0)
    )
    named = (image.height or height, image.width or width)
    if not height or not width or named != (height, width):
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} has runs of the size {shown(size)}, expected [height, width] of the image "
            f"({named[0]}, {named[1]}); export the labels again",
        )
    image.height, image.width = height, width
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        try:
            counts = expand_runs(counts)
        except UsageError as error:
            raise InputRefused(
                image.path, CORRUPT, f"{where}: {error}; export the labels again, or remove it"
            ) from error
    window = Window(0, 0, height, width)
    return to_mask(counts, window, path=image.path, where=where, by_column=True, label=label)


def write_coco(images: Iterable[ImageLabels], out: TextIO) -> None:
    """Write polygons, and masks as compressed runs; one annotation each.

    Images, annotations and categories are numbered from 1, categories by their names.

    Args:
        images: with their sizes; polygons without holes, no lines.
        out: a text file.
    """
    entries: list[str] = []
    names: dict[str, int] = {}
    number = 0
    out.write('{"annotations": [')
    for image_id, image in enumerate(images, start=1):
        size = {"width": image.width, "height": image.height}
        entries.append(json.dumps({"id": image_id, "file_name": image.image, **size}))
        for annotation in _annotations(image):
            category = names.setdefault(annotation.pop("label"), len(names) + 1)
            out.write("," if number else "")
            number += 1
            head = {"id": number, "image_id": image_id, "category_id": category}
            out.write("\n" + json.dumps({**head, **annotation}, allow_nan=False))
    categories = [json.dumps({"id": key, "name": name}) for name, key in names.items()]
    out.write('],\n"categories": [' + ",\n".join(categories))
    out.write('],\n"images": [' + ",\n".join(entries) + "]}\n")


def _annotations(image: ImageLabels) -> Iterator[dict[str, Any]]:
    for shape in image.shapes:
        if isinstance(shape, MaskShape):
            mask, window = shape.cut()
            height, width = int(image.height or 0), int(image.width or 0)
            counts = compress_runs(count_runs(mask, window, height, width))
            segmentation: Any = {"size": [height, width], "counts": counts}
            box: list[float] = [window.col, window.row, window.width, window.height]
            area: float = int(mask.sum())
        elif isinstance(shape, Polygon):
            x, y = np.array(shape.points).T
            segmentation = [[number for point in shape.points for number in point]]
            left, top = float(x.min()), float(y.min())
            box = [left, top, float(x.max()) - left, float(y.max()) - top]
            area = abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2
        else:
            raise TypeError("COCO holds no lines")
        yield {
            "label": shape.label,
            "segmentation": segmentation,
            "area": area,
            "bbox": box,
            "iscrowd": 0,
        }
