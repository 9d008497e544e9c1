"""The page's types are those of the REST interface as it is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from tests.web.browser.description import describe

import crackgauge

FRONTEND = Path(crackgauge.__file__).parent / "web" / "frontend"
GENERATOR = FRONTEND / "node_modules" / ".bin" / "openapi-typescript"


def test_the_types_are_up_to_date(tmp_path: Path):
    if not GENERATOR.is_file():
        pytest.skip("the page's packages are not installed (make page, which needs npm)")
    (tmp_path / "openapi.json").write_text(json.dumps(describe()), "utf-8")
    made = tmp_path / "schema.d.ts"
    command = [GENERATOR, tmp_path / "openapi.json", "--output", made]
    subprocess.run(command, check=True, capture_output=True)
    kept = (FRONTEND / "src" / "api" / "schema.d.ts").read_text("utf-8")
    assert _plain(kept) == _plain(made.read_text("utf-8")), "run `make types`"


def _plain(source: str) -> str:
    """Without comments, and without what a formatter changes."""
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    return re.sub(r"[\s;|(),]+", " ", bare)
