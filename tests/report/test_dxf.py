from __future__ import annotations

import ezdxf
import pytest
from tests.report.surveys import PLACE, survey_of

from crackgauge.images import Georeference
from crackgauge.report.dxf import FRAME_LAYER, DrawingImage, write_dxf
from crackgauge.report.features import branch_features

RANKS = {"slight": 0, "severe / wide": 1}


def draw(tmp_path, mm_per_px: float | None, place: Georeference | None = None):
    survey = survey_of("a.jpg", mm_per_px=mm_per_px)
    features = branch_features(survey.images, survey.cracks, survey.branches)
    image = DrawingImage("a.jpg", 100, 120, mm_per_px, place)
    write_dxf(tmp_path / "a.dxf", image, features, RANKS)
    document = ezdxf.readfile(tmp_path / "a.dxf")
    auditor = document.audit()
    assert not auditor.errors
    assert not auditor.fixes
    lines = {line.dxf.layer: line for line in document.modelspace().query("LWPOLYLINE")}
    return document, lines


def test_a_layer_a_severity_in_millimetres_with_y_up(tmp_path):
    document, lines = draw(tmp_path, 0.5)
    assert document.dxfversion == "AC1024"  # R2010
    assert document.header["$INSUNITS"] == 4
    assert set(lines) == {"CRACKS-SLIGHT", "CRACKS-SEVERE-WIDE", FRAME_LAYER}
    level = list(lines["CRACKS-SLIGHT"].get_points("xyse"))
    # 10 ... 90 px along y = 22.5 of 100 px, 5 px wide, of half a millimetre.
    assert level[0] == pytest.approx((5, 38.75, 2.5, 2.5))
    assert level[-1][:2] == pytest.approx((45, 38.75))
    colours = {name: document.layers.get(name).dxf.color for name in lines}
    assert (colours["CRACKS-SLIGHT"], colours["CRACKS-SEVERE-WIDE"]) == (3, 2)
    frame = [tuple(point) for point in lines[FRAME_LAYER].get_points("xy")]
    assert sorted(frame) == [(0, 0), (0, 50), (60, 0), (60, 50)]
    data = [value for code, value in lines["CRACKS-SLIGHT"].get_xdata("CRACKGAUGE") if code == 1000]
    assert "crack_id=1" in data
    assert "severity=slight" in data


def test_pixels_without_a_scale(tmp_path):
    document, lines = draw(tmp_path, None)
    assert document.header["$INSUNITS"] == 0
    assert next(iter(lines["CRACKS-SLIGHT"].get_points("xyse"))) == pytest.approx((10, 77.5, 5, 5))


@pytest.mark.parametrize(("metres", "unit"), [(1.0, 6), (0.3048, 2), (1200 / 3937, 21)])
def test_the_units_of_the_map_where_there_is_one(tmp_path, metres, unit):
    place = Georeference("EPSG:25832", PLACE.transform, metres_per_unit=metres)
    document, lines = draw(tmp_path, 10, place)
    assert document.header["$INSUNITS"] == unit
    point = next(iter(lines["CRACKS-SLIGHT"].get_points("xyse")))
    assert point == pytest.approx((500000.10, 5399999.775, 0.05, 0.05))


def test_a_map_in_degrees_is_drawn_in_millimetres(tmp_path):
    place = Georeference("EPSG:4326", (1e-7, 0, 8, 0, -1e-7, 47), is_geographic=True)
    document, _ = draw(tmp_path, 10, place)
    assert document.header["$INSUNITS"] == 4


def test_equal_surveys_give_equal_bytes(tmp_path):
    draw(tmp_path, 0.5)
    first = (tmp_path / "a.dxf").read_bytes()
    draw(tmp_path, 0.5)
    assert (tmp_path / "a.dxf").read_bytes() == first
