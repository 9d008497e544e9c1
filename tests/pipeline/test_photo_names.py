"""Photos by the names that labels use, and names that are safe to write."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.errors import InputRefused
from crackgauge.pipeline.photo_names import Photos, free_key, safe_name


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    for name in ("a.jpg", "1/b.jpg", "2/b.jpg", "2/b_mask.png", "c_gt.png", "1/deep/a.tif"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Photos(tmp_path / "photos")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.png", "a.jpg"),
        ("a", "a.jpg"),
        ("a_mask.png", "a.jpg"),
        ("task/1/b.jpg", "1/b.jpg"),
        ("../photos/2/b.jpg", "2/b.jpg"),
        ("2/b_mask.png", "2/b_mask.png"),  # a photo of the whole name goes first
        ("c_gt.png", "c_gt.png"),
        ("deep/a.jpg", "1/deep/a.tif"),
    ],
)
def test_the_photo_of_a_name(photos: Photos, name: str, found: str):
    path = photos.find(name, labels=Path("l.json"))
    assert path.relative_to(photos.root).as_posix() == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("b.jpg", "2 photos in photos/ are named b"),
        ("d.jpg", "no photo d.jpg"),
        ("", "no photo"),
        ("/", "no photo /"),
        (".", r"no photo \."),
        ("..", r"no photo \.\."),
    ],
)
def test_no_photo_or_two_are_refused(photos: Photos, name: str, words: str):
    with pytest.raises(InputRefused, match=words):
        photos.find(name, labels=Path("l.json"))


NAMES = (
    st.text(max_size=20)
    | st.text(alphabet="é🙂a. ", min_size=110, max_size=130)
    | st.text(alphabet="./\\:a\x00~ ", max_size=12)
)


@given(NAMES)
def test_any_name_stays_in_the_folder(name: str):
    safe = safe_name(name)
    path = PurePosixPath(safe)
    assert not path.is_absolute()
    assert not {"..", "."} & set(path.parts)
    assert all(0 < len(part.encode()) <= 120 for part in path.parts)
    assert not any(part.startswith(".") for part in path.parts)
    assert len(path.parts) <= 8
    assert safe.isprintable() or not any(ord(letter) < 32 for letter in safe)
    safe.encode("utf-8")
    assert safe_name(safe) == safe


@given(st.lists(st.sampled_from(["a.jpg", "a.png", "A.JPG", "a_png.x", "a_jpg.x"]), max_size=8))
def test_keys_are_all_different(names: list[str]):
    taken: set[str] = set()
    keys = [free_key(name, taken).casefold() for name in names]
    assert len(set(keys)) == len(names)
