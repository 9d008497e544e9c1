from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.annotate.conftest import wavy_crack

from crackgauge.annotate import Session
from crackgauge.errors import UsageError
from crackgauge.images import read_mask, write_image
from crackgauge.pipeline import tracing

ENDS = [(10.5, 54.3), (229.5, 42.0)]


def test_a_large_image_gives_a_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_image(tmp_path / "deck.png", wavy_crack()[0])
    small = tracing.trace(tmp_path / "deck.png", tmp_path / "small", points=[ENDS])
    monkeypatch.setattr(tracing, "BIG_OUTPUT_PX", 100)
    large = tracing.trace(tmp_path / "deck.png", tmp_path / "large", points=[ENDS])
    assert large.mask.name == "deck_mask.tif"
    assert np.array_equal(read_mask(large.mask).mask, read_mask(small.mask).mask)
    assert large.overlay.read_bytes() == small.overlay.read_bytes()
    assert large.traces() == small.traces()


def test_a_session_of_another_image(tmp_path: Path):
    write_image(tmp_path / "deck.png", wavy_crack()[0])
    write_image(tmp_path / "other.png", wavy_crack(height=80)[0])
    first = tracing.trace(tmp_path / "deck.png", tmp_path / "out", points=[ENDS])
    with pytest.raises(UsageError, match=r"is of an image of 240 x 96 px, this one has 240 x 80"):
        tracing.trace(tmp_path / "other.png", tmp_path, points=[ENDS], session=first.session_file)


def test_a_probability_and_a_model(tmp_path: Path):
    write_image(tmp_path / "deck.png", wavy_crack()[0])
    with pytest.raises(UsageError, match="got a probability and a model, expected one of them"):
        tracing.trace(
            tmp_path / "deck.png", tmp_path, points=[ENDS], probability="p.png", model="default"
        )


def test_a_name_that_is_no_text_stands_in_the_session_with_a_mark(tmp_path: Path):
    """Systems take names of any bytes; the session's file is text."""
    name = os.fsdecode(b"deck\xff.png")
    try:
        write_image(tmp_path / "deck.png", wavy_crack()[0])
        (tmp_path / "deck.png").rename(tmp_path / name)
    except OSError:
        pytest.skip("the file system takes names in UTF-8 alone")
    done = tracing.trace(tmp_path / name, tmp_path / "out", points=[ENDS])
    assert Session.load(done.session_file).image == "deck?.png"
