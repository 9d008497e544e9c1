"""Label Studio's JSON export: one file for many images (tasks).

Points are percent of the image's width and height, from its upper left corner. A brush is `rle`,
see `crackgauge.labels.brush_bits`. An image that was uploaded is named with eight digits and `-`
before its own name. A size is named by regions; we name it beside the image, too.

Source: Label Studio's task format, and its converter (label-studio-sdk, Apache-2.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TextIO
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window
from crackgauge.errors import CORRUPT, MISSING, UNSUPPORTED, InputRefused, UsageError
from crackgauge.images.listing import LISTED_SUFFIXES
from crackgauge.labels.brush_bits import pack_brush, unpack_brush
from crackgauge.labels.checking import (
    Collector,
    Found,
    check_pixels,
    shown,
    to_points,
    to_size,
    to_text,
)
from crackgauge.labels.run_length import runs_of, whole_numbers
from crackgauge.labels.shapes import ImageLabels, MaskShape, Polygon, Polyline, Problem, Shape

_DECIMALS = 6  # of px: percent of a side and back is exact to this
_UPLOADED = re.compile(r"^data/upload/(?:\d+/)?[0-9a-f]{8}-(?=[^/]+$)")
_IMAGE = "image"
# Results that say something of the image and mark nothing in it.
_WITHOUT_PLACE = frozenset(
    {"choices", "datetime", "number", "pairwise", "ranker", "rating", "relation", "taxonomy"}
    | {"textarea"}
)


def is_label_studio(tree: Any) -> bool:
    """Whether JSON looks like Label Studio's: a list of tasks, or one task."""
    first = tree[0] if isinstance(tree, list) and tree else tree
    return isinstance(first, dict) and isinstance(first.get("data"), dict)


def read_label_studio(tree: Any, path: Path) -> Found:
    """Read the brush strokes and polygons of an export.

    Of several annotations of a task the ground truth is taken, or else the first that was not
    cancelled; predictions are passed over. A polygon that was left open is a line.

    Args:
        tree: the JSON.
        path: the file, for errors.

    Returns:
        One entry a task with an annotation; tasks without any are problems.
    """
    images: list[ImageLabels] = []
    problems: list[Problem] = []
    for number, task in enumerate(tree if isinstance(tree, list) else [tree], start=1):
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            sentence = f"task {number} has no `data`, expected its image; export it again as JSON"
            problems.append(Problem("", CORRUPT, sentence))
            continue
        name = _image_name(data)
        results = _results(task)
        if results is None:
            sentence = (
                "the task has no annotation, or cancelled ones only, so nobody says what is on "
                "the image; label it, or submit it empty if there is no crack"
            )
            problems.append(Problem(name, MISSING, sentence))
            continue
        images.append(_read_task(Collector(path, name, *_named_size(data)), results))
    return Found(images, problems)


def _image_name(data: dict[str, Any]) -> str:
    """The image's path: of an address the part that names the file."""
    for value in [data.get("image"), *data.values()]:
        name = _path_of(value) if isinstance(value, str) else ""
        if PurePosixPath(name.replace("\\", "/")).suffix.lower() in LISTED_SUFFIXES:
            return _UPLOADED.sub("", name)
    return ""


def _path_of(address: str) -> str:
    """The path in an address; of a plain path the path itself.

    >>> _path_of("/data/local-files/?d=photos/a%20b.jpg"), _path_of("s3://bucket/a.jpg?x=1")
    ('photos/a b.jpg', 'a.jpg')
    """
    if "://" not in address and not address.startswith("/data/"):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    asked = parse_qs(parts.query).get("d")
    return asked[0] if asked else unquote(parts.path).lstrip("/")


def _results(task: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The results of the annotation that counts; None where there is none."""
    found = task.get("annotations", task.get("completions"))
    valid = [
        each
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict) and isinstance(each.get("result"), list)
    ]
    valid = [each for each in valid if not each.get("was_cancelled")]
    if not valid:
        return None
    chosen = next((each for each in valid if each.get("ground_truth")), valid[0])
    return [result for result in chosen["result"] if isinstance(result, dict)]


def _named_size(data: dict[str, Any]) -> tuple[Any, Any]:
    """Width and height, where the task names both beside its image, as `write_label_studio` does.

    Regions name them too; an image without any has them from here alone.
    """
    size = (data.get("width"), data.get("height"))
    return size if all(map(to_size, size)) else (None, None)


def _read_task(image: Collector, results: list[dict[str, Any]]) -> ImageLabels:
    # A region whose label is a result of its own has two results of one id.
    regions: dict[str, list[dict[str, Any]]] = {}
    for number, result in enumerate(results):
        key = result.get("id")
        regions.setdefault(key if isinstance(key, str) else f"result {number}", []).append(result)
    for number, parts in enumerate(regions.values(), start=1):
        values = [part["value"] for part in parts if isinstance(part.get("value"), dict)]
        merged = {key: value for each in reversed(values) for key, value in each.items()}
        kinds = [to_text(part.get("type")) for part in parts]
        kind = next((each for each in kinds if each != "labels"), kinds[0])
        label = _label(merged)
        where = f"region {number} ({kind[:20]} {label[:40]!r})"
        if "rle" in merged or kind.startswith("polygon"):
            image.add(partial(_read_region, image, parts[0], merged, where))
        elif kind not in _WITHOUT_PLACE:
            image.unread.append((kind, label))
    return image.done()


def _label(value: dict[str, Any]) -> str:
    for key, found in value.items():
        if key.endswith("labels") and isinstance(found, list) and found:
            return to_text(found[0])
    return ""


def _read_region(
    image: Collector, result: dict[str, Any], value: dict[str, Any], where: str
) -> Shape:
    height, width = _size(image, result, where)
    label = _label(value)
    if "rle" not in value:
        is_open = value.get("closed") is False
        percent = to_points(value.get("points"), path=image.path, where=where)
        pairs = [
            (round(x * width / 100, _DECIMALS), round(y * height / 100, _DECIMALS))
            for x, y in percent
        ]
        points = to_points(pairs, path=image.path, where=where, least=1 if is_open else 3)
        return Polyline(points, label) if is_open else Polygon(points, label)
    check_pixels(height, width, path=image.path, where=where)
    try:
        painted = unpack_brush(_bytes(value["rle"]), height * width)
    except UsageError as error:
        raise InputRefused(
            image.path, CORRUPT, f"{where}: {error}; export the labels again, or remove it"
        ) from error
    return MaskShape(Window(0, 0, height, width), runs_of(painted).astype(np.int32), label)


def _size(image: Collector, result: dict[str, Any], where: str) -> tuple[int, int]:
    height = to_size(result.get("original_height"))
    width = to_size(result.get("original_width"))
    if result.get("image_rotation") not in (None, 0):
        raise InputRefused(
            image.path,
            UNSUPPORTED,
            f"{where} was drawn on the image turned by {shown(result['image_rotation'])} degrees, "
            "expected 0; turn the image itself and label it as it is",
        )
    if not height or not width:
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} does not say how large its image is, expected original_width and "
            "original_height; export the labels again, or remove it",
        )
    known = (image.height or height, image.width or width)
    if known != (height, width):
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} was drawn on an image of {shown(width)} x {shown(height)} px, expected "
            f"{shown(known[1])} x {shown(known[0])}; export the labels again",
        )
    image.height, image.width = height, width
    return height, width


def _bytes(rle: Any) -> npt.NDArray[np.uint8]:
    values = whole_numbers(rle)
    if values is None:
        raise UsageError("the brush is no list of bytes")
    if int(values.min()) < 0 or int(values.max()) > 255:
        raise UsageError("the brush holds numbers that are no bytes")
    return values.astype(np.uint8)


def write_label_studio(images: Iterable[ImageLabels], out: TextIO) -> None:
    """Write polygons and brush masks, one task an image, each with one annotation.

    They are results of two controls, `brush` and `polygon`, on an image called `image`. Names of
    the results are numbers, so that the same labels give the same file.

    Args:
        images: with their sizes; polygons without holes, no lines.
        out: a text file.
    """
    out.write("[")
    for number, image in enumerate(images, start=1):
        results = [_result(image, shape, n) for n, shape in enumerate(image.shapes, start=1)]
        task = {
            "id": number,
            "data": {"image": image.image, "width": image.width, "height": image.height},
            "annotations": [{"result": results, "ground_truth": False, "was_cancelled": False}],
            "predictions": [],
        }
        out.write("\n" if number == 1 else ",\n")
        out.write(json.dumps(task, allow_nan=False))
    out.write("\n]\n")


def _result(image: ImageLabels, shape: Shape, number: int) -> dict[str, Any]:
    width, height = int(image.width or 0), int(image.height or 0)
    if isinstance(shape, MaskShape):
        whole = np.zeros((height, width), np.bool_)
        mask, window = shape.cut()
        whole[window.slices] = mask
        rle = pack_brush(runs_of(whole.ravel())).tolist()
        kind, value = "brushlabels", {"format": "rle", "rle": rle, "brushlabels": [shape.label]}
    elif isinstance(shape, Polygon):
        points = [[100 * x / width, 100 * y / height] for x, y in shape.points]
        kind = "polygonlabels"
        value = {"points": points, "closed": True, "polygonlabels": [shape.label]}
    else:
        raise TypeError("Label Studio holds no lines")
    return {
        "id": str(number),
        "type": kind,
        "from_name": kind.removesuffix("labels"),
        "to_name": _IMAGE,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": value,
    }
