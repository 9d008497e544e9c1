"""Truths made worse by hand on drawn masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.noisy_truths import dilate, shift_parts, write_changed

from crackgauge.arrays import Mask
from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.images import read_mask, write_mask


def drawn(*rows: str) -> Mask:
    """A mask from rows of `.` and `#`."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_dilation_is_a_disk() -> None:
    point = drawn(".....", ".....", "..#..", ".....", ".....")
    assert dilate(point, 0).tolist() == point.tolist()
    cross = drawn(".....", "..#..", ".###.", "..#..", ".....")
    assert dilate(point, 1).tolist() == cross.tolist()
    # Within 2 px: the 3 x 3 square and the four pixels two away; 13 in all.
    disk = drawn("..#..", ".###.", "#####", ".###.", "..#..")
    assert dilate(point, 2).tolist() == disk.tolist()


def test_no_crack_stays_no_crack() -> None:
    empty = np.zeros((4, 6), bool)
    assert not dilate(empty, 2).any()
    assert not shift_parts(empty, 2, np.random.default_rng(0)).any()


def test_a_part_keeps_its_shape_and_goes_two_pixels_at_most() -> None:
    mask = np.zeros((20, 40), bool)
    mask[8:10, 10] = True
    mask[10, 11] = True  # touches at a corner: the same part
    mask[8:12, 30] = True
    moved: set[tuple[int, int]] = set()
    apart = 0
    for seed in range(200):
        out = shift_parts(mask, 2, np.random.default_rng(seed))
        steps = []
        for half in (np.s_[:, :20], np.s_[:, 20:]):
            before, after = np.argwhere(mask[half]), np.argwhere(out[half])
            (step,) = {tuple(pair) for pair in (after - before).tolist()}
            steps.append(step)
        moved.update(steps)
        apart += steps[0] != steps[1]
    # Whole steps within 2 px: 13 of them, the parts' own each.
    assert len(moved) == 13
    assert max(row**2 + col**2 for row, col in moved) == 4
    assert apart > 150


def test_what_leaves_the_image_is_lost() -> None:
    corner = drawn("#..", "...", "...")
    sums = {int(shift_parts(corner, 2, np.random.default_rng(seed)).sum()) for seed in range(50)}
    assert sums == {0, 1}


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    """Two pairs, of which only the masks are there."""
    masks = [np.zeros((9, 9), bool), np.zeros((9, 9), bool)]
    masks[0][4, 4] = masks[1][2, :] = True
    made = []
    for name, mask in zip("ab", masks, strict=True):
        image = tmp_path / "images" / f"{name}.png"
        write_mask(image, mask)  # any image does
        write_mask(tmp_path / "masks" / f"{name}.png", mask)
        made.append(Pair(name, image, tmp_path / "masks" / f"{name}.png", name))
    return made


def test_a_changed_dataset_reads_back(tmp_path: Path, pairs: list[Pair]) -> None:
    folder = write_changed(tmp_path / "wide", pairs, lambda mask, _: dilate(mask, 1), seed=0)
    found = find_pairs(folder, split="train")
    assert [pair.image.resolve() for pair in found] == [pair.image for pair in pairs]
    assert [pair.split for pair in found] == ["train", "train"]
    sums = [int(read_mask(pair.mask).mask.sum()) for pair in found if pair.mask is not None]
    assert sums == [5, 27]


def test_without_a_change_the_masks_themselves_are_listed(
    tmp_path: Path, pairs: list[Pair]
) -> None:
    found = find_pairs(write_changed(tmp_path / "clean", pairs, None, seed=0), split="train")
    assert [pair.mask.resolve() for pair in found if pair.mask] == [pair.mask for pair in pairs]


def test_a_stopped_dataset_goes_on_as_it_would_have(tmp_path: Path, pairs: list[Pair]) -> None:
    def change(mask: Mask, generator: np.random.Generator) -> Mask:
        return shift_parts(mask, 2, generator)

    whole = write_changed(tmp_path / "whole", pairs, change, seed=3)
    write_changed(tmp_path / "stopped", pairs[:1], change, seed=3)
    again = write_changed(tmp_path / "stopped", pairs, change, seed=3)
    for name in ("a", "b"):
        first, second = (root / "truths" / f"{name}.png" for root in (whole, again))
        assert first.read_bytes() == second.read_bytes()
