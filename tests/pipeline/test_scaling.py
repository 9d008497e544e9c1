from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.rendered_markers import photograph
from PIL import Image as Pillow

from crackgauge.errors import UsageError
from crackgauge.images import Georeference
from crackgauge.pipeline.scaling import FoundScale, ScaleRule, one_rule

METRES = Georeference("EPSG:25832", (0.01, 0, 0, 0, -0.01, 0), False, 1.0)
DEGREES = Georeference("EPSG:4326", (1e-7, 0, 0, 0, -1e-7, 0), True, None)


def scale_of(rule: ScaleRule, *, photo=None, read=None, place=None) -> FoundScale:
    return rule.of_image(height=300, width=400, photo=photo, read=read, place=place)


def test_a_number_is_the_same_for_all():
    found = scale_of(ScaleRule(mm_per_px=0.2, mm_per_px_sd=0.01))
    assert found.scale is not None
    assert (found.scale.mm_per_px, found.scale.sd_mm_per_px) == (0.2, 0.01)
    assert found.source == "given"
    assert math.isnan(scale_of(ScaleRule(mm_per_px=0.2)).scale.sd_mm_per_px)


def test_nothing_is_known_of_a_photo():
    assert scale_of(ScaleRule()) == FoundScale(None)
    assert scale_of(ScaleRule()).source == ""


def test_a_geotiff_has_its_own_unless_one_is_given():
    assert scale_of(ScaleRule(), place=METRES).scale.mm_per_px == pytest.approx(10)
    assert scale_of(ScaleRule(mm_per_px=3), place=METRES).scale.mm_per_px == 3
    degrees = scale_of(ScaleRule(), place=DEGREES)
    assert degrees.scale is None
    assert degrees.source.startswith("none: the GeoTIFF is in degrees")


def test_points():
    found = scale_of(ScaleRule(points_px=(0, 0, 30, 40), points_mm=25, known_sd_mm=0.5))
    assert found.scale.mm_per_px == 0.5


def test_a_marker_is_looked_for_in_the_photo():
    taken = photograph(0, turn_deg=0, seed=0, size=(300, 400), focal_px=400, marker_mm=90)
    found = scale_of(ScaleRule(marker_mm=90), read=lambda: taken.image)
    assert found.scale.mm_per_px == pytest.approx(620 / 400, rel=0.01)
    assert found.scale.view == "oblique"
    assert found.bar_mm_per_px is None
    blank = np.full((300, 400, 3), 90, np.uint8)
    none = scale_of(ScaleRule(marker_mm=90), read=lambda: blank)
    assert none.source == "none: no marker of the family aruco-4x4-50 was found"
    assert "no photo" in scale_of(ScaleRule(marker_mm=90)).source


def test_the_camera_from_exif(tmp_path):
    photo = tmp_path / "a.jpg"
    exif = Pillow.Exif()
    exif.get_ifd(0x8769)[0xA405] = 36  # equivalent focal length: one frame's width a distance away
    Pillow.new("RGB", (400, 300)).save(photo, exif=exif)
    rule = ScaleRule(camera_mm=1000, known_sd_mm=10)
    found = scale_of(rule, photo=photo)
    assert found.scale.mm_per_px == pytest.approx(2.5)
    assert found.scale.relative_sd == pytest.approx(0.01)
    lens = ScaleRule(camera_mm=1000, focal_length_mm=10, sensor_width_mm=8)
    assert scale_of(lens).scale.mm_per_px == pytest.approx(2.0)
    assert "focal length is not known" in scale_of(ScaleRule(camera_mm=1000)).source


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"mm_per_px": 1, "marker_mm": 50}, "one way"),
        ({"points_mm": 5}, "expected both"),
        ({"points_px": (0, 0, 1, 1)}, "expected both"),
        ({"points_px": (3, 4, 3, 4), "points_mm": 5}, "points"),
        ({"mm_per_px": 0}, "mm per px: got 0"),
        ({"mm_per_px": float("nan")}, "expected a positive number"),
        ({"marker_mm": 50, "marker_family": "aruco"}, "did you mean aruco-"),
        ({"focal_length_mm": 5}, "goes with camera_mm"),
        ({"mm_per_px_sd": 0.1}, "goes with mm_per_px"),
        ({"mm_per_px": 1, "known_sd_mm": 0.1}, "goes with points_mm or marker_mm or camera_mm"),
    ],
)
def test_rules_that_contradict_themselves(known, words):
    with pytest.raises(UsageError, match=words):
        ScaleRule(**known)


def test_a_number_or_a_rule_but_not_both():
    assert one_rule(0.2, None) == ScaleRule(mm_per_px=0.2)
    with pytest.raises(UsageError, match="leave one out"):
        one_rule(0.2, ScaleRule())


def test_each_rule_is_worded():
    assert ScaleRule(mm_per_px=0.2, mm_per_px_sd=0.01).words() == "0.2 ± 0.01 mm per pixel"
    assert "not given" in ScaleRule().words()
    assert "markers of 50 mm" in ScaleRule(marker_mm=50).words()
