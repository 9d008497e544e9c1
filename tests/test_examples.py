from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from crackgauge.data.synth import render
from crackgauge.images import write_image

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(script: str, *arguments: str | Path) -> list[str]:
    """Lines that an example prints; warnings are errors in it too."""
    command = [sys.executable, "-W", "error", EXAMPLES / script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    write_image(folder / "deck.jpg", render(3, surface="concrete", size=(256, 256)).image)
    return folder


def test_measure_photo_prints_a_table_of_cracks(photos: Path):
    header, *rows = run("measure_photo.py", photos / "deck.jpg", "0.5")
    assert "length_mm" in header.split()
    assert rows


def test_widest_cracks_prints_the_widest_first(photos: Path, tmp_path: Path):
    (photos / "broken.jpg").write_bytes(b"")
    lines = run("widest_cracks.py", photos, tmp_path / "out", "0.5")
    assert lines[0].startswith("set aside: ")
    assert lines[1].split() == ["image", "width_max_mm"]
    widths = [float(line.split()[-1]) for line in lines[2:]]
    assert widths
    assert widths == sorted(widths, reverse=True)


def test_draw_metrics_draws_what_it_computes(tmp_path: Path):
    lines = run("draw_metrics.py", "--out", tmp_path)
    names = ["tolerance", "thresholds", "one_pass", "centreline", "regions"]
    assert [line.partition(":")[0] for line in lines] == names
    # Counted in the drawing: 6 of 23 and of 29 pixels meet, 15 and 24 lie within 2 px.
    assert lines[0] == "tolerance: F1 at 0 px 0.2308, F1 at 2 px 0.7295"
    for name in names:
        picture = tmp_path / f"{name}.png"
        with Image.open(picture) as drawn:
            assert 1000 <= drawn.width <= 1200
        assert picture.stat().st_size < 60_000


def test_draw_measures_draws_what_it_measures(tmp_path: Path):
    lines = run("draw_measures.py", "--out", tmp_path)
    assert lines == [
        "lines: 1 crack, 4 branches, 133.4 px long, 7.3 px bridged",
        "profile: drawn 4.25 px, probability 4.25, mask 4.00",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines.png", "profile.png"]
