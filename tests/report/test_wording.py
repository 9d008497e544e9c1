from __future__ import annotations

import math

from crackgauge.report import wording


def test_lengths_change_from_millimetres_to_metres():
    assert wording.length(999.0, 1.0) == "999 mm"
    assert wording.length(1000.0, 1.0) == "1.00 m"
    assert wording.length(0.0, None) == "0 px"
    assert wording.length(12345678.0, 1.0) == "12\u202f346 m"


def test_widths_at_the_limit_of_two_pixels():
    assert wording.width(2.0, None) == "2.0 px"
    assert wording.width(1.999, None) == "< 2 px"
    assert wording.width(math.nan, 0.5) == "–"


def test_places_are_empty_when_either_half_is_missing():
    assert wording.place(math.nan, 11.0) == ""
    assert wording.place(48.0, math.nan) == ""
