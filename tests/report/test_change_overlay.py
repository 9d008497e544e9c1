from __future__ import annotations

import numpy as np

from crackgauge.report.change_overlay import STATUS_COLOURS, ChangeLine, draw_changes


def level(y: float, width: float = 5) -> np.ndarray:
    return np.array([[20, y, width], [380, y, width]])


def test_each_status_has_its_colour_along_its_line():
    image = np.full((300, 400, 3), 100, np.uint8)
    lines = [
        ChangeLine(level(40 + 40 * n), status)
        for n, status in enumerate([*STATUS_COLOURS, "outside"])
    ]
    drawn = draw_changes(image, lines)
    for number, colour in enumerate(STATUS_COLOURS.values()):
        assert tuple(drawn[40 + 40 * number, 200]) == colour
    assert (drawn[225:] == 100).all()
    assert (image == 100).all()


def test_a_change_is_drawn_over_what_did_not_change():
    image = np.full((300, 400, 3), 100, np.uint8)
    lines = [ChangeLine(level(150), "grown"), ChangeLine(level(150, 9), "unchanged")]
    assert tuple(draw_changes(image, lines)[150, 200]) == STATUS_COLOURS["grown"]


def test_places_are_those_of_the_photo():
    image = np.full((150, 200, 3), 100, np.uint8)
    drawn = draw_changes(image, [ChangeLine(level(150), "new")], px_per_px=2.0)
    assert tuple(drawn[75, 100]) == STATUS_COLOURS["new"]


def test_the_legend_counts_and_numbers_are_written():
    image = np.full((300, 400, 3), 100, np.uint8)
    lines = [ChangeLine(level(150), "new")]
    plain = draw_changes(image, lines)
    legend = draw_changes(image, lines, counts={"new": 3, "gone": 0})
    assert (legend[200:, 250:] == 255).any()
    assert (plain[200:, 250:] == 100).all()
    numbered = draw_changes(image, lines, numbers=[(7, 200, 150)])
    assert (numbered != plain).any()
