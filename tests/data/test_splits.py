from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.data.splits import split_by_group, write_splits
from crackgauge.errors import DatasetError, UsageError

FRACTIONS = {"train": 0.5, "val": 0.25, "test": 0.25}


def make(sizes: list[int]) -> list[Pair]:
    return [
        Pair(f"g{group}-{crop}", Path("i"), Path("m"), f"g{group}")
        for group, size in enumerate(sizes)
        for crop in range(size)
    ]


def test_single_photos_meet_the_shares_exactly() -> None:
    splits = split_by_group(make([1] * 20), FRACTIONS, seed=0)
    assert {name: len(pairs) for name, pairs in splits.items()} == {
        "train": 10,
        "val": 5,
        "test": 5,
    }


def test_the_seed_alone_decides() -> None:
    pairs = make([3, 1, 2, 2, 4, 1, 1, 2])
    first = split_by_group(pairs, FRACTIONS, seed=1)
    again = split_by_group(pairs[::-1], FRACTIONS, seed=1)
    assert {name: set(members) for name, members in first.items()} == {
        name: set(members) for name, members in again.items()
    }
    others = [split_by_group(pairs, FRACTIONS, seed=seed) for seed in range(2, 8)]
    assert any(other != first for other in others)


@given(st.lists(st.integers(1, 9), min_size=3, max_size=40), st.integers(0, 99))
def test_no_group_is_on_two_sides_and_nothing_is_lost(sizes: list[int], seed: int) -> None:
    pairs = make(sizes)
    splits = split_by_group(pairs, FRACTIONS, seed)
    assert sorted(pair.stem for members in splits.values() for pair in members) == sorted(
        pair.stem for pair in pairs
    )
    groups = [{pair.group for pair in members} for members in splits.values()]
    assert all(groups)
    assert sum(len(group) for group in groups) == len(sizes)


@pytest.mark.parametrize(
    "fractions", [{}, {"train": 0.5}, {"train": 1.5, "test": -0.5}, {"a": float("nan")}]
)
def test_shares_must_add_up_to_one(fractions: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="expected shares above 0 that add up to 1"):
        split_by_group(make([1, 1, 1]), fractions, seed=0)


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(DatasetError, match="got 9 pairs from 2 source photos, expected at least 3"):
        split_by_group(make([5, 4]), FRACTIONS, seed=0)


def test_written_splits_are_a_dataset(fill: Callable[..., Path], tmp_path: Path) -> None:
    root = fill("images", "masks", "deck 1-1", "deck 1-2", "pier-1", "wall-1")
    splits = split_by_group(find_pairs(root), {"train": 0.5, "test": 0.5}, seed=3)
    out = tmp_path / "lists"
    assert [path.name for path in write_splits(out, splits)] == ["train.txt", "test.txt"]
    for name, members in splits.items():
        found = find_pairs(out, split=name)
        assert [(pair.stem, pair.group) for pair in found] == [
            (pair.stem, pair.group) for pair in members
        ]
        assert [pair.mask.resolve() for pair in found if pair.mask] == [
            pair.mask.resolve() for pair in members if pair.mask
        ]


def test_a_pair_without_mask_cannot_be_listed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no mask"):
        write_splits(tmp_path, {"train": [Pair("a", Path("a.png"), None, "a")]})
