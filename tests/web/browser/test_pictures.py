"""The pictures in the docs can be drawn again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from crackgauge.data.synth import render
from crackgauge.images import write_image

EXAMPLES = Path(__file__).parents[3] / "examples"

pytest.importorskip("numba")


@pytest.mark.usefixtures("chromium")
def test_draw_page_draws_every_view(contrast_model: Path, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    photo = render(3, surface="concrete", size=(192, 256)).image
    write_image(tmp_path / "photos" / "deck.jpg", photo)
    out = tmp_path / "pictures"
    command = [sys.executable, EXAMPLES / "draw_page.py", "--out", out]
    command += ["--photos", tmp_path / "photos", "--model", contrast_model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sizes = {path.stem: cv2.imread(str(path)).shape[:2] for path in out.iterdir()}
    desk, tablet = (800, 1280), (768, 1024)
    assert sizes == {
        "cracks": desk, "mask": desk, "trace": desk, "report": desk, "tablet": tablet,
    }  # fmt: skip
