from __future__ import annotations

import numpy as np

from crackgauge.report.width_colours import BOUNDS_MM, BOUNDS_PX, COLOURS, classify, width_class


def test_there_is_a_colour_for_every_class_and_no_two_are_equal():
    assert len(COLOURS) == len(BOUNDS_MM) + 1 == len(BOUNDS_PX) + 1
    assert len(set(COLOURS)) == len(COLOURS)


def test_a_width_lies_in_the_class_that_its_words_say():
    for in_mm, bounds in ((True, BOUNDS_MM), (False, BOUNDS_PX)):
        inside = np.array([bounds[0] / 2, *bounds]) * 1.01
        found = classify(inside, in_mm=in_mm)
        assert found.tolist() == list(range(len(bounds) + 1))
        assert f"{bounds[2]:g}" in width_class(int(found[3]), in_mm=in_mm).words
