from __future__ import annotations

import numpy as np
import pytest
from tests.report.surveys import PLACE, survey_of

from crackgauge.images import Georeference
from crackgauge.report.features import PHOTO_PROPERTIES, PhotoFeature, branch_features
from crackgauge.report.geopackage import write_geopackage

pyogrio = pytest.importorskip("pyogrio")


def features_of(*names: str):
    survey = survey_of(*names, mm_per_px=10)
    return branch_features(survey.images, survey.cracks, survey.branches)


def test_lines_lie_in_the_system_of_the_image(tmp_path):
    file = tmp_path / "survey.gpkg"
    write_geopackage(file, features_of("a.tif"), [], {"a.tif": PLACE})
    assert pyogrio.list_layers(file).tolist() == [["branches", "LineString"]]
    info = pyogrio.read_info(file, layer="branches")
    assert info["crs"] == "EPSG:25832"
    expected = (500000.10, 5399999.10, 500001.035, 5399999.775)
    assert info["total_bounds"] == pytest.approx(expected, abs=0.006)
    meta, _, _, values = pyogrio.raw.read(file, layer="branches")
    columns = dict(zip(meta["fields"], values, strict=True))
    assert columns["severity"].tolist() == ["slight", "severe / wide"]
    assert columns["length_mm"].tolist() == pytest.approx([800, 500])
    assert columns["crack_id"].tolist() == [1, 2]
    assert columns["zone"].tolist() == [None, None]
    assert np.isnan(columns["confidence"]).all()


def test_several_systems_pixels_and_photos_have_layers_of_their_own(tmp_path):
    file = tmp_path / "survey.gpkg"
    degrees = Georeference("EPSG:4326", (1e-7, 0, 8, 0, -1e-7, 47), is_geographic=True)
    photo = dict.fromkeys(PHOTO_PROPERTIES) | {"image": "d.jpg", "crack_count": 0}
    write_geopackage(
        file,
        features_of("a.tif", "b.tif", "c.png"),
        [PhotoFeature(8.25, 47.5, photo)],
        {"a.tif": PLACE, "b.tif": degrees},
    )
    layers = {name: pyogrio.read_info(file, layer=name) for name, _ in pyogrio.list_layers(file)}
    assert {name: info["features"] for name, info in layers.items()} == {
        "branches": 2,
        "branches_2": 2,
        "branches_px": 2,
        "photos": 1,
    }
    assert layers["branches"]["crs"] == "EPSG:25832"
    assert layers["branches_2"]["crs"] == "EPSG:4326"
    assert layers["branches_px"]["crs"] in (None, "") or "Undefined" in layers["branches_px"]["crs"]
    assert layers["branches_px"]["total_bounds"] == pytest.approx((10, 22.5, 103.5, 90))
    assert layers["photos"]["crs"] == "EPSG:4326"


def test_a_survey_without_cracks_is_an_empty_layer(tmp_path):
    write_geopackage(tmp_path / "survey.gpkg", [], [], {})
    assert pyogrio.read_info(tmp_path / "survey.gpkg", layer="branches")["features"] == 0


def test_equal_surveys_give_equal_bytes(tmp_path):
    for name in ("one.gpkg", "two.gpkg"):
        write_geopackage(tmp_path / name, features_of("a.tif"), [], {"a.tif": PLACE})
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()
