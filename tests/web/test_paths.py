from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.web.paths import resolve_under
from crackgauge.web.refusals import Refused


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """photos/a/b.jpg, beside it secret.txt; links within the folder and out of it."""
    folder = tmp_path / "photos"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "b.jpg").write_text("b")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "within.jpg").symlink_to(folder / "a" / "b.jpg")
    (folder / "out.jpg").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    return folder


@pytest.mark.parametrize("name", ["a/b.jpg", "within.jpg"])
def test_what_lies_below_is_found(root: Path, name: str):
    assert resolve_under(root, name).read_text() == "b"


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "a/../../secret.txt", "a/../a/b.jpg", "/etc/passwd", "out.jpg",
     "up/secret.txt", "up/photos/../secret.txt", "a\\b.jpg", "a/b.jpg\0.png", "", ".", "./"],
)  # fmt: skip
def test_what_leads_out_is_not_followed(root: Path, name: str):
    with pytest.raises(Refused) as refused:
        resolve_under(root, name)
    assert refused.value.status == 403
    assert str(root) not in str(refused.value)


@pytest.mark.parametrize("name", ["c.jpg", "a/b.jpg/c", "loop.jpg", "x" * 5000])
def test_what_is_not_there_is_not_found(root: Path, name: str):
    with pytest.raises(Refused) as refused:
        resolve_under(root, name)
    assert refused.value.status == 404
