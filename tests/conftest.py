from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the public crack datasets; a test that asks for it is marked `data`."""
    value = os.environ.get("CRACKGAUGE_DATA")
    if not value:
        pytest.skip("CRACKGAUGE_DATA is not set: it names the folder of the crack datasets")
    folder = Path(value)
    if not folder.is_dir():
        pytest.skip(f"CRACKGAUGE_DATA={value} is no folder")
    return folder
