from __future__ import annotations

import numpy as np

from crackgauge.measure import Survey, join, measure
from crackgauge.report.views import Views


def bar(name: str, width_px: int, length_px: int, mm_per_px: float | None) -> Survey:
    mask = np.zeros((60, 120), dtype=bool)
    mask[20 : 20 + width_px, 10 : 10 + length_px] = True
    return measure(mask, image=name, mm_per_px=mm_per_px)


def views_of(*bars: tuple[str, int, int, float | None]) -> Views:
    survey = join(bar(*each) for each in bars)
    return Views(survey.images, survey.cracks)


def test_the_widest_comes_first_then_the_longest_then_the_name():
    views = views_of(
        ("d.jpg", 4, 50, None),
        ("c.jpg", 4, 80, None),
        ("b.jpg", 6, 40, None),
        ("a.jpg", 4, 50, None),
    )
    assert [photo.name for photo in views.ranked()] == ["b.jpg", "c.jpg", "a.jpg", "d.jpg"]
    assert [photo.anchor for photo in views.ranked()][:2] == ["photo-1", "photo-2"]


def test_with_a_scale_each_millimetres_decide_and_not_pixels():
    views = views_of(("near.jpg", 8, 80, 0.1), ("far.jpg", 4, 80, 1.0))
    summary = views.summary()
    assert [photo.name for photo in views.ranked()] == ["far.jpg", "near.jpg"]
    assert (summary.widest, summary.widest_in) == ("4.00 mm", "far.jpg")
    assert summary.total_length == "88.0 mm"  # 80 x 0.1 + 80 x 1
    assert summary.scale == "differs from photo to photo"


def test_one_photo_without_a_scale_keeps_the_sums_in_pixels():
    summary = views_of(("a.jpg", 8, 80, 0.1), ("b.jpg", 4, 50, None)).summary()
    assert not summary.in_mm
    assert summary.total_length == "130 px"


def test_photos_without_cracks_are_apart():
    views = views_of(("b.jpg", 4, 0, 1.0), ("a.jpg", 4, 0, 1.0))
    assert [photo.name for photo in views.clear()] == ["a.jpg", "b.jpg"]
    assert list(views.ranked()) == []
    summary = views.summary()
    assert (summary.with_cracks, summary.total_length, summary.widest) == (0, "0 mm", "–")


def test_the_cracks_of_a_photo_are_its_own_widest_first():
    mask = np.zeros((60, 120), dtype=bool)
    mask[10:13, 10:90] = True
    mask[40:45, 10:60] = True
    survey = join([measure(mask, image="a.jpg"), bar("b.jpg", 4, 50, None)])
    views = Views(survey.images, survey.cracks)
    of_photo = {photo.name: views.cracks(photo) for photo in views.ranked()}
    assert [crack.number for crack in of_photo["a.jpg"]] == [2, 1]
    assert of_photo["a.jpg"][0][1:4] == ("50 px", "5.0 px", "5.0 px")
    assert [crack.length for crack in of_photo["b.jpg"]] == ["50 px"]
