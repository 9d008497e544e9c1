"""The benchmarks of prediction run at a tiny size and write what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "benchmarks"


def run(script: str, model: Path, out: Path, *options: str) -> dict[str, Any]:
    """What the benchmark `script` writes as JSON; its exit code must be 0."""
    arguments = ["--model", str(model), "--out", str(out), "--threads", "1", *options]
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{script}.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (out / f"{script}.md").read_text("utf-8").startswith("# ")
    return json.loads((out / f"{script}.json").read_text("utf-8"))


def test_tiling_exactness(contrast_model, tmp_path):
    sizes = ["--count", "3", "--largest", "90", "--tiles", "32"]
    result = run("tiling_exactness", contrast_model, tmp_path, *sizes)
    (row,) = result["tables"]["By core"]
    assert (row["images"], row["of several tiles"]) == (3, 2)
    assert row["largest difference"] <= 1e-5
    corners = [(image["height"], image["width"]) for image in result["images"]]
    assert (corners[0], corners[-1]) == ((1, 1), (90, 90))


def test_huge_tiff(contrast_model, tmp_path):
    result = run("huge_tiff", contrast_model, tmp_path, "--side", "600", "--checks", "2")
    (row,) = result["tables"]["Result"]
    assert row["megapixels"] == 0.36
    assert 20 < row["peak memory, MiB"] < row["limit, MiB"]


def test_speed(contrast_model, tmp_path):
    # At this size the share says nothing: its target is left to the real run.
    sizes = ["--side", "64", "--images", "1", "--rounds", "1", "--tiled", "96", "--cores", "32"]
    arguments = ["--no-rivals", "--target", "0"]
    tables = run("speed", contrast_model, tmp_path, *sizes, *arguments)["tables"]
    runtimes = ["ONNX Runtime fp32", "OpenVINO fp32", "OpenVINO bf16"]
    (first, *_) = tables.values()
    assert [row["runtime"] for row in first] == runtimes
    tiled = tables["Tiled, an image of 96 x 96 px"]
    # Cores of 32 px see 40, 48 and 40 px: 1 - 96^2 / 128^2.
    assert {row["tiles"] for row in tiled} == {9}
    assert {row["share of the halo"] for row in tiled} == {0.438}
