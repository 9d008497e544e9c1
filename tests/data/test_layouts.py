from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from crackgauge.data.layouts import scan
from crackgauge.errors import DatasetError

Fill = Callable[..., Path]


def entries(root: Path) -> list[tuple[str, str | None, bool]]:
    return [(e.stem, e.split, e.mask is not None) for e in scan(root).entries]


def test_images_and_masks_without_lists(fill: Fill) -> None:
    root = fill("images", "masks", "b", "a")
    assert scan(root).layout == "images-masks"
    assert entries(root) == [("a", None, True), ("b", None, True)]


def test_images_and_masks_with_lists_of_stems_and_of_names(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "deck 3", "d")
    (root / "train.txt").write_text("# learned from\na\n\ndeck 3\n")
    (root / "valid.txt").write_text("images/b.png\n")
    assert entries(root) == [
        ("a", "train", True),
        ("b", "val", True),
        ("d", None, True),
        ("deck 3", "train", True),
    ]
    assert scan(root).splits == ["train", "val"]


def test_folders_inside_the_folders_are_part_of_the_name(fill: Fill) -> None:
    assert entries(fill("images/pier", "masks/pier", "a")) == [("pier/a", None, True)]


def test_masks_may_have_an_ending(fill: Fill) -> None:
    root = fill("images", "masks", "a")
    (root / "masks" / "a.png").rename(root / "masks" / "a_mask.png")
    listing = scan(root)
    assert entries(root) == [("a", None, True)]
    assert listing.orphan_masks == []


def test_what_does_not_pair_is_kept(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c")
    (root / "images" / "a.png").unlink()
    (root / "masks" / "b.png").unlink()
    (root / "images" / "c.jpg").write_bytes(b"")
    (root / "images" / "phone.heic").write_bytes(b"")
    (root / "images" / ".hidden.png").write_bytes(b"")
    (root / "images" / "notes.md").write_text("")
    (root / "test.txt").write_text("b\nz\n")
    listing = scan(root)
    assert entries(root) == [("b", "test", False), ("c", None, True), ("phone", None, False)]
    assert [path.name for path in listing.orphan_masks] == ["a.png"]
    assert [(a.name, b.name) for a, b in listing.ambiguous] == [("c.jpg", "c.png")]
    assert listing.missing == [("test", "z")]


def test_img_lab_takes_the_prefix_as_split(fill: Fill) -> None:
    fill("train_img", "train_lab", "a")
    root = fill("test_img", "test_lab", "a")
    assert scan(root).layout == "img-lab"
    assert entries(root) == [("a", "train", True), ("a", "test", True)]


def test_name_lab_takes_the_name_as_split(fill: Fill) -> None:
    fill("train", "train_lab", "a-1")
    root = fill("valid", "valid_lab", "a-2")
    assert scan(root).layout == "name-lab"
    assert entries(root) == [("a-1", "train", True), ("a-2", "val", True)]


def test_split_folders(fill: Fill) -> None:
    fill("train/images", "train/masks", "a")
    root = fill("test/images", "test/masks", "b")
    assert scan(root).layout == "split-folders"
    assert entries(root) == [("a", "train", True), ("b", "test", True)]


def test_crackforest_has_its_split_without_042(tmp_path: Path) -> None:
    (tmp_path / "groundTruth").mkdir()
    (tmp_path / "image").mkdir()
    for stem in ("041", "042", "072", "073", "118", "201"):
        (tmp_path / "image" / f"{stem}.jpg").write_bytes(b"")
    for stem in ("041", "042", "072", "073", "118"):
        truth = {"Segmentation": np.full((2, 2), 2, dtype=np.uint8)}
        savemat(tmp_path / "groundTruth" / f"{stem}.mat", {"groundTruth": truth})
    assert scan(tmp_path).layout == "cfd"
    assert entries(tmp_path) == [
        ("041", "train", True),
        ("042", None, True),
        ("072", "train", True),
        ("073", "test", True),
        ("118", "test", True),
        ("201", None, False),
    ]


@pytest.mark.parametrize("separator", [" ", "\t", ",", " , "])
def test_list_files_of_two_columns(fill: Fill, separator: str) -> None:
    root = fill("photos", "truth", "a", "b")
    (root / "train.txt").write_text(f"image{separator}mask\nphotos/a.png{separator}truth/a.png\n")
    (root / "test.lst").write_text(f"photos/b.png{separator}truth/b.png\n")
    assert scan(root).layout == "list-files"
    assert entries(root) == [("a", "train", True), ("b", "test", True)]
    assert entries(root / "test.lst") == [("b", "test", True)]


def test_listed_files_of_one_name_keep_their_folders(fill: Fill) -> None:
    fill("x", "mx", "a")
    root = fill("y", "my", "a")
    (root / "train.txt").write_text("x/a.png mx/a.png\ny/a.png my/a.png\n")
    assert entries(root) == [("x/a", "train", True), ("y/a", "train", True)]


def test_a_list_with_too_many_columns_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a.png a_mask.png\nmy photo.png my mask.png\n")
    with pytest.raises(DatasetError, match=r"train\.txt: line 2 has 4 columns, .* tab"):
        scan(tmp_path)


def test_a_list_file_of_one_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a.png\n")
    with pytest.raises(DatasetError, match=r"line 1 has one column \('a\.png'\), expected two"):
        scan(tmp_path / "train.txt")


def test_a_list_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DatasetError, match="is no UTF-8 text"):
        scan(tmp_path / "train.txt")


def test_a_folder_of_no_layout_says_what_it_holds_and_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(DatasetError, match=r"holds photos/\. Expected one of: images/ \+ masks/"):
        scan(tmp_path)


def test_an_empty_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(DatasetError, match="its folders hold no image"):
        scan(tmp_path)


def test_a_missing_folder_and_an_unknown_layout_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such folder"):
        scan(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="unknown layout 'coco'; known: auto, images-masks"):
        scan(tmp_path, layout="coco")


def test_a_layout_that_was_asked_for_is_the_only_one_tried(fill: Fill) -> None:
    root = fill("images", "masks", "a")
    with pytest.raises(DatasetError, match="Expected one of: CrackForest"):
        scan(root, layout="cfd")
