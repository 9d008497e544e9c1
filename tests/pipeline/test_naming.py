from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.errors import UsageError
from crackgauge.pipeline.naming import find_jobs, name_jobs, source_root


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return [folder / name for name in names]


def keys(*names: str) -> list[str]:
    return [job.key for job in name_jobs([Path("p") / name for name in names], Path("p"))]


def test_same_stem_in_two_folders_keeps_the_folder() -> None:
    assert keys("day1/a.jpg", "day2/a.jpg") == ["day1/a", "day2/a"]


def test_same_stem_with_two_suffixes_takes_the_suffix_in() -> None:
    assert keys("a.jpg", "a.png", "b.jpg") == ["a_jpg", "a_png", "b"]


def test_a_name_that_is_taken_by_another_file_gets_a_number() -> None:
    assert keys("a.jpg", "a.png", "a_jpg.bmp") == ["a_jpg_2", "a_png", "a_jpg"]


def test_names_that_differ_in_case_alone_do_not_meet_on_any_file_system() -> None:
    given = keys("A.jpg", "a.jpg", "a.JPG")
    assert len({key.casefold() for key in given}) == 3


def test_only_the_last_suffix_goes() -> None:
    assert keys("deck.north.jpg") == ["deck.north"]


def test_root_of_a_folder_a_file_and_a_glob(tmp_path: Path) -> None:
    (file,) = touch(tmp_path, "day1/a.jpg")
    assert source_root(tmp_path) == tmp_path
    assert source_root(file) == file.parent
    assert source_root(tmp_path / "day*" / "*.jpg") == tmp_path


def test_glob_keeps_the_path_below_its_wildcard(tmp_path: Path) -> None:
    touch(tmp_path, "day1/a.jpg", "day2/a.jpg")
    jobs = find_jobs(str(tmp_path / "day?" / "*.jpg"), tmp_path / "out", recursive=True)
    assert [job.name for job in jobs] == ["day1/a.jpg", "day2/a.jpg"]


def test_outputs_inside_the_source_are_no_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "report/overlays/a.jpg")
    jobs = find_jobs(tmp_path, tmp_path / "report", recursive=True)
    assert [job.name for job in jobs] == ["a.jpg"]


def test_the_source_cannot_be_the_output(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match="folder of the images itself"):
        find_jobs(tmp_path, tmp_path / "x" / "..", recursive=True)


def test_nothing_but_outputs_is_nothing_to_do(tmp_path: Path) -> None:
    touch(tmp_path, "report/overlays/a.jpg")
    with pytest.raises(UsageError, match="nothing to do"):
        find_jobs(tmp_path, tmp_path / "report", recursive=True)
