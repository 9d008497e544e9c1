"""GeoJSON in pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused, UsageError
from crackgauge.labels import ImageLabels, Polygon, Polyline, read_labels, write_labels


def read(folder: Path, tree: Any) -> ImageLabels:
    path = folder / "a.geojson"
    path.write_text(json.dumps(tree))
    (found,) = read_labels(path).images
    return found


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties or None}


def test_lines_outlines_and_points_in_the_order_of_the_file(tmp_path: Path):
    square = [[0, 0], [4, 0], [4, 4], [0, 0]]
    tree = {
        "type": "FeatureCollection",
        "image": "a.png",
        "width": 30,
        "height": 20,
        "features": [
            feature("LineString", [[1, 2, 0.5], [3, 4, 0.5]], label="crack"),
            feature("MultiLineString", [[[5, 5], [6, 6]], [[7, 7]]], **{"class": "joint"}),
            feature("Polygon", [square], name="area"),
            feature("Point", [1, 1], label="nail"),
            {"type": "Feature", "geometry": None, "properties": {}},
        ],
    }
    assert read(tmp_path, tree) == ImageLabels(
        "a.png",
        30,
        20,
        (
            Polyline(((1.0, 2.0), (3.0, 4.0)), "crack"),
            Polyline(((5.0, 5.0), (6.0, 6.0)), "joint"),
            Polyline(((7.0, 7.0),), "joint"),
            Polygon(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), "area"),
        ),
        (("Point", "nail"),),
    )


def test_a_bare_geometry_and_a_collection_of_them_are_read(tmp_path: Path):
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    assert read(tmp_path, line).lines == (Polyline(((1.0, 2.0), (3.0, 4.0))),)
    collection = {"type": "GeometryCollection", "geometries": [line, line]}
    assert len(read(tmp_path, collection).lines) == 2


def test_a_ring_that_is_a_line_stays_a_line(tmp_path: Path):
    ring = feature("LineString", [[0, 0], [4, 0], [4, 4], [0, 0]])
    (line,) = read(tmp_path, ring).lines
    assert len(line.points) == 4


@pytest.mark.parametrize(
    ("tree", "reason", "words"),
    [
        ({"type": "FeatureCollection", "features": {}}, CORRUPT, "`features`"),
        ({"type": "FeatureCollection", "features": [7]}, CORRUPT, "type 'None'"),
        ({"type": "FeatureCollection", "crs": {}, "features": []}, UNSUPPORTED, "crs"),
        ({"type": "Feature", "crs": {"properties": {"name": "my town"}}}, UNSUPPORTED, "my town"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, tree: Any, reason: str, words: str):
    with pytest.raises(InputRefused) as caught:
        read(tmp_path, tree)
    assert caught.value.reason == reason
    assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (feature("LineString", [1, 2]), "geometry 1 (LineString)"),
        (feature("LineString", []), "0 points"),
        (feature("LineString", {}), "`coordinates` is no list"),
        (feature("Polygon", [[[0, 0], [1, 1]]]), "expected 3 or more"),
        (feature("Polygon", [[[0, 0]] * 3, [[1, 1]] * 2]), "expected 3 or more"),
        (feature("MultiPolygon", [3]), "no outline"),
    ],
)
def test_a_damaged_shape_is_set_aside(tmp_path: Path, shape: Any, words: str):
    good = feature("LineString", [[1, 1], [2, 2]])
    found = read(tmp_path, {"type": "FeatureCollection", "features": [shape, good]})
    (problem,) = found.problems
    assert problem.reason == CORRUPT
    assert words in problem.sentence
    assert len(found.shapes) == 1


def test_holes_and_widths(tmp_path: Path):
    outer, hole = [[0, 0], [9, 0], [9, 9], [0, 0]], [[3, 1], [5, 1], [5, 2]]
    tree = {
        "type": "FeatureCollection",
        "features": [
            feature("Polygon", [outer, hole]),
            feature("LineString", [[1, 1], [2, 2]], width_px=2.5),
            feature("LineString", [[1, 1], [2, 2]], width_px="wide"),
        ],
    }
    polygon, line, other = read(tmp_path, tree).shapes
    assert polygon == Polygon(
        ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), holes=(((3.0, 1.0), (5.0, 1.0), (5.0, 2.0)),)
    )
    assert line == Polyline(((1.0, 1.0), (2.0, 2.0)), width_px=2.5)
    assert other == Polyline(((1.0, 1.0), (2.0, 2.0)))


def test_collections_in_collections_are_no_trouble(tmp_path: Path):
    tree: dict[str, Any] = {"type": "LineString", "coordinates": [[1, 1]]}
    for _ in range(200):
        tree = {"type": "GeometryCollection", "geometries": [tree]}
    assert len(read(tmp_path, tree).lines) == 1


def test_rings_are_closed_as_rfc_7946_asks(tmp_path: Path):
    hole = ((3.0, 1.0), (5.0, 1.0), (5.0, 2.0))
    polygon = Polygon(((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), "crack", (hole,))
    path = tmp_path / "a.geojson"
    write_labels(path, [ImageLabels("a.png", 10, 10, (polygon,))], to="geojson")
    (written,) = json.loads(path.read_text())["features"]
    assert written["geometry"]["coordinates"] == [
        [[0, 0], [9, 0], [9, 9], [0, 0]],
        [[3, 1], [5, 1], [5, 2], [3, 1]],
    ]


def test_what_is_written_is_read_again(tmp_path: Path):
    outer = ((0.0, 0.0), (9.5, 0.0), (9.5, 9.25))
    hole = ((3.0, 1.0), (5.0, 1.0), (5.0, 2.0))
    shapes = (
        Polygon(outer, "crack", holes=(hole, hole)),
        Polyline(((0.1, 1 / 3), (7.0, 3.5)), "joint", width_px=2.5),
        Polyline(((0.1, 1 / 3), (7.0, 3.5))),
    )
    image = ImageLabels("photos/a.jpg", 30, 20, shapes)
    path = tmp_path / "a.geojson"
    assert write_labels(path, [image], to="geojson") == {}
    assert read_labels(path).images == (image,)
    unknown = ImageLabels("", None, None, shapes)
    assert write_labels(path, [unknown], to="geojson") == {}
    assert read_labels(path).images == (unknown,)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::25832", "EPSG:25832"),
        ("urn:ogc:def:crs:EPSG:9.9.1:25832", "EPSG:25832"),
        ("EPSG:102100", "EPSG:102100"),
    ],
)
def test_the_coordinate_system_is_named(tmp_path: Path, name: str, code: str):
    crs = {"type": "name", "properties": {"name": name}}
    image = read(tmp_path, {"type": "FeatureCollection", "crs": crs, "features": []})
    assert image.crs == code


def test_degrees_are_written_as_such_and_other_systems_are_not(tmp_path: Path):
    line = Polyline(((9.0, 48.5), (9.1, 48.25)), "crack")
    image = ImageLabels("a.tif", 30, 20, (line,), crs="EPSG:4326")
    write_labels(tmp_path / "a.geojson", [image], to="geojson")
    assert read_labels(tmp_path / "a.geojson").images == (image,)
    with pytest.raises(UsageError, match="coordinates are in EPSG:4326, expected pixels"):
        write_labels(tmp_path / "a.xml", [image], to="cvat")
    other = ImageLabels("a.tif", 30, 20, (line,), crs="EPSG:25832")
    with pytest.raises(UsageError, match="expected pixels"):
        write_labels(tmp_path / "b.geojson", [other], to="geojson")
