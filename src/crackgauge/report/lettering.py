"""The letters of the pictures: one typeface, which matplotlib brings along."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import ImageFont

_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


@contextlib.contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """Let matplotlib load and draw without a word.

    It writes to the log when it lists the fonts for the first time and when the home folder cannot
    be written, and warns of every letter that the typeface does not have: neither is anything that
    the reader of a picture can mend.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield
    finally:
        logger.setLevel(level)


def open_font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Open DejaVu Sans, which has Latin, Greek and Cyrillic letters (Pillow's own lacks the é).

    Args:
        size_px: height of the letters with what stands above and below them.
        bold: the bold cut.
    """
    return ImageFont.truetype(str(font_folder() / _FILES[bold]), size_px)


def font_folder() -> Path:
    """Return the folder of the typeface's files."""
    with quiet_matplotlib():
        import matplotlib

        return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def legible(text: str) -> str:
    """Return text that can be drawn: without control characters and halves of letters.

    File names may hold bytes that are no UTF-8; they become an escape, as Python shows them.

    >>> legible("a\\tb"), len(legible("b" + chr(0xDCE9)))
    ('a b', 7)
    """
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(letter if letter.isprintable() else " " for letter in whole)


def break_lines(
    text: str, font: ImageFont.FreeTypeFont, width_px: int, *, most: int = 100
) -> list[str]:
    """Break text into lines that fit a width; a word that does not fit is broken too.

    Args:
        text: any text; an empty one gives no line.
        font: what it will be drawn with.
        width_px: room for a line; one letter stands on every line, however narrow.
        most: lines at most; where there is more text, the last one ends in "…".

    >>> font = open_font(20)
    >>> break_lines("two words", font, 70)
    ['two', 'words']
    >>> break_lines("two words", font, 70, most=1)
    ['two…']
    """
    lines: list[str] = []
    line = ""
    for word in legible(text).split():
        joined = f"{line} {word}" if line else word
        if font.getlength(joined) <= width_px:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _break_word(word, font, width_px)
        lines.extend(full)
    if line:
        lines.append(line)
    if len(lines) > most:
        return [*lines[: most - 1], _cut(lines[most - 1], font, width_px)]
    return lines


def _break_word(word: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and font.getlength(parts[-1] + letter) > width_px:
            parts.append("")
        parts[-1] += letter
    return parts


def _cut(line: str, font: ImageFont.FreeTypeFont, width_px: int) -> str:
    while line and font.getlength(line + "…") > width_px:
        line = line[:-1]
    return line + "…"
