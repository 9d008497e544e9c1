from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crackgauge.data.pairs import find_pairs, group_of
from crackgauge.errors import DatasetError, UsageError

Fill = Callable[..., Path]


def test_pairs_are_sorted_and_grouped(fill: Fill) -> None:
    root = fill("images", "masks", "pier-2", "pier-1", "deck")
    pairs = find_pairs(root)
    assert [(pair.stem, pair.group) for pair in pairs] == [
        ("deck", "deck"),
        ("pier-1", "pier"),
        ("pier-2", "pier"),
    ]
    assert pairs[0].image == root / "images" / "deck.png"
    assert pairs[0].mask == root / "masks" / "deck.png"


def test_a_split_is_taken_by_any_of_its_names(fill: Fill) -> None:
    fill("train_img", "train_lab", "a")
    root = fill("valid_img", "valid_lab", "b")
    assert [pair.stem for pair in find_pairs(root, split="val")] == ["b"]
    assert [pair.stem for pair in find_pairs(root, split="validation")] == ["b"]


def test_a_split_that_is_not_there_names_those_that_are(fill: Fill) -> None:
    root = fill("train_img", "train_lab", "a")
    with pytest.raises(DatasetError, match="has no split 'test', it has: train;"):
        find_pairs(root, split="test")


def test_an_image_without_mask_is_refused(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    (root / "masks" / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"1 file without a mask, the first is .*a\.png"):
        find_pairs(root)


def test_a_fault_of_another_split_does_not_matter(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    (root / "train.txt").write_text("a\n")
    (root / "test.txt").write_text("b\nz\n")
    (root / "masks" / "b.png").unlink()
    assert len(find_pairs(root, split="train")) == 1
    with pytest.raises(DatasetError, match="1 file listed and not there, the first is z"):
        find_pairs(root, split="test")


def test_two_files_of_one_name_are_refused(fill: Fill) -> None:
    root = fill("images", "masks", "a")
    (root / "images" / "a.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match="claim the same name"):
        find_pairs(root)


def test_the_group_pattern_takes_its_first_group_or_the_whole_match() -> None:
    assert group_of("b7_003", pattern=r"^(\w+)_\d+$") == "b7"
    assert group_of("b7_003", pattern=r"^b\d") == "b7"


def test_a_group_pattern_must_fit() -> None:
    with pytest.raises(DatasetError, match="'x' is not found in it"):
        group_of("b7", pattern="x")
    with pytest.raises(UsageError, match="is no regular expression"):
        group_of("b7", pattern="(")


@pytest.mark.data
def test_the_public_sets_have_their_published_numbers(data_dir: Path) -> None:
    def count(name: str, split: str | None) -> int:
        return len(find_pairs(data_dir / name, split=split))

    assert [count("cfd", split) for split in ("train", "test", None)] == [71, 46, 118]
    assert [count("uav315", split) for split in ("train", "val", "test")] == [189, 63, 63]
    assert [count("deepcrack256", split) for split in ("train", "test")] == [300, 237]
    assert [count("crack500_256", split) for split in ("train", "test")] == [286, 93]
    assert count("aiglern_tiles", None) == 269
    assert len({pair.group for pair in find_pairs(data_dir / "aiglern_tiles")}) == 55
