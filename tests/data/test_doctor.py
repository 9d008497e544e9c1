from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from crackgauge.data.doctor import DoctorReport, check
from crackgauge.data.doctor_findings import KINDS, NOTES, PROBLEMS
from crackgauge.errors import DatasetError
from crackgauge.images import read_image, read_mask, write_image, write_mask

Fill = Callable[..., Path]


def found(report: DoctorReport) -> list[tuple[str, str]]:
    return [(finding.kind, finding.stem) for finding in report.findings]


def test_a_clean_set_is_clean(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c")
    report = check(root)
    assert report.findings == ()
    assert report.exit_code == 0
    assert report.splits == {"": 3}
    assert report.mask_rules == {"0/255": 3}
    one = report.examined[0]
    assert (one.height, one.width) == (96, 144)
    # Three bars of 3 px: 51 and 60 long, and 27 between them.
    assert one.crack_share == pytest.approx((51 + 60 + 27) * 3 / (96 * 144))


def test_what_does_not_pair(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c", "d")
    (root / "images" / "a.png").unlink()
    (root / "masks" / "b.png").unlink()
    (root / "images" / "c.jpg").write_bytes((root / "images" / "d.png").read_bytes())
    (root / "train.txt").write_text("d\nz\n")
    report = check(root)
    # c.jpg comes before c.png and holds the picture of d, whose mask is like that of c.
    assert found(report) == [
        ("no-mask", "b"),
        ("no-image", "a"),
        ("not-there", "z"),
        ("name-clash", "c"),
        ("duplicate", "c"),
    ]
    assert report.exit_code == 3


def test_files_that_cannot_be_read(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c")
    (root / "images" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "images" / "b.png").write_bytes(b"")
    (root / "masks" / "c.png").write_text("not a picture")
    report = check(root)
    assert found(report) == [
        ("image-unreadable", "a"),
        ("image-unreadable", "b"),
        ("mask-unreadable", "c"),
    ]
    assert report.findings[1].detail.startswith("empty: ")
    assert report.findings[2].path == "masks/c.png"


def test_masks_of_another_size_empty_and_full(fill: Fill) -> None:
    root = fill("images", "masks", "empty", "full", "small")
    empty = np.zeros((96, 144), dtype=np.bool_)
    write_mask(root / "masks" / "empty.png", empty)
    write_mask(root / "masks" / "full.png", ~empty)
    write_mask(root / "masks" / "small.png", read_mask(root / "masks" / "small.png").mask[:-6])
    report = check(root)
    assert found(report) == [
        ("size-mismatch", "small"),
        ("mask-full", "full"),
        ("mask-empty", "empty"),
    ]
    assert "the image is 144x96, the mask 144x90 (width x height)" in report.findings[0].detail
    assert [finding.severity for finding in report.findings] == ["problem", "problem", "note"]


def test_an_empty_mask_alone_is_no_problem(fill: Fill) -> None:
    root = fill("images", "masks", "a")
    write_mask(root / "masks" / "a.png", np.zeros((96, 144), dtype=np.bool_))
    assert check(root).exit_code == 0


def test_wrong_truths(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c")
    mask = read_mask(root / "masks" / "a.png").mask
    write_mask(root / "masks" / "a.png", mask[::-1, ::-1])
    write_mask(root / "masks" / "b.png", np.roll(mask, 8, axis=0))
    other = np.zeros_like(mask)
    other[25:90, 124:127] = True
    write_mask(root / "masks" / "c.png", other)
    report = check(root)
    assert found(report) == [("mask-turned", "a"), ("mask-shifted", "b"), ("no-contrast", "c")]
    assert report.findings[0].detail.startswith("turned by 180 degrees the mask stands out by ")
    assert "8 px up" in report.findings[1].detail


def test_a_mask_stored_otherwise_than_the_rest_is_noted(fill: Fill) -> None:
    root = fill("images", "masks", *(f"p{number:02d}" for number in range(11)))
    path = root / "masks" / "p03.png"
    mask = read_mask(path).mask
    PillowImage.fromarray(mask.astype(np.uint8)).save(path)
    report = check(root)
    assert found(report) == [("mask-encoding", "p03")]
    assert report.findings[0].detail == "read by the rule '0/1', most of the set by '0/255'"
    assert report.exit_code == 0


def test_duplicates_within_and_across_splits(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c", "d")
    for copy, original in (("b", "a"), ("d", "c")):
        image = read_image(root / "images" / f"{original}.png")
        write_image(root / "images" / f"{copy}.png", image)
        write_mask(
            root / "masks" / f"{copy}.png", read_mask(root / "masks" / f"{original}.png").mask
        )
    darker = (read_image(root / "images" / "c.png") * 0.9).astype(np.uint8)
    write_image(root / "images" / "d.png", darker)
    (root / "train.txt").write_text("a\nb\nc\nd\n")
    within = check(root)
    assert found(within) == [("duplicate", "a"), ("near-duplicate", "c")]
    assert within.findings[0].detail == "the same pixels as b in train"
    (root / "train.txt").write_text("a\nc\n")
    (root / "test.txt").write_text("b\nd\n")
    across = check(root)
    assert found(across) == [("leak-duplicate", "a"), ("leak-duplicate", "c")]
    assert [(finding.other, finding.other_split) for finding in across.findings] == [
        ("b", "test"),
        ("d", "test"),
    ]


def test_a_source_photo_in_two_splits_is_a_leak(fill: Fill) -> None:
    fill("train_img", "train_lab", "deck-1", "deck-2", "pier_1")
    root = fill("test_img", "test_lab", "deck-3", "pier_2")
    report = check(root)
    assert found(report) == [("leak-group", "deck")]
    assert report.findings[0].detail.startswith(
        "images of this source photo: 1 in test, 2 in train;"
    )
    other = check(root, group_pattern=r"^([a-z]+)")
    assert found(other) == [("leak-group", "deck"), ("leak-group", "pier")]


def test_an_image_listed_twice_is_a_leak_and_no_duplicate_of_itself(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    (root / "train.txt").write_text("a\nb\n")
    (root / "test.txt").write_text("a\n")
    assert found(check(root)) == [("leak-group", "a"), ("leak-duplicate", "a")]


def test_progress_counts_to_the_end(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b")
    told: list[tuple[int, int, str]] = []
    check(root, progress=lambda *event: told.append(event))
    assert told == [(1, 2, "a"), (2, 2, "b")]


def test_threads_do_not_change_the_report(fill: Fill) -> None:
    root = fill("images", "masks", "a", "b", "c", "d")
    one, three = check(root, workers=1), check(root, workers=3)
    assert one.findings == three.findings
    assert [e.contrast for e in one.examined] == [e.contrast for e in three.examined]


def test_no_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no images with masks found"):
        check(tmp_path)


def test_a_kind_is_a_problem_or_a_note() -> None:
    assert not PROBLEMS.keys() & NOTES.keys()
    assert list(KINDS) == [*PROBLEMS, *NOTES]


@pytest.mark.data
def test_the_doctor_finds_what_is_wrong_with_crack500(data_dir: Path) -> None:
    report = check(data_dir / "crack500_256")
    assert report.counts == {
        "mask-turned": 7,
        "leak-group": 2,
        "leak-duplicate": 2,
        "near-duplicate": 4,
    }
