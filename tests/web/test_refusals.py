from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.errors import (
    CORRUPT,
    TOO_LARGE,
    UNSUPPORTED,
    InputRefused,
    StorageError,
    UsageError,
)
from crackgauge.web.refusals import as_refused, without_paths


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputRefused(Path("/home/me/a.jpg"), TOO_LARGE, "has too many pixels"), 413),
        (InputRefused(Path("/home/me/a.jpg"), UNSUPPORTED, "is a GIF"), 415),
        (InputRefused(Path("/home/me/a.jpg"), CORRUPT, "is damaged"), 422),
        (StorageError("/home/me/x: the disk is full"), 507),
        (UsageError("/home/me/x: holds another run"), 422),
        (ValueError("/home/me/x"), 500),
    ],
)
def test_errors_have_a_status_and_no_path(error: Exception, status: int):
    refused = as_refused(error)
    assert refused.status == status
    assert "/home" not in refused.sentence


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("/tmp/a b/c.jpg: is cut", "... b/c.jpg: is cut"),  # unless its root is known
        ("got '/srv/x.tif', expected 0.2 mm/px", "got '...', expected 0.2 mm/px"),
        (r"C:\photos\x.jpg: is cut", "...: is cut"),
        ("use and/or 1/2", "use and/or 1/2"),
    ],
)
def test_paths_become_dots(sentence: str, expected: str):
    assert without_paths(sentence) == expected
    assert without_paths("/tmp/a b/c.jpg", ["/tmp/a b"]) == ".../c.jpg"
