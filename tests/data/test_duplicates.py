from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crackgauge.arrays import Image
from crackgauge.data.duplicates import TURNS, find_duplicates, fingerprint


@pytest.fixture(scope="module")
def pictures(drawn: Callable[..., tuple[Image, object]]) -> list[Image]:
    return [drawn(seed, height=96, width=96)[0] for seed in range(30)]


def test_different_pictures_of_one_kind_are_no_duplicates(pictures: list[Image]) -> None:
    assert find_duplicates([fingerprint(picture) for picture in pictures]) == []


def test_equal_pixels_are_exact(pictures: list[Image]) -> None:
    prints = [fingerprint(picture) for picture in (pictures[0], pictures[1], pictures[0].copy())]
    (found,) = find_duplicates(prints)
    assert (found.first, found.second, found.exact, found.correlation) == (0, 2, True, 1.0)


@pytest.mark.parametrize("turn", TURNS)
def test_turned_copies_are_found_by_what_undoes_the_turn(pictures: list[Image], turn: str) -> None:
    grey = pictures[0][:, :, 0]
    brighter = np.clip(grey * 0.8 + 30, 0, 255).astype(np.uint8)
    # Each turn is undone by itself, but for the two by 90 degrees, which undo each other.
    undo = {"left": "right", "right": "left"}.get(turn.rpartition(" ")[2], "")
    inverse = f"turned by 90 degrees to the {undo}" if "90" in turn else turn
    copy = np.repeat(TURNS[inverse](brighter)[:, :, None], 3, axis=2)
    (found,) = find_duplicates([fingerprint(picture) for picture in (*pictures, copy)])
    assert (found.first, found.second, found.exact) == (0, 30, False)
    assert found.turn == turn
    assert found.correlation > 0.99


def test_a_smaller_copy_is_found(pictures: list[Image]) -> None:
    half = pictures[0].reshape(48, 2, 48, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    (found,) = find_duplicates([fingerprint(pictures[0]), fingerprint(half)])
    assert not found.exact


def test_a_stretched_picture_is_another(pictures: list[Image]) -> None:
    wide = np.repeat(pictures[0], 2, axis=1)
    assert find_duplicates([fingerprint(pictures[0]), fingerprint(wide)]) == []


def test_flat_pictures_match_by_their_pixels_alone() -> None:
    white, grey = (np.full((40, 40, 3), value, dtype=np.uint8) for value in (255, 128))
    found = find_duplicates([fingerprint(picture) for picture in (white, grey, white)])
    assert [(pair.first, pair.second) for pair in found] == [(0, 2)]


def test_fewer_than_two_have_no_duplicates(pictures: list[Image]) -> None:
    assert find_duplicates([]) == []
    assert find_duplicates([fingerprint(pictures[0])]) == []
