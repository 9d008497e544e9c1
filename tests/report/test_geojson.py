from __future__ import annotations

import json

import numpy as np
import pytest
from tests.report.surveys import PLACE, survey_of

from crackgauge.errors import UsageError
from crackgauge.images import Georeference
from crackgauge.report import wgs84
from crackgauge.report.features import PhotoFeature, branch_features
from crackgauge.report.geojson import write_branches_px, write_branches_wgs84, write_photos

pyogrio = pytest.importorskip("pyogrio")


def features_of(*names: str):
    survey = survey_of(*names, mm_per_px=10)
    return branch_features(survey.images, survey.cracks, survey.branches)


def test_pixels_where_there_is_no_place(tmp_path):
    write_branches_px(tmp_path / "a.geojson", features_of("a.jpg"))
    tree = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert tree["type"] == "FeatureCollection"
    assert "y down" in tree["coordinates_are"]
    level, upright = (feature["geometry"]["coordinates"] for feature in tree["features"])
    assert (level[0], level[-1]) == ([10, 22.5], [90, 22.5])
    assert {x for x, _ in upright} == {103.5}
    assert tree["features"][1]["properties"]["severity"] == "severe / wide"


def test_gdal_reads_the_lines_in_their_place(tmp_path):
    """Longitude 9 is the middle of UTM 32: x = 500,000 m lies on it, and scale is 0.9996."""
    features = features_of("a.tif", "b.jpg")
    write_branches_wgs84(tmp_path / "all.geojson", features, {"a.tif": PLACE})
    info = pyogrio.read_info(tmp_path / "all.geojson")
    assert info["crs"] == "EPSG:4326"
    assert (info["features"], info["geometry_type"]) == (2, "LineString")
    west, south, east, north = info["total_bounds"]
    # 10 px to 107 px of 1 cm east of the meridian, at 48.75 degrees north.
    metres_a_degree = 111_320 * np.cos(np.deg2rad(48.75))
    assert (west - 9) * metres_a_degree == pytest.approx(0.10, abs=0.002)
    assert (east - 9) * metres_a_degree == pytest.approx(1.035, abs=0.005)
    assert (north - south) * 111_200 == pytest.approx(0.675, abs=0.005)
    assert 48 < south < north < 49


def test_degrees_need_no_projection(tmp_path, monkeypatch):
    monkeypatch.setattr(wgs84.importlib.util, "find_spec", lambda _: None)
    place = Georeference("EPSG:4326", (1e-6, 0, 8.0, 0, -1e-6, 47.0), is_geographic=True)
    write_branches_wgs84(tmp_path / "a.geojson", features_of("a.tif"), {"a.tif": place})
    tree = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert tree["features"][0]["geometry"]["coordinates"][0] == [8.00001, 46.9999775]
    with pytest.raises(UsageError, match=r"crackgauge\[geo\]"):
        write_branches_wgs84(tmp_path / "b.geojson", features_of("a.tif"), {"a.tif": PLACE})


def test_a_system_that_nobody_knows_is_refused(tmp_path):
    place = Georeference("", PLACE.transform)
    with pytest.raises(UsageError, match="gdal_edit"):
        write_branches_wgs84(tmp_path / "a.geojson", features_of("a.tif"), {"a.tif": place})


def test_photos_are_points(tmp_path):
    photos = [PhotoFeature(8.25, 47.5, {"image": "a.jpg", "crack_count": 2})]
    write_photos(tmp_path / "photos.geojson", photos)
    info = pyogrio.read_info(tmp_path / "photos.geojson")
    assert (info["crs"], info["geometry_type"]) == ("EPSG:4326", "Point")
    assert info["total_bounds"] == (8.25, 47.5, 8.25, 47.5)


def test_no_feature_is_an_empty_collection(tmp_path):
    write_branches_px(tmp_path / "a.geojson", [])
    assert json.loads((tmp_path / "a.geojson").read_text("utf-8"))["features"] == []
