"""Labels between pixels and the coordinates of a map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.images import read_mask, write_image
from crackgauge.labels import (
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    draw_shapes,
    read_labels,
    write_labels,
)
from crackgauge.pipeline.conversion import convert

rasterio = pytest.importorskip("rasterio")

HEIGHT, WIDTH = 20, 30
NORTH_UP = (0.01, 0.0, 500000.0, 0.0, -0.01, 5400000.0)
# Pixels of 0.01 x 0.02 m: turned square ones would be their own transpose.
TURNED = (0.008, 0.012, 500000.0, 0.006, -0.016, 5400000.0)


def geotiff(path: Path, *, crs: str = "EPSG:25832", transform: Any = NORTH_UP) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = {"width": WIDTH, "height": HEIGHT, "count": 3, "dtype": "uint8"}
    options = {"driver": "GTiff", "crs": crs, "transform": rasterio.Affine(*transform), **size}
    with rasterio.open(path, "w", **options) as dataset:
        dataset.write(np.zeros((3, HEIGHT, WIDTH), np.uint8))
    return path.parent


def collection(path: Path, points: Any, crs: str | None = None) -> Path:
    geometry = {"type": "LineString", "coordinates": points}
    line = {"type": "Feature", "geometry": geometry, "properties": {"label": "crack"}}
    tree: dict[str, Any] = {"type": "FeatureCollection", "features": [line]}
    if crs is not None:
        tree["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(tree))
    return path


def test_the_system_of_the_photo_by_hand(tmp_path: Path):
    photos = geotiff(tmp_path / "photos" / "a.tif")
    ends = [[500000.05, 5399999.98], [500000.2, 5399999.9]]  # px (5, 2) and (20, 10)
    source = collection(tmp_path / "a.geojson", ends, "urn:ogc:def:crs:EPSG::25832")
    assert read_labels(source).images[0].crs == "EPSG:25832"
    done = convert(source, tmp_path / "out", to="labelme", photos=photos)
    (found,) = read_labels(tmp_path / "out" / "a.json").images
    assert done.report.exit_code == 0
    assert found.shapes == (Polyline(((5.0, 2.0), (20.0, 10.0)), "crack"),)


@pytest.mark.parametrize("transform", [NORTH_UP, TURNED])
def test_degrees_and_back(tmp_path: Path, transform: Any):
    photos = geotiff(tmp_path / "photos" / "a.tif", transform=transform)
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[4:9, 6:20] = True
    mask[6, 8:11] = False
    shapes = (
        Polyline(((1.25, 2.0), (29.0, 11.5)), "crack", width_px=2.0),
        Polygon(((1.0, 12.0), (9.0, 12.0), (9.0, 19.0)), "crack"),
        MaskShape.of(mask, label="crack"),
    )
    labels = ImageLabels("a.tif", WIDTH, HEIGHT, shapes)
    write_labels(tmp_path / "a.json", [ImageLabels("a.tif", WIDTH, HEIGHT, shapes[1:])], to="coco")
    done = convert(tmp_path / "a.json", tmp_path / "map", to="geojson", photos=photos, geo=True)
    assert done.report.losses == {"mask-to-polygons": 1}
    (found,) = read_labels(tmp_path / "map" / "a.geojson").images
    assert found.crs == "EPSG:4326"
    longitude, latitude = found.shapes[0].points[0]
    assert longitude == pytest.approx(9, abs=1e-5)  # the middle meridian of the zone
    assert 48 < latitude < 49
    # The file says what it holds, so the flag is not needed to come back.
    convert(tmp_path / "map", tmp_path / "back", to="mask", photos=photos)
    expected = draw_shapes(labels.shapes[1:], HEIGHT, WIDTH)
    assert np.array_equal(read_mask(tmp_path / "back" / "a.png").mask, expected)


def test_a_file_that_says_nothing_is_pixels_unless_told(tmp_path: Path):
    photos = geotiff(
        tmp_path / "photos" / "a.tif", crs="EPSG:4326", transform=(1e-7, 0, 9.0, 0, -1e-7, 48.0)
    )
    source = collection(tmp_path / "a.geojson", [[9.0000005, 47.9999998], [9.000002, 47.999999]])
    done = convert(source, tmp_path / "px", to="labelme", photos=photos)
    assert [each.reason for each in done.report.set_aside] == ["bad-encoding"]  # y = 48 of 20 px
    convert(source, tmp_path / "deg", to="labelme", photos=photos, geo=True)
    (placed,) = read_labels(tmp_path / "deg" / "a.json").images
    assert placed.shapes == (Polyline(((5.0, 2.0), (20.0, 10.0)), "crack"),)


def test_a_place_that_is_needed_and_not_known(tmp_path: Path):
    write_image(tmp_path / "photos" / "a.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    source = collection(tmp_path / "a.geojson", [[9, 48], [9, 49]], "EPSG:4326")
    done = convert(source, tmp_path / "out", to="coco", photos=tmp_path / "photos")
    assert "no GeoTIFF that says where it lies" in done.report.set_aside[0].sentence
    done = convert(source, tmp_path / "none", to="coco")
    assert [each.reason for each in done.report.set_aside] == ["missing"]
    with pytest.raises(UsageError, match="need the photos"):
        convert(source, tmp_path / "no", to="coco", geo=True)


@pytest.mark.parametrize("far", [[9.0, 91.0], [-170.0, -80.0]])
def test_labels_far_from_the_photo_are_set_aside(tmp_path: Path, far: Any):
    photos = geotiff(tmp_path / "photos" / "a.tif", transform=(1e-4, 0, 5e5, 0, -1e-4, 5.4e6))
    source = collection(tmp_path / "a.geojson", [far, far], "EPSG:4326")
    done = convert(source, tmp_path / "out", to="coco", photos=photos)
    assert [each.reason for each in done.report.set_aside] == ["corrupt"]


def test_a_system_that_nobody_knows_is_said(tmp_path: Path):
    photos = geotiff(tmp_path / "photos" / "a.tif")
    source = collection(tmp_path / "a.geojson", [[1, 1], [2, 2]], "EPSG:99999")
    done = convert(source, tmp_path / "out", to="coco", photos=photos)
    assert "EPSG:99999" in done.report.set_aside[0].sentence
