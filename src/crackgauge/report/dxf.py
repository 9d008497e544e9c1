"""DXF (R2010): the branches of one image as polylines, one layer a severity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.files import atomic_path
from crackgauge.images import Georeference
from crackgauge.report.features import BranchFeature
from crackgauge.report.wgs84 import on_map

_Floats = npt.NDArray[np.float64]

FRAME_LAYER = "IMAGE-FRAME"
_NOT_GRADED = "NOT-GRADED"
_APPLICATION = "CRACKGAUGE"
# $INSUNITS of the DXF reference: how CAD programs scale a drawing that is put into another.
_UNITLESS, _FEET, _MILLIMETRES, _METRES, _SURVEY_FEET = 0, 2, 4, 6, 21
_UNIT_OF_METRES = {1.0: _METRES, 0.3048: _FEET, round(1200 / 3937, 9): _SURVEY_FEET}
# AutoCAD's colours from mild to severe: green, yellow, orange, red, magenta.
_COLOURS = (3, 2, 30, 1, 6)
_PLAIN_COLOUR, _GREY = 7, 8
_FORBIDDEN = re.compile(r'[<>/\\":;?*|=`,\x00-\x1f]+')


class DrawingImage(NamedTuple):
    """The image that a drawing is of.

    Args:
        name: as in the tables.
        height_px: rows.
        width_px: columns.
        mm_per_px: None where it has no scale.
        place: None where it has none.
    """

    name: str
    height_px: int
    width_px: int
    mm_per_px: float | None
    place: Georeference | None = None


def write_dxf(
    path: str | Path, image: DrawingImage, features: Sequence[BranchFeature], ranks: dict[str, int]
) -> None:
    """Write one drawing; atomic.

    Coordinates are those of the map where the image has a place in a projected system, with y up;
    otherwise millimetres on the surface from the lower left corner of the image, or without a
    scale pixels from there, and $INSUNITS says which. Each polyline has the measured width along
    it, and its properties as extended data of the application CRACKGAUGE.

    Args:
        path: ends in .dxf.
        image: what the features are of.
        features: of this image.
        ranks: severity -> rank from 0, the mildest; layers are coloured by it.

    Raises:
        StorageError: the file cannot be written.
    """
    import ezdxf
    from ezdxf.filemanagement import new

    with _fixed_meta_data(ezdxf):
        document = new("R2010", setup=False)
        unit, scale = _unit(image)
        document.header["$INSUNITS"] = unit
        document.header["$MEASUREMENT"] = 1
        document.appids.add(_APPLICATION)
        space = document.modelspace()
        document.layers.add(FRAME_LAYER, color=_GREY)
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
        frame = _place(corners * (image.width_px, image.height_px), image, scale)
        space.add_lwpolyline(frame.tolist(), close=True, dxfattribs={"layer": FRAME_LAYER})
        for feature in features:
            severity = feature.properties["severity"] or ""
            layer = layer_name(severity)
            if layer not in document.layers:
                document.layers.add(layer, color=_colour(severity, ranks))
            points = _place(feature.line, image, scale)
            widths = feature.line[:, 2:3] * scale
            ends = np.concatenate([widths[1:], widths[-1:]])
            vertices = np.concatenate([points, widths, ends], axis=1).tolist()
            polyline = space.add_lwpolyline(vertices, format="xyse", dxfattribs={"layer": layer})
            polyline.set_xdata(_APPLICATION, _extended(feature.properties))
        with atomic_path(path) as temporary:
            document.saveas(temporary)


def layer_name(severity: str) -> str:
    """Return the layer of a severity; what DXF does not allow in a name becomes a dash.

    >>> layer_name("slight"), layer_name(""), layer_name("1: very slight")
    ('CRACKS-SLIGHT', 'CRACKS-NOT-GRADED', 'CRACKS-1-VERY-SLIGHT')
    """
    name = re.sub(r"[\s-]+", "-", _FORBIDDEN.sub("-", severity)).strip("-").upper()
    return f"CRACKS-{name or _NOT_GRADED}"


def _colour(severity: str, ranks: dict[str, int]) -> int:
    rank = ranks.get(severity, -1)
    return _COLOURS[min(rank, len(_COLOURS) - 1)] if rank >= 0 else _PLAIN_COLOUR


def _unit(image: DrawingImage) -> tuple[int, float]:
    """Return $INSUNITS and how many units a pixel is."""
    place = image.place
    if place is not None and place.metres_per_unit is not None:
        a, b, _, d, e, _ = place.transform
        unit = _UNIT_OF_METRES.get(round(place.metres_per_unit, 9), _UNITLESS)
        return unit, abs(a * e - b * d) ** 0.5
    if image.mm_per_px is not None:
        return _MILLIMETRES, image.mm_per_px
    return _UNITLESS, 1.0


def _place(line: _Floats, image: DrawingImage, scale: float) -> _Floats:
    place = image.place
    if place is not None and place.metres_per_unit is not None:
        return on_map(line, place)
    return np.stack([line[:, 0] * scale, (image.height_px - line[:, 1]) * scale], axis=1)


def _extended(properties: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the properties as strings NAME=VALUE; one has at most 255 bytes."""
    return [
        (1000, f"{name}={value}"[:200]) for name, value in properties.items() if value is not None
    ]


@contextmanager
def _fixed_meta_data(ezdxf: Any) -> Iterator[None]:
    """Write neither the time nor random numbers, so that equal surveys give equal files."""
    before = ezdxf.options.write_fixed_meta_data_for_testing
    ezdxf.options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        ezdxf.options.write_fixed_meta_data_for_testing = before
