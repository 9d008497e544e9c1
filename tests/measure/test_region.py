from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.measure import Region, Survey, Zone, join, measure, read_region
from crackgauge.measure.region import bands, parse_region


def box(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def feature(rings: list, **properties) -> dict:
    geometry = {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


def region_of(*features: dict, tmp_path) -> Region:
    path = tmp_path / "region.geojson"
    path.write_text(json.dumps(collection(*features)), encoding="utf-8")
    return read_region(path)


def test_a_zone_with_a_hole_by_eye(tmp_path):
    region = region_of(feature([box(1, 1, 6, 5), box(3, 2, 5, 4)], name="lane"), tmp_path=tmp_path)
    drawn = region.zones[0].drawn(Window(0, 0, 6, 7))
    assert ["".join(".#"[value] for value in row) for row in drawn.astype(int)] == [
        ".......",
        ".#####.",
        ".##..#.",
        ".##..#.",
        ".#####.",
        ".......",
    ]


def test_drawing_and_asking_agree_on_any_polygon():
    generator = np.random.default_rng(0)
    ring = tuple((float(x), float(y)) for x, y in generator.uniform(-5, 35, (9, 2)))
    zone = Zone("", (ring,))
    rows, cols = np.mgrid[:30, :30]
    asked = zone.contains(cols.ravel() + 0.5, rows.ravel() + 0.5).reshape(30, 30)
    np.testing.assert_array_equal(zone.drawn(Window(0, 0, 30, 30)), asked)
    np.testing.assert_array_equal(zone.drawn(Window(7, 4, 9, 11)), asked[7:16, 4:15])


def test_included_and_excluded_areas():
    region = parse_region(
        collection(
            feature([box(0, 0, 8, 8)], role="include"), feature([box(2, 2, 4, 8)], role="exclude")
        ),
        file=None,
    )
    allowed = region.allowed(Window(0, 0, 10, 10))
    assert allowed.sum() == 64 - 12
    assert region.limits
    assert Region().allowed(Window(0, 0, 3, 3)).all()


def test_cracks_are_looked_for_where_it_is_allowed():
    mask = np.zeros((60, 200), dtype=bool)
    mask[20:24, 10:190] = True
    region = Region(include=(Zone("", (tuple((x, y) for x, y in box(0, 0, 100, 60)),)),))
    survey = measure(mask, mm_per_px=10, region=region)
    assert survey.cracks["length_px"].tolist() == pytest.approx([90])
    image = survey.images.iloc[0]
    assert image["crack_area_ratio"] == pytest.approx(360 / 6000)
    assert image["image_area_m2"] == pytest.approx(0.6)
    assert image["crack_density_m_per_m2"] == pytest.approx(0.9 / 0.6)


def test_each_zone_has_what_lies_in_it():
    """A bar of 180 x 4 px: 90 px of it in the left zone, 40 in the right one."""
    mask = np.zeros((60, 200), dtype=bool)
    mask[20:24, 10:190] = True
    zones = tuple(
        Zone(name, (tuple((x, y) for x, y in box(*sides)),), 0.0)
        for name, sides in (("left", (0, 0, 100, 60)), ("right", (120, 0, 160, 60)))
    )
    survey = measure(mask, mm_per_px=10, region=Region(zones=zones))
    left, right = survey.zones.to_dict("records")
    assert (left["zone"], left["crack_count"], left["zone_area_px2"]) == ("left", 1, 6000)
    assert left["crack_length_px"] == pytest.approx(90, abs=1)
    assert right["crack_length_px"] == pytest.approx(40, abs=1)
    assert left["crack_area_px2"] == pytest.approx(360, abs=4)
    assert left["crack_area_ratio"] == pytest.approx(0.06, abs=0.001)
    assert left["width_mean_px"] == left["width_max_px"] == pytest.approx(4)
    assert left["zone_area_m2"] == pytest.approx(0.6)
    assert left["crack_length_mm"] == pytest.approx(900, abs=10)
    assert left["crack_density_m_per_m2"] == pytest.approx(1.5, abs=0.02)
    assert left["rose_000_px"] == pytest.approx(left["crack_length_px"])
    assert survey.cracks["zone"].tolist() == ["left"]
    assert survey.cracks["crack_type"].tolist() == ["longitudinal"]


def test_the_direction_of_a_lane_is_its_longer_side():
    lane, square = (
        parse_region(collection(feature([box(*sides)])), file=None).zones[0]
        for sides in ((10, 0, 30, 200), (0, 0, 20, 21))
    )
    assert lane.direction_deg == pytest.approx(90)
    assert math.isnan(square.direction_deg)
    given = parse_region(collection(feature([box(0, 0, 9, 9)], direction_deg=-30)), file=None)
    assert given.zones[0].direction_deg == 150


def test_a_zone_of_one_image():
    region = parse_region(
        collection(
            feature([box(0, 0, 9, 9)], image="b.jpg"), feature([box(0, 0, 9, 9)], name="all")
        ),
        file=None,
    )
    assert [zone.name for zone in region.of_image("day1/b.jpg").zones] == ["zone 1", "all"]
    assert [zone.name for zone in region.of_image("a.jpg").zones] == ["all"]


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ([], "no GeoJSON object"),
        ({"type": "FeatureCollection", "features": []}, "no features"),
        ({**collection(feature([box(0, 0, 9, 9)])), "crs": {"type": "name"}}, "crs"),
        (collection(feature([[[0, 0], [1, 1]]])), "fewer than three"),
        (collection(feature([[[0, 0], [1, 1], [1, "x"]]])), "not two numbers"),
        (collection(feature([[[0, 0], [1, 1], [1, float("nan")]]])), "not finite"),
        (collection(feature([box(0, 0, 9, 9)], role="lane")), "expected zone, include, exclude"),
        (collection(feature([box(0, 0, 9, 9)], direction_deg="up")), "expected a number"),
        (collection(*[feature([box(0, 0, 9, 9)], name="a")] * 2), "two zones"),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}, "Point"),
    ],
)
def test_what_is_no_region_is_refused(tree, words):
    with pytest.raises(UsageError, match=words):
        parse_region(tree, file=None)


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "a.geojson").write_text("{", encoding="utf-8")
    for path in (tmp_path / "a.geojson", tmp_path / "missing.geojson"):
        with pytest.raises(UsageError, match="cannot be read as GeoJSON"):
            read_region(path)


def test_bands_cover_every_row_once():
    rows = [(band.row, band.height) for band in bands(2_000_001, 10)]
    assert sum(height for _, height in rows) == 2_000_001
    assert [row for row, _ in rows][:2] == [0, 400_000]


def test_zones_go_through_json_and_are_joined():
    ring = tuple((x, y) for x, y in box(0, 0, 100, 60))
    mask = np.zeros((60, 200), dtype=bool)
    mask[20:24, 10:190] = True
    surveys = [
        measure(mask, image=name, region=Region(zones=(Zone("lane", (ring,)),))) for name in "ba"
    ]
    joined = join(surveys)
    assert joined.zones["image"].tolist() == ["a", "b"]
    again = Survey.from_json(json.loads(json.dumps(joined.to_json(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.zones, joined.zones, check_exact=True)
