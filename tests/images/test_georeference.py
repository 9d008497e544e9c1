from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from crackgauge.images import Georeference, read_georeference

rasterio = pytest.importorskip("rasterio")


def write_with_gdal(path: Path, crs: str, transform: tuple[float, ...], **options: str) -> None:
    """Written by GDAL itself, so that its own tags are read."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=30,
        height=20,
        count=3,
        dtype="uint8",
        crs=crs,
        transform=rasterio.Affine(*transform),
        **options,
    ) as dataset:
        dataset.write(np.zeros((3, 20, 30), np.uint8))


NORTH_UP = (0.01, 0.0, 500000.0, 0.0, -0.01, 5400000.0)
TURNED = (0.008, 0.006, 500000.0, 0.006, -0.008, 5400000.0)


@pytest.mark.parametrize("transform", [NORTH_UP, TURNED])
def test_a_projected_image(tmp_path: Path, transform):
    write_with_gdal(tmp_path / "a.tif", "EPSG:25832", transform)
    found = read_georeference(tmp_path / "a.tif")
    assert found is not None
    assert (found.crs, found.is_geographic, found.metres_per_unit) == ("EPSG:25832", False, 1.0)
    assert found.transform == pytest.approx(transform)


def test_degrees_and_feet(tmp_path: Path):
    write_with_gdal(tmp_path / "a.tif", "EPSG:4326", (1e-7, 0, 8.25, 0, -1e-7, 47.5))
    found = read_georeference(tmp_path / "a.tif")
    assert found is not None
    assert (found.crs, found.is_geographic, found.metres_per_unit) == ("EPSG:4326", True, None)
    write_with_gdal(tmp_path / "b.tif", "EPSG:2263", NORTH_UP)
    found = read_georeference(tmp_path / "b.tif")
    assert found is not None
    assert found.metres_per_unit == pytest.approx(0.3048006096)


def test_a_system_without_a_code_is_worded(tmp_path: Path):
    own = "+proj=tmerc +lat_0=10 +lon_0=20 +k=1 +x_0=5 +y_0=6 +ellps=GRS80 +units=m"
    write_with_gdal(tmp_path / "a.tif", own, NORTH_UP)
    found = read_georeference(tmp_path / "a.tif")
    assert found is not None
    assert "Transverse_Mercator" in found.crs
    assert found.metres_per_unit == 1.0


def test_pixel_is_point_is_moved_by_half_a_pixel(tmp_path: Path):
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 2, 3072, 0, 1, 25832)
    extratags = [
        (33550, "d", 3, (2.0, 2.0, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, 100.0, 200.0, 0.0), True),
        (34735, "H", len(keys), keys, True),
    ]
    image = np.zeros((20, 30, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", extratags=extratags)
    found = read_georeference(tmp_path / "a.tif")
    assert found == Georeference(
        "EPSG:25832", (2.0, 0.0, 99.0, 0.0, -2.0, 201.0), metres_per_unit=1.0
    )
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert tuple(dataset.transform)[:6] == found.transform


def test_other_images_have_no_place(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 30), np.uint8))
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((20, 30), np.uint8))
    odd = [(33550, "d", 1, (2.0,), True), (34735, "H", 3, (1, 1, 0), True)]
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((20, 30), np.uint8), extratags=odd)
    for name in ("a.png", "b.tif", "c.tif"):
        assert read_georeference(tmp_path / name) is None
