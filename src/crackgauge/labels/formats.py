"""The label formats, and what each can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackgauge.labels.checking import Found
from crackgauge.labels.coco import is_coco, read_coco, write_coco
from crackgauge.labels.cvat import write_cvat
from crackgauge.labels.geojson import is_geojson, read_geojson, write_geojson
from crackgauge.labels.label_studio import (
    is_label_studio,
    read_label_studio,
    write_label_studio,
)
from crackgauge.labels.labelme import is_labelme, read_labelme, write_labelme


@dataclass(frozen=True)
class LabelFormat:
    """One format.

    Attributes:
        title: its name in a sentence.
        suffix: of its files.
        many: one file holds many images.
        masks, lines, widths, polygons, holes: whether it holds masks, lines, their widths, outlined
            areas, and the holes of these.
        recognise: of JSON, whether it looks like this format's; None where a file is no JSON.
        read: of JSON, the reader of what was recognised: (tree, path) -> Found.
        write: writes many images, or else one, into a text file; None where it is no text, or is
            not written.
        labels: whether a shape has a label.
        needs_label: whether it must have one.
        sized: whether the file says how large its image is.
    """

    title: str
    suffix: str
    many: bool
    masks: bool = True
    lines: bool = False
    widths: bool = False
    polygons: bool = True
    holes: bool = False
    recognise: Callable[[Any], bool] | None = None
    read: Callable[[Any, Path], Found] | None = None
    write: Callable[[Any, Any], None] | None = None
    labels: bool = True
    needs_label: bool = True
    sized: bool = True


FORMATS: dict[str, LabelFormat] = {
    "mask": LabelFormat(
        "masks", ".png", many=False, polygons=False, labels=False, needs_label=False
    ),
    "coco": LabelFormat(
        "COCO", ".json", many=True, recognise=is_coco, read=read_coco, write=write_coco
    ),
    "cvat": LabelFormat("CVAT for images 1.1", ".xml", many=True, lines=True, write=write_cvat),
    "label-studio": LabelFormat(
        "Label Studio",
        ".json",
        many=True,
        recognise=is_label_studio,
        read=read_label_studio,
        write=write_label_studio,
    ),
    "labelme": LabelFormat(
        "labelme",
        ".json",
        many=False,
        lines=True,
        recognise=is_labelme,
        read=read_labelme,
        write=write_labelme,
    ),
    "geojson": LabelFormat(
        "GeoJSON",
        ".geojson",
        many=False,
        masks=False,
        lines=True,
        widths=True,
        holes=True,
        needs_label=False,
        sized=False,
        recognise=is_geojson,
        read=read_geojson,
        write=write_geojson,
    ),
}
