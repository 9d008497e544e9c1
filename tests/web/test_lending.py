"""A folder that is removed while it is sent."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from tests.web.conftest import wait_until

from crackgauge.web.lending import Lending


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dataset"
    made.mkdir()
    for name in "ab":
        (made / name).write_text(name)
    return made


def test_it_goes_when_the_last_was_sent(folder: Path):
    lending = Lending()
    first, second = lending.zipped(folder), lending.zipped(folder)
    content = next(first)
    lending.remove(folder)
    content += b"".join(first)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["a", "b"]
    del first
    assert folder.is_dir()
    del second  # its client hung up before it was begun
    wait_until(lambda: not folder.exists(), 10)


def test_it_goes_at_once_where_nobody_gets_it(folder: Path):
    lending = Lending()
    assert b"".join(lending.zipped(folder))
    lending.remove(folder)
    wait_until(lambda: not folder.exists(), 10)
