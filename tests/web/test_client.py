"""The client of `examples/`, as a user runs it, and what it is told."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from tests.web.conftest import Running, write_wall

CLIENT = Path(__file__).parents[2] / "examples" / "serve_client.py"


@pytest.fixture(scope="module")
def client_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_runs(served: Running, tmp_path: Path):
    photo = write_wall(tmp_path / "client.png", 64, 96, 15, 45)
    out = tmp_path / "report.zip"
    done = subprocess.run(
        [sys.executable, "-W", "error", CLIENT, served.address, photo, out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "find: done",
        "cracks: 2",
        "scale: 0.5 mm per pixel",
        "strokes: 3",
        "corrected: True",
        "written: branches.csv, cracks.csv, images.csv, report.html, review.csv",
    ]
    with zipfile.ZipFile(out) as files:
        assert "a joint, not a crack" in files.read("review.csv").decode()


def test_the_client_corrects_and_makes_datasets(
    served: Running, client_module: ModuleType, tmp_path: Path
):
    client = client_module.Client(served.address)
    photos = []
    for name in ("left.png", "right.png"):
        photo = client.upload(write_wall(tmp_path / name, 64, 96, 30))
        seen = client.correct(photo, "nothing")
        seen = client.add_stroke(
            photo, seen, {"kind": "trace", "points": [(15.0, 30.0), (80.0, 30.0)]}
        )
        traced = client.trace(photo, [(15.0, 30.0), (80.0, 30.0)])
        assert seen["strokes"][0]["left"] == traced["left"]
        assert client.redo(photo, client.undo(photo, seen))["strokes"] == seen["strokes"]
        photos.append(photo)
    job = client.wait(client.dataset("both"))
    made = next(each for each in client.datasets() if each["id"] == job["id"])
    assert (made["name"], sum(made["splits"].values())) == ("both", made["images"])
    with pytest.raises(client_module.Refused, match="choose a preset"):
        client.train(made["id"])
    assert client.trainings() == []
    for photo in photos:
        client.give_up(photo, client.annotation(photo))
        assert client.annotation(photo)["state"] == "none"


def test_a_refusal_is_an_error_with_its_sentence(served: Running, client_module: ModuleType):
    client = client_module.Client(served.address)
    crack = client.cracks(served.image("two.png")["id"])[0]
    client.judge(crack, "accepted")
    with pytest.raises(client_module.Refused, match="changed by someone else") as refused:
        client.judge(crack, "rejected")
    assert refused.value.status == 409


def test_scripts_in_names_and_comments_stay_text(
    served: Running, client_module: ModuleType, tmp_path: Path
):
    """In JSON they are text of JSON; in the report they are escaped; in files they are no names."""
    client = client_module.Client(served.address)
    image = client.upload(write_wall(tmp_path / "<img src=x onerror=alert(1)>.png", 64, 96, 30))
    client.wait(client.find([image["id"]])[0])
    (crack,) = client.cracks(image["id"])
    assert client.judge(crack, "accepted", "<script>alert(3)</script>")["comment"].startswith("<sc")
    listed = served.get(f"/api/images/{image['id']}/cracks")
    assert listed.headers["content-type"] == "application/json"
    assert listed.headers["x-content-type-options"] == "nosniff"
    export = client.wait(client.export(["html", "geojson", "dxf"]))
    archive = tmp_path / "export.zip"
    archive.write_bytes(client.archive(export))
    with zipfile.ZipFile(archive) as files:
        report = files.read("report.html").decode()
        assert not [name for name in files.namelist() if set(name) & set("<>\"'&:\\")]
    assert "<img src=x" not in report
    assert "alert(1)" in report
    assert "<script>alert" not in report
