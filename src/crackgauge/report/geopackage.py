"""GeoPackage: the branches in the reference system of their images, and where photos were taken."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.files import atomic_path
from crackgauge.images import Georeference
from crackgauge.measure.columns import Kind
from crackgauge.report.features import (
    PHOTO_PROPERTIES,
    PROPERTIES,
    BranchFeature,
    PhotoFeature,
)
from crackgauge.report.wgs84 import on_map
from crackgauge.report.wording import report_moment

_POINT, _LINE_STRING = 1, 2
_DTYPES: dict[str, Any] = {"int": np.int64, "float": np.float64, "str": object}


def write_geopackage(
    path: str | Path,
    features: Sequence[BranchFeature],
    photos: Sequence[PhotoFeature],
    places: Mapping[str, Georeference],
) -> None:
    """Write layers of lines and points; atomic.

    Layers: `branches`, in the system of the images (`branches_2`, ... where they have several, in
    the order of the images' names); `branches_px`, of images without a place, in px with y down;
    `photos`, points in WGS 84. A layer without features is left out; with no feature at all there
    is an empty `branches`.

    Args:
        path: ends in .gpkg.
        features: sorted by image.
        photos: with a place from EXIF.
        places: by image.

    Raises:
        UsageError: pyogrio is not there.
        StorageError: the file cannot be written.
    """
    try:
        import pyogrio
    except ImportError as error:
        raise UsageError(
            "a GeoPackage is written by pyogrio, which is not there; pip install 'crackgauge[geo]'"
        ) from error
    with atomic_path(path) as temporary, _fixed_date(pyogrio):
        for layer, crs, members in _line_layers(features, places):
            shapes = [_line_string(line) for line, _ in members]
            rows = [properties for _, properties in members]
            _write_layer(temporary, layer, crs, "LineString", shapes, rows, PROPERTIES)
        if photos:
            points = [_point(photo.longitude_deg, photo.latitude_deg) for photo in photos]
            rows = [photo.properties for photo in photos]
            _write_layer(temporary, "photos", "EPSG:4326", "Point", points, rows, PHOTO_PROPERTIES)


def _line_layers(
    features: Sequence[BranchFeature], places: Mapping[str, Georeference]
) -> Iterator[tuple[str, str | None, list[tuple[npt.NDArray[np.float64], dict[str, Any]]]]]:
    """Give (layer, reference system, its lines with their properties)."""
    by_crs: dict[str | None, list[tuple[npt.NDArray[np.float64], dict[str, Any]]]] = {}
    for line, properties in features:
        place = places.get(properties["image"])
        crs = place.crs if place else None
        points = on_map(line, place) if place else line[:, :2]
        by_crs.setdefault(crs, []).append((points, properties))
    without = by_crs.pop(None, [])
    for number, (crs, members) in enumerate(by_crs.items(), start=1):
        yield "branches" if number == 1 else f"branches_{number}", crs, members
    if without:
        yield "branches_px", None, without
    if not features:
        yield "branches", next((place.crs for place in places.values()), None), []


def _write_layer(
    path: Path,
    layer: str,
    crs: str | None,
    geometry_type: str,
    shapes: list[bytes],
    rows: list[dict[str, Any]],
    columns: Mapping[str, Kind],
) -> None:
    from pyogrio import raw

    values, missing = [], []
    for name, kind in columns.items():
        column = [row[name] for row in rows]
        empty = np.array([value is None for value in column], dtype=np.bool_)
        blank: Any = "" if kind == "str" else 0
        filled = [blank if value is None else value for value in column]
        values.append(np.array(filled, dtype=_DTYPES[kind]))
        missing.append(empty)
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    with warnings.catch_warnings():
        # Pixels have no reference system, and that is meant.
        warnings.filterwarnings("ignore", message=".*crs.* was not provided")
        raw.write(
            str(path),
            geometry,
            values,
            list(columns),
            field_mask=missing,
            layer=layer,
            driver="GPKG",
            geometry_type=geometry_type,
            crs=crs or None,
        )


def _line_string(points: npt.NDArray[np.float64]) -> bytes:
    """Return well-known binary, little endian (OGC 06-103r4, 8.2)."""
    return struct.pack("<BII", 1, _LINE_STRING, len(points)) + points.astype("<f8").tobytes()


def _point(x: float, y: float) -> bytes:
    return struct.pack("<BIdd", 1, _POINT, x, y)


@contextmanager
def _fixed_date(pyogrio: Any) -> Iterator[None]:
    """Let GDAL write a date that does not change from one run to the next."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: f"{report_moment():%Y-%m-%dT%H:%M:%S.000Z}"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})
