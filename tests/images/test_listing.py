from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.errors import UsageError
from crackgauge.images import list_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        "photo.HEIC",
        "raw.dng",
        ".hidden.jpg",
        "sub/c.tif",
        "sub/.git/d.jpg",
        "sub/deep/e.webp",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "folder.jpg" / "inside.jpg").touch()
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    return tmp_path


def names(paths: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


def test_a_folder_with_its_sub_folders(folder):
    assert names(list_images(folder), folder) == [
        "a.png",
        "b.JPG",
        "dangling.jpg",
        "folder.jpg",
        "photo.HEIC",
        "raw.dng",
        "sub/c.tif",
        "sub/deep/e.webp",
    ]


def test_a_folder_alone(folder):
    found = names(list_images(folder, recursive=False), folder)
    assert "sub/c.tif" not in found
    assert "a.png" in found


def test_one_file_whatever_its_suffix(folder):
    assert list_images(folder / "notes.txt") == [folder / "notes.txt"]
    assert list_images(folder / "dangling.jpg") == [folder / "dangling.jpg"]


def test_patterns(folder):
    assert names(list_images(f"{folder}/*.png"), folder) == ["a.png"]
    assert names(list_images(f"{folder}/**/*.tif"), folder) == ["sub/c.tif"]
    assert names(list_images(f"{folder}/*.txt"), folder) == ["notes.txt"]


def test_a_name_with_brackets_is_a_name_first(tmp_path):
    (tmp_path / "crack[1].jpg").touch()
    assert list_images(tmp_path / "crack[1].jpg") == [tmp_path / "crack[1].jpg"]


@pytest.mark.parametrize("source", ["nothing.jpg", "*.bmp", "empty", "a\x00b"])
def test_nothing_found_is_wrong_use(folder, source):
    (folder / "empty").mkdir()
    with pytest.raises(UsageError):
        list_images(folder / source)
