"""Cutting, counting and composing patch sets, by hand on tiny images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackgauge.data.dataset import Sample, at_least
from crackgauge.data.pairs import find_pairs
from crackgauge.data.patch_set import PatchIndex, compose, index_patches
from crackgauge.errors import DatasetError, UsageError
from crackgauge.images import read_mask


def _index(crack: int, background: int, *, further: int = 0) -> PatchIndex:
    """One image with crack and background patches mixed, a second one with background alone."""
    crack_px = np.random.default_rng(5).permutation([3] * crack + [0] * background)
    counts = np.concatenate([crack_px, np.zeros(further, np.int64)])
    places = np.arange(len(counts))
    image = (places >= crack + background).astype(np.int64)
    return PatchIndex(8, image, places, places, counts)


def _split(index: PatchIndex, chosen: np.ndarray) -> tuple[set[int], set[int]]:
    has_crack = index.crack_px[chosen] > 0
    return set(chosen[has_crack].tolist()), set(chosen[~has_crack].tolist())


def test_the_last_row_and_column_end_at_the_edge() -> None:
    mask = np.zeros((5, 8), bool)
    mask[4, 0] = True  # in the patches at row 2 alone
    index = index_patches([np.ones((3, 3), bool), mask], 3)
    assert [index.place(number) for number in range(len(index))] == [
        (0, 0, 0),
        (1, 0, 0),
        (1, 0, 3),
        (1, 0, 5),
        (1, 2, 0),
        (1, 2, 3),
        (1, 2, 5),
    ]
    assert index.crack_px.tolist() == [9, 0, 0, 0, 1, 0, 0]
    assert index.crack.tolist() == [0, 4]
    assert index.background.tolist() == [1, 2, 3, 5, 6]


def test_an_image_smaller_than_a_patch_is_mirrored_as_the_training_does() -> None:
    mask = np.array([[True, False, False]])
    index = index_patches([mask], 4)
    mirrored = at_least(Sample("a", np.zeros((1, 3, 1), np.uint8), mask), 4).mask
    assert mirrored.shape == (4, 4)
    assert index.crack_px.tolist() == [np.count_nonzero(mirrored)] == [4]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=1, max_size=3),
    st.integers(1, 9),
    st.integers(0, 2**32 - 1),
)
def test_every_pixel_is_covered_and_counted(
    shapes: list[tuple[int, int]], p: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    masks = [generator.random(shape) < 0.1 for shape in shapes]
    index = index_patches(masks, p)
    covered = [np.zeros(np.maximum(mask.shape, p), int) for mask in masks]
    for number in range(len(index)):
        image, row, col = index.place(number)
        covered[image][row : row + p, col : col + p] += 1
    for mask, cover in zip(masks, covered, strict=True):
        assert cover.min() == 1  # inside the mirrored image, so inside the image too
        if not (mask.shape[0] % p or mask.shape[1] % p):
            assert cover.max() == 1
    has_crack = {int(image) for image in index.image[index.crack]}
    assert has_crack == {number for number, mask in enumerate(masks) if mask.any()}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(6, 12), st.integers(0, 2**32 - 1))
def test_a_crop_stays_in_its_parent_and_keeps_a_crack(p: int, parent: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((25, 17)) < 0.01
    parents = index_patches([mask], parent)
    crops = index_patches([mask], p, parent_px=parent, seed=seed)
    assert len(crops) == len(parents)
    assert np.array_equal(crops.crack, parents.crack)
    for number in range(len(crops)):
        _, row, col = crops.place(number)
        _, top, left = parents.place(number)
        assert top <= row <= top + parent - p
        assert left <= col <= left + parent - p


def test_crops_are_drawn_by_the_seed() -> None:
    mask = np.eye(40, dtype=bool)
    first, again, other = (index_patches([mask], 3, parent_px=20, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.row, again.row)
    assert not np.array_equal(first.row, other.row)


def test_three_crack_patches_take_seven_at_30_70() -> None:
    index = _index(5, 40)
    crack, background = _split(index, compose(index, "30/70", crack_patches=3))
    assert (len(crack), len(background)) == (3, 7)
    assert _split(index, compose(index, "all")) == (
        set(index.crack.tolist()),
        set(index.background.tolist()),
    )


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_sets_nest_and_their_shares_are_exact_to_rounding(crack: int, seed: int) -> None:
    index = _index(30, 290)
    names = ("70/30", "30/70", "10/90")
    parts = [_split(index, compose(index, name, crack_patches=crack, seed=seed)) for name in names]
    assert parts[0][0] == parts[1][0] == parts[2][0]
    assert parts[0][1] <= parts[1][1] <= parts[2][1]
    for name, (cracks, background) in zip(names, parts, strict=True):
        share, rest = map(int, name.split("/"))
        assert len(cracks) == crack
        assert abs(len(background) - crack * rest / share) <= 0.5


def test_fewer_crack_patches_are_a_part_of_more_and_the_seed_decides() -> None:
    index = _index(20, 200)
    few, many = (set(compose(index, "10/90", crack_patches=n).tolist()) for n in (4, 20))
    assert few < many
    same, other = (compose(index, "30/70", crack_patches=4, seed=s).tolist() for s in (0, 1))
    assert same == compose(index, "30/70", crack_patches=4).tolist()
    assert same != other


def test_what_cannot_be_filled_says_how_many_there_are() -> None:
    index = _index(20, 100)
    said = "got 100 background patches, expected 180 for 10/90 with 20 crack patches; take at most"
    with pytest.raises(DatasetError, match=f"{said} 11 crack"):
        compose(index, "10/90")
    assert len(compose(index, "10/90", crack_patches=11)) == 110
    with pytest.raises(DatasetError, match="got 20 crack patches of 8 px, expected at least 21"):
        compose(index, "70/30", crack_patches=21)
    with pytest.raises(DatasetError, match="got 0 crack patches of 8 px, expected at least 1"):
        compose(_index(0, 9), "all")


@pytest.mark.parametrize("text", ["30/60", "0/100", "half", "30-70", "all-", "30/70/0", "-30/130"])
def test_other_compositions_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected crack/background in percent such as 30/70"):
        compose(_index(5, 50), text)


def test_all_plus_adds_background_of_further_datasets_down_to_the_share() -> None:
    index = _index(13, 87, further=200)
    crack, background = _split(index, compose(index, "all+", first_dataset=1))
    assert (len(crack), len(background)) == (13, 187)  # 13 of 200 are 6.5 %
    own = {n for n in range(len(index)) if index.image[n] == 0}
    assert own <= crack | background
    fewer = compose(index, "all+", first_dataset=1, crack_share=0.1)
    assert len(fewer) == 130
    assert set(fewer.tolist()) < crack | background
    # A first dataset with less crack than asked is taken as it is.
    assert len(compose(index, "all+", first_dataset=1, crack_share=0.2)) == 100
    with pytest.raises(DatasetError, match="got 200 background patches of further datasets, exp"):
        compose(index, "all+", first_dataset=1, crack_share=0.01)


def test_all_plus_takes_no_crack_of_further_datasets() -> None:
    index = _index(3, 10, further=40)
    index.crack_px[-5:] = 9
    crack, _ = _split(index, compose(index, "all+", first_dataset=1, crack_share=0.1))
    assert len(crack) == 3
    assert len(compose(index, "all")) == 53


def test_sides_that_make_no_sense_are_refused() -> None:
    for sides in ({"patch_px": 0}, {"patch_px": 5, "parent_px": 4}):
        with pytest.raises(UsageError, match="parents at least as large"):
            index_patches([np.zeros((9, 9), bool)], **sides)


@pytest.mark.data
def test_uav315_in_patches_of_64_px_has_the_known_counts(data_dir: Path) -> None:
    masks = (
        read_mask(pair.mask).mask
        for pair in find_pairs(data_dir / "uav315", split="train")
        if pair.mask is not None
    )
    index = index_patches(masks, 64)
    assert (len(index.crack), len(index.background)) == (1654, 7607)
    sizes = {name: len(compose(index, name, crack_patches=845)) for name in ("70/30", "30/70")}
    assert sizes == {"70/30": 845 + 362, "30/70": 845 + 1972}
    assert len(compose(index, "10/90", crack_patches=845)) == 845 + 7605
    with pytest.raises(DatasetError, match="take at most 845 crack patches"):
        compose(index, "10/90")
