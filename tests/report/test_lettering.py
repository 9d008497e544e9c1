from __future__ import annotations

import logging
import warnings

import pytest

from crackgauge.report.lettering import break_lines, legible, open_font, quiet_matplotlib


def test_matplotlib_is_quiet_only_inside():
    logger = logging.getLogger("matplotlib")
    before = logger.level
    with quiet_matplotlib():
        assert not logger.isEnabledFor(logging.ERROR)
        warnings.warn("Glyph 20013 missing from font(s) DejaVu Sans.", UserWarning, stacklevel=1)
    assert logger.level == before
    with pytest.warns(UserWarning, match="Glyph"):
        warnings.warn("Glyph 20013 missing from font(s) DejaVu Sans.", UserWarning, stacklevel=1)


def test_letters_beyond_the_english_ones_are_in_the_typeface():
    for bold in (False, True):
        font = open_font(20, bold=bold)
        unknown = bytes(font.getmask(chr(0xE000)))
        for letter in "éüßЖΩ≤–…×µ":
            assert bytes(font.getmask(letter)) != unknown, letter


def test_lines_fit_and_nothing_is_lost():
    font = open_font(18)
    text = "a_very_long_name_of_a_file_without_any_space and words after it"
    lines = break_lines(text, font, 150)
    assert len(lines) > 3
    assert all(font.getlength(line) <= 150 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_too_long_ends_in_three_points():
    font = open_font(18)
    lines = break_lines("word " * 100, font, 150, most=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert font.getlength(lines[1]) <= 150


def test_a_letter_wider_than_the_line_stands_alone():
    assert break_lines("WM", open_font(40), 1) == ["W", "M"]
    assert break_lines("", open_font(40), 1) == []


def test_half_letters_and_line_ends_become_words_that_can_be_drawn():
    assert legible("a\nb\x07c") == "a b c"
    assert legible("caf\udce9") == "caf\\udce9"
