from __future__ import annotations

import json

from tests.report.surveys import survey_of

from crackgauge.report.features import PHOTO_PROPERTIES, PROPERTIES, branch_features, photo_features


def test_branches_bear_what_their_cracks_are_graded_as():
    survey = survey_of("b.jpg", "a.jpg", mm_per_px=0.5)
    features = branch_features(survey.images, survey.cracks, survey.branches)
    rows = [feature.properties for feature in features]
    assert [(row["image"], row["crack_id"]) for row in rows] == [
        ("a.jpg", 1),
        ("a.jpg", 2),
        ("b.jpg", 1),
        ("b.jpg", 2),
    ]
    assert [row["severity"] for row in rows[:2]] == ["slight", "severe / wide"]
    assert (rows[0]["length_mm"], rows[0]["width_mean_mm"], rows[0]["mm_per_px"]) == (40, 2.5, 0.5)
    assert all(list(row) == list(PROPERTIES) for row in rows)
    json.dumps(rows, allow_nan=False)


def test_what_is_not_known_is_none():
    survey = survey_of("a.jpg")
    row = branch_features(survey.images, survey.cracks, survey.branches)[0].properties
    for name in ("length_mm", "mm_per_px", "confidence", "zone", "crack_type"):
        assert row[name] is None


def test_tables_without_grades_and_branches_without_a_line():
    survey = survey_of("a.jpg")
    cracks = survey.cracks.drop(columns=["severity", "standard", "zone"])
    branches = survey.branches.assign(line_px=[None, survey.branches["line_px"][1]])
    (feature,) = branch_features(survey.images, cracks, branches)
    assert feature.properties["crack_id"] == 2
    assert feature.properties["severity"] is None


def test_photos_with_coordinates_alone_are_points():
    survey = survey_of("a.jpg", "b.jpg")
    images = survey.images.assign(latitude_deg=[47.5, float("nan")], longitude_deg=[8.25, 8.0])
    (photo,) = photo_features(images)
    assert (photo.longitude_deg, photo.latitude_deg) == (8.25, 47.5)
    assert photo.properties["image"] == "a.jpg"
    assert photo.properties["crack_count"] == 2
    assert list(photo.properties) == list(PHOTO_PROPERTIES)
