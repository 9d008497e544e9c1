"""The table and the files of a patch set say the same as the images."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackgauge.data.pairs import Pair, find_pairs
from crackgauge.data.patch_set import PatchIndex, compose, index_patches
from crackgauge.data.patch_set_files import write_index, write_patches
from crackgauge.errors import DatasetError
from crackgauge.images import read_image, read_mask, write_image, write_mask


@pytest.fixture
def pairs(fill: Callable[..., Path]) -> list[Pair]:
    """Two images of 96 x 144 px and one of 20 x 30 px."""
    root = fill("images", "masks", "deck-1", "deck-2")
    write_image(root / "images" / "small.png", np.full((20, 30, 3), 90, np.uint8))
    write_mask(root / "masks" / "small.png", np.ones((20, 30), bool))
    return find_pairs(root)


def _index(pairs: list[Pair], side: int, **options: int) -> PatchIndex:
    masks = (read_mask(pair.mask).mask for pair in pairs if pair.mask is not None)
    return index_patches(masks, side, **options)


def test_every_row_names_a_patch_with_its_crack_pixels(pairs: list[Pair], tmp_path: Path) -> None:
    index = _index(pairs, 20)
    write_index(tmp_path / "tables" / "set.csv", pairs, index, compose(index, "all"))
    with (tmp_path / "tables" / "set.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    # 5 x 8 patches of either drawing, 1 x 2 of the small image.
    assert [row["image"] for row in rows].count("../images/deck-1.png") == 40
    assert len(rows) == 82
    for row in rows:
        mask = read_mask(tmp_path / "tables" / row["mask"]).mask
        top, left, side = (int(row[name]) for name in ("row", "col", "side_px"))
        assert np.count_nonzero(mask[top : top + side, left : left + side]) == int(row["crack_px"])


def test_files_are_the_patches_and_a_dataset_of_their_own(
    pairs: list[Pair], tmp_path: Path
) -> None:
    index = _index(pairs, 48)
    chosen = compose(index, "70/30")
    told = []
    written = write_patches(
        tmp_path / "out", pairs, index, chosen, progress=lambda *event: told.append(event)
    )
    found = find_pairs(tmp_path / "out")
    assert len(found) == written == len(chosen)
    assert {pair.group for pair in found} <= {"deck-1", "deck-2", "small"}
    by_stem = {pair.stem: pair for pair in pairs}
    for patch in found:
        image, _, corner = patch.stem.rpartition("-r")
        row, col = (int(text) for text in corner.split("c"))
        source = by_stem[image]
        assert patch.mask is not None
        assert source.mask is not None
        got, truth = read_image(patch.image), read_mask(patch.mask).mask
        if image == "small":
            assert truth.shape == (48, 48)
            assert truth.all()
            continue
        part = np.s_[row : row + 48, col : col + 48]
        assert np.array_equal(got, read_image(source.image)[part])
        assert np.array_equal(truth, read_mask(source.mask).mask[part])
    assert told[-1][:2] == (len(told), len(told))


def test_crops_of_mirrored_parents_are_written(pairs: list[Pair], tmp_path: Path) -> None:
    index = _index(pairs[2:], 16, parent_px=64, seed=3)
    assert write_patches(tmp_path / "out", pairs[2:], index, compose(index, "all")) == 1


def test_two_images_of_one_name_are_not_written_over_each_other(
    pairs: list[Pair], tmp_path: Path
) -> None:
    twice = [pairs[0], pairs[0]]
    index = _index(twice, 48)
    with pytest.raises(DatasetError, match="got two images of the name deck-1"):
        write_patches(tmp_path / "out", twice, index, compose(index, "all"))


def test_two_sets_are_not_mixed_and_the_same_one_is_written_again(
    pairs: list[Pair], tmp_path: Path
) -> None:
    index = _index(pairs, 48)
    first, second = (compose(index, "50/50", crack_patches=1, seed=seed) for seed in (0, 1))
    assert first.tolist() != second.tolist()
    out = tmp_path / "out"
    assert write_patches(out, pairs, index, first) == 2
    (out / "images" / sorted(path.name for path in (out / "images").iterdir())[0]).unlink()
    assert write_patches(out, pairs, index, first) == 2  # as after a stop
    with pytest.raises(DatasetError, match=r"images: holds [12] files that are not of this set"):
        write_patches(out, pairs, index, second)
    assert len(list((out / "images").iterdir())) == 2
