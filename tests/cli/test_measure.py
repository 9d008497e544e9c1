from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackgauge.images import write_mask

Run = Callable[..., Any]


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    mask = np.zeros((80, 160), dtype=bool)
    mask[20:24, 20:140] = True
    write_mask(tmp_path / "masks/a.png", mask)
    return tmp_path / "masks"


def cracks_of(out: Path) -> list[dict[str, str]]:
    with (out / "cracks.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_masks_in_measures_out(run: Run, masks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = run("measure", masks, "--mm-per-px", 0.11, "--standard", "aci-224r", "-o", out)
    assert answer.code == 0
    assert answer.out == f"1 done\n{out / 'report.html'}\n"
    (crack,) = cracks_of(out)
    assert crack["severity_reason"] == "mean 0.44 mm > 0.41: above the guide for dry air"


def test_one_mask_with_zones(run: Run, masks: Path, tmp_path: Path) -> None:
    ring = [[0, 0], [80, 0], [80, 80], [0, 80], [0, 0]]
    lane = {
        "type": "Feature",
        "properties": {"name": "lane 1", "direction_deg": 90},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    region = tmp_path / "lanes.geojson"
    region.write_text(json.dumps({"type": "FeatureCollection", "features": [lane]}))
    out = tmp_path / "out"
    answer = run("measure", masks / "a.png", "--region", region, "-o", out, "-q")
    assert (answer.code, answer.out) == (0, "")
    (crack,) = cracks_of(out)
    assert (crack["zone"], crack["crack_type"]) == ("lane 1", "transverse")
    with (out / "zones.csv").open(encoding="utf-8", newline="") as stream:
        (zone,) = csv.DictReader(stream)
    assert float(zone["crack_length_px"]) == pytest.approx(60, abs=1)


def test_set_aside_is_exit_code_three(run: Run, masks: Path, tmp_path: Path) -> None:
    (masks / "bad.png").write_bytes(b"")
    answer = run("measure", masks, "-o", tmp_path / "out")
    assert answer.code == 3
    assert "bad.png: empty" in answer.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--standard", "aci224"), "did you mean aci-224r?"),
        (("--points", "1,2,3"), "expected four numbers"),
        (("--points", "1,2,3,4"), "expected both"),
        (("--mm-per-px", "1", "--marker-mm", "50"), "expected one way"),
        (("--bridge-deg", "100"), "expected 0 to 90"),
        (("--region", "missing.geojson"), "cannot be read as GeoJSON"),
        (("--threshold", "0.5"), "goes with probabilities"),
    ],
)
def test_wrong_use(run: Run, masks: Path, tmp_path: Path, options, words) -> None:
    answer = run("measure", masks, "-o", tmp_path / "out", *options)
    assert answer.code == 2
    assert words in answer.err
    assert not (tmp_path / "out").exists()


def test_measuring_loads_neither_torch_nor_a_runtime(masks: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from crackgauge.cli.main import run\n"
        f"run(['measure', {str(masks)!r}, '-o', {str(tmp_path / 'out')!r}, '-q'])\n"
        "print(sorted({'torch', 'onnxruntime', 'openvino'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
