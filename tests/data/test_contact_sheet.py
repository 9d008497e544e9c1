from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crackgauge.data.contact_sheet import thumbnail, write_contact_sheet
from crackgauge.data.doctor import check
from crackgauge.images import read_mask, write_mask

Fill = Callable[..., Path]


def sheet(root: Path, *, max_cards: int = 400) -> str:
    path = root / "sheet.html"
    write_contact_sheet(path, check(root), max_cards=max_cards)
    return path.read_text(encoding="utf-8")


def titles(text: str) -> list[str]:
    """Titles of the large cards, then captions of the small ones."""
    found = re.findall(r"<h3>(\S+)|<figcaption>(\S+) <span class=\"split\"", text)
    return [large or small for large, small in found]


def test_problems_come_first_and_nothing_is_loaded(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c", "d")
    mask = read_mask(root / "masks" / "c.png").mask
    write_mask(root / "masks" / "c.png", mask[::-1, ::-1])
    write_mask(root / "masks" / "b.png", np.zeros_like(mask))
    text = sheet(root)
    assert titles(text) == ["c", "b", "a", "d"]
    # The turned mask is shown as it lies and as it fits; the others have one picture each.
    assert text.count("<img ") == 3 + 3
    assert "mask turned by 180 degrees</figcaption>" in text
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', text)
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "<script" not in text


def test_names_are_escaped(fill: Fill) -> None:
    root = fill("images", "masks", "<b>&'x")
    (root / "masks" / "<b>&'x.png").unlink()
    text = sheet(root)
    assert "<b>" not in text
    assert "&lt;b&gt;&amp;&#39;x" in text


def test_findings_without_a_picture_stand_in_a_table(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    (root / "images" / "b.png").unlink()
    (root / "train.txt").write_text("a\nnowhere\n")
    text = sheet(root)
    assert "masks/b.png belongs to no image" in text
    assert "nowhere is listed and not there" in text


def test_an_unreadable_image_is_shown_by_its_mask(fill: Fill) -> None:
    root = fill("images", "masks", "a")
    (root / "images" / "a.png").write_bytes(b"")
    text = sheet(root)
    assert text.count("<img ") == 1
    assert "<figcaption>mask</figcaption>" in text


def test_the_number_of_cards_is_bounded_and_said(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c", "d", "e")
    write_mask(root / "masks" / "d.png", np.ones((96, 144), dtype=np.bool_))
    text = sheet(root, max_cards=3)
    assert titles(text) == ["d", "a", "e"]
    assert "3 of 5 are shown" in text


def test_the_same_set_gives_the_same_bytes(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    assert sheet(root) == sheet(root)


def test_a_line_of_one_pixel_stays_visible_when_scaled_down() -> None:
    image = np.full((400, 400, 3), 128, dtype=np.uint8)
    mask = np.zeros((400, 400), dtype=np.bool_)
    mask[200, 100:300] = True
    small = thumbnail(image, mask, 40)
    assert small.shape == (40, 40, 3)
    red = (small[:, :, 0] == 255) & (small[:, :, 1] == 40)
    # The line fills 20 px of one row; its border is a row above, one below and the two ends.
    assert int(red.sum()) == 20 + 20 + 2


def test_a_small_image_is_enlarged() -> None:
    image = np.full((10, 20, 3), 128, dtype=np.uint8)
    assert thumbnail(image, None, 40).shape == (20, 40, 3)
