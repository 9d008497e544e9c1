from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure import load_standard, measure, standard_names
from crackgauge.measure.standard import parse_standard

FINE = {"width_px": 4.0, "length_mm": 500.0}
# (standard, width in mm, class): each row of the table of published classes, on both sides of
# each bound and on it.
TABLE = [
    ("astm-d6433-asphalt", 9.99, "low"),
    ("astm-d6433-asphalt", 10, "medium"),
    ("astm-d6433-asphalt", 75, "medium"),
    ("astm-d6433-asphalt", 75.1, "high"),
    ("astm-d6433-concrete", 12.9, "low"),
    ("astm-d6433-concrete", 13, "medium"),
    ("astm-d6433-concrete", 50.1, "high"),
    ("astm-d5340-asphalt", 6, "low"),
    ("astm-d5340-asphalt", 6.1, "medium"),
    ("aashto-pp44", 0.99, "below definition"),
    ("aashto-pp44", 1, "crack"),
    ("aci-224r", 0.10, "within"),
    ("aci-224r", 0.11, "above water-retaining"),
    ("aci-224r", 0.16, "above sea spray"),
    ("aci-224r", 0.30, "above de-icing"),
    ("aci-224r", 0.31, "above humidity"),
    ("aci-224r", 0.42, "above dry air"),
    ("eurocode-2", 0.30, "within"),
    ("eurocode-2", 0.35, "above 0.3"),
    ("eurocode-2", 0.41, "above 0.4"),
    ("bre-251", 0.1, "0 negligible"),
    ("bre-251", 1.0, "1 very slight"),
    ("bre-251", 5.0, "2 slight"),
    ("bre-251", 15.0, "3 moderate"),
    ("bre-251", 25.0, "4 severe"),
    ("bre-251", 25.1, "5 very severe"),
    ("jci-2003", 0.4, "no repair"),
    ("jci-2003", 0.6, "repair if severe"),
    ("jci-2003", 0.8, "repair if middle"),
    ("jci-2003", 0.9, "repair"),
    ("fhwa-ltpp-asphalt", 6, "low"),
    ("fhwa-ltpp-asphalt", 19, "moderate"),
    ("fhwa-ltpp-asphalt", 20, "high"),
    ("aashto-mbei", 0.29, "insignificant"),
    ("aashto-mbei", 0.30, "moderate"),
    ("aashto-mbei", 1.27, "moderate"),
    ("aashto-mbei", 1.28, "wide"),
    ("osim", 0.09, "hairline"),
    ("osim", 0.1, "narrow"),
    ("osim", 0.3, "narrow"),
    ("osim", 1.0, "medium"),
    ("osim", 1.1, "wide"),
    ("jtg-5210", 3, "light"),
    ("jtg-5210", 3.1, "heavy"),
]
NOT_VERIFIED = {"fhwa-ltpp-asphalt", "aashto-mbei", "osim", "jtg-5210"}


@pytest.mark.parametrize(("name", "width_mm", "severity"), TABLE)
def test_every_class_of_every_standard(name, width_mm, severity):
    assert load_standard(name).grade(width_mm=width_mm, **FINE).severity == severity


def test_every_standard_is_in_the_table_or_has_no_classes():
    assert set(standard_names()) == {name for name, _, _ in TABLE} | {"aashto-r85"}
    for name in standard_names():
        standard = load_standard(name)
        assert standard.name == name
        assert standard.verified == (name not in NOT_VERIFIED)


def test_the_reason_says_what_and_why():
    grade = load_standard("aci-224r").grade(width_mm=0.42, **FINE)
    assert grade.reason == "mean 0.42 mm > 0.41: above the guide for dry air"
    near = load_standard("aci-224r").grade(width_mm=0.4101, **FINE)
    assert near.reason == "mean 0.4101 mm > 0.41: above the guide for dry air"
    first = load_standard("astm-d6433-asphalt").grade(width_mm=5.0, **FINE)
    assert first.reason == "mean 5.00 mm < 10: narrower than 10 mm"


def test_below_two_pixels_nothing_is_graded():
    grade = load_standard("aci-224r").grade(width_mm=5.0, width_px=1.9, length_mm=500)
    assert (grade.severity, grade.rank) == ("", -1)
    assert grade.reason == "not graded: 1.9 px wide, needs 2 px"


def test_a_short_crack_is_none_by_definition():
    standard = load_standard("aashto-pp44")
    assert standard.grade(width_mm=2, width_px=9, length_mm=24).rank == -1
    assert standard.grade(width_mm=2, width_px=9, length_mm=25).severity == "crack"


def test_a_standard_of_zones_grades_no_crack():
    assert "zones.csv" in load_standard("aashto-r85").grade(width_mm=2, **FINE).reason


def test_a_class_that_was_not_verified_says_so():
    concrete = load_standard("astm-d6433-concrete")
    assert concrete.grade(width_mm=5, **FINE).verified
    assert not concrete.grade(width_mm=20, **FINE).verified


def test_an_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean aci-224r\? known are aashto-mbei, .*osim"):
        load_standard("aci-244")


OWN = """
name = "own"
title = "Our own"
edition = "1"
source = "us"
applies_to = "walls"
statistic = "maximum"
unit = "mm"
verified = false
[[classes]]
name = "fine"
up_to = 0.2
[[classes]]
name = "coarse"
"""


def test_a_file_of_the_users_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    standard = load_standard(path)
    assert standard.width_column == "width_max"
    assert standard.grade(width_mm=0.3, **FINE).reason == "maximum 0.30 mm > 0.2: coarse"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("up_to = 0.2", "", "every one but the last needs up_to"),
        ('name = "coarse"', 'name = "coarse"\nup_to = 0.1', "the last has none"),
        ('unit = "mm"', 'unit = "inch"', "unit"),
        ('statistic = "maximum"', "", "statistic"),
        ("verified = false", "verified = false\ncolour = 1", "colour"),
        ('name = "own"', 'name = "own', "no TOML"),
    ],
)
def test_what_is_no_standard_is_refused(before, after, words):
    with pytest.raises(UsageError, match=words):
        parse_standard(OWN.replace(before, after, 1), "own.toml")


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.toml", "bytes.toml"):
        with pytest.raises(UsageError, match=r"expected a \.toml"):
            load_standard(tmp_path / name)


def bar(width_px: int) -> np.ndarray:
    mask = np.zeros((60, 300), dtype=bool)
    mask[20 : 20 + width_px, 20:280] = True
    return mask


def test_cracks_are_graded_in_the_tables():
    survey = measure(bar(4), mm_per_px=0.11, standard="aci-224r")
    crack, image = survey.cracks.iloc[0], survey.images.iloc[0]
    assert (crack["standard"], crack["severity"]) == ("aci-224r", "above dry air")
    assert (crack["severity_rank"], crack["standard_verified"]) == (5, "yes")
    assert crack["severity_reason"] == "mean 0.44 mm > 0.41: above the guide for dry air"
    assert image[["standard", "standard_verified", "worst_severity"]].tolist() == [
        "aci-224r",
        "yes",
        "above dry air",
    ]


def test_without_a_scale_or_below_two_pixels_the_tables_say_why():
    crack = measure(bar(4), standard="osim").cracks.iloc[0]
    assert (crack["severity"], crack["severity_rank"]) == ("", -1)
    assert crack["severity_reason"] == "not graded: the scale is not known"
    assert crack["standard_verified"] == "no"
    survey = measure(bar(1), mm_per_px=1, standard="osim")
    assert survey.cracks["severity_reason"][0] == "not graded: 1.0 px wide, needs 2 px"
    assert survey.images["worst_severity"][0] == ""


def test_without_a_standard_the_columns_are_empty():
    crack = measure(bar(4), mm_per_px=1).cracks.iloc[0]
    assert crack[["standard", "severity", "severity_reason"]].tolist() == ["", "", ""]
    assert crack["severity_rank"] == -1


def test_a_width_on_a_bound_is_not_put_beyond_it_by_rounding() -> None:
    assert 3 * 0.1 > 0.3  # as floats
    grade = load_standard("eurocode-2").grade(width_mm=3 * 0.1, width_px=3.0, length_mm=100.0)
    exact = load_standard("eurocode-2").grade(width_mm=0.3, width_px=3.0, length_mm=100.0)
    assert grade == exact
