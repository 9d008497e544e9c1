from __future__ import annotations

import numpy as np
import pytest
from tests.report.surveys import PLACE, two_bars

from crackgauge.errors import UsageError
from crackgauge.images import Georeference, read_georeference
from crackgauge.report.geotiff import write_geotiff_mask

rasterio = pytest.importorskip("rasterio")


def test_gdal_reads_the_mask_in_its_place(tmp_path):
    mask = two_bars()
    write_geotiff_mask(
        tmp_path / "a.tif", lambda window: mask[window.slices], height=100, width=120, place=PLACE
    )
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert dataset.crs.to_epsg() == 25832
        assert tuple(dataset.transform)[:6] == PLACE.transform
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (dataset.read(1) == mask * 255).all()
    assert read_georeference(tmp_path / "a.tif") == PLACE
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_a_mask_of_several_bands_has_overviews(tmp_path):
    rng = np.random.default_rng(1)
    mask = rng.random((4200, 700)) < 0.2
    write_geotiff_mask(
        tmp_path / "a.tif", lambda window: mask[window.slices], height=4200, width=700, place=PLACE
    )
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert dataset.overviews(1)
        assert ((dataset.read(1) > 0) == mask).all()


def test_a_system_that_gdal_does_not_know(tmp_path):
    place = Georeference("EPSG:1", PLACE.transform)
    with pytest.raises(UsageError, match="GDAL"):
        write_geotiff_mask(
            tmp_path / "a.tif", lambda _: two_bars(), height=100, width=120, place=place
        )
    assert list(tmp_path.iterdir()) == []
