"""GeoJSON (RFC 7946): longitude and latitude where there is a place, pixels where there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.files import write_text_atomic
from crackgauge.images import Georeference
from crackgauge.report.features import BranchFeature, PhotoFeature
from crackgauge.report.wgs84 import on_map, to_wgs84

# 1e-9 degrees are a tenth of a millimetre.
_DEGREE_DECIMALS, _PX_DECIMALS = 9, 2
_PIXELS = "px of the image: x to the right, y down, pixel corners at integers"


def write_branches_wgs84(
    path: str | Path, features: Sequence[BranchFeature], places: Mapping[str, Georeference]
) -> None:
    """Write the branches of images that have a place, one LineString each, in WGS 84; atomic.

    Args:
        path: ends in .geojson.
        features: of any images; those without a place are left out.
        places: by image.

    Raises:
        UsageError: coordinates that cannot be turned into WGS 84.
        StorageError: the file cannot be written.
    """
    drawn = []
    for image, group in groupby(features, key=lambda feature: str(feature.properties["image"])):
        if image not in places:
            continue
        members = list(group)
        sizes = np.cumsum([len(feature.line) for feature in members])[:-1]
        # All points of an image in one call: each sets up the projection anew.
        points = on_map(np.concatenate([feature.line for feature in members]), places[image])
        lines = np.split(to_wgs84(points, places[image].crs), sizes)
        drawn += [
            _line(line.round(_DEGREE_DECIMALS).tolist(), feature.properties)
            for line, feature in zip(lines, members, strict=True)
        ]
    _write(path, drawn, {})


def write_branches_px(path: str | Path, features: Sequence[BranchFeature]) -> None:
    """Write the branches of one image without a place, one LineString each, in pixels; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    drawn = [
        _line(feature.line[:, :2].round(_PX_DECIMALS).tolist(), feature.properties)
        for feature in features
    ]
    _write(path, drawn, {"coordinates_are": _PIXELS})


def write_photos(path: str | Path, photos: Sequence[PhotoFeature]) -> None:
    """Write where photos were taken, one Point each, in WGS 84; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    drawn = [
        _feature("Point", [photo.longitude_deg, photo.latitude_deg], photo.properties)
        for photo in photos
    ]
    _write(path, drawn, {})


def _line(coordinates: list[list[float]], properties: dict[str, Any]) -> dict[str, Any]:
    return _feature("LineString", coordinates, properties)


def _feature(kind: str, coordinates: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _write(path: str | Path, features: list[dict[str, Any]], more: dict[str, str]) -> None:
    # One feature a line: such files are compared and searched line by line.
    rows = ",\n".join(json.dumps(feature, allow_nan=False) for feature in features)
    head = json.dumps({"type": "FeatureCollection", **more})[:-1]
    write_text_atomic(path, f'{head}, "features": [\n{rows}\n]}}\n')
