"""Corrected photos as a dataset: by the server, and by the command line from the same project."""

from __future__ import annotations

import io
import json
import shutil
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.web.conftest import Running, write_wall

from crackgauge.annotate import Session
from crackgauge.cli.main import run
from crackgauge.data.doctor import check
from crackgauge.data.pairs import find_pairs
from crackgauge.images import read_image, read_mask

HEIGHT, WIDTH = 120, 200
# Photos with their rows of cracks; `b-1` and `b-2` would be taken for crops of one photo.
ROWS = {"a.png": (40,), "b-1.png": (30, 90), "b-2.png": (60,), "deck/d.png": (50,), "plain.png": ()}


@pytest.fixture(scope="module")
def running(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    top = tmp_path_factory.mktemp("datasets")
    for name, rows in ROWS.items():
        write_wall(top / "photos" / name, HEIGHT, WIDTH, *rows)
    photo = top / "photos" / "a.png"  # the same content under another name
    (top / "photos" / "copy.png").write_bytes(photo.read_bytes())
    served = serve_at(top / "project", photos=top / "photos", model=contrast_model)
    served.find(*(item["id"] for item in served.get("/api/images").json["items"]))
    return served


def judge(running: Running, name: str, *decisions: str) -> None:
    cracks = running.cracks(running.image(name)["id"])
    for crack, decision in zip(cracks, decisions, strict=True):
        change = {"version": crack["version"], "decision": decision}
        assert running.send("PATCH", f"/api/cracks/{crack['id']}", change).status == 200


def correct(running: Running, name: str) -> None:
    image = running.image(name)["id"]
    running.send("POST", f"/api/images/{image}/annotation", {"version": 0, "start": "nothing"})
    stroke = {"kind": "brush", "points": [[20, 20], [180, 100]], "diameter_px": 5}
    running.send(
        "POST", f"/api/images/{image}/annotation/strokes", {"version": 1, "stroke": stroke}
    )


def make(running: Running, **wanted: Any) -> dict[str, Any]:
    answer = running.send("POST", "/api/datasets", {"name": "bridge 7", **wanted})
    assert answer.status == 202, answer
    job = running.wait(answer.json["id"])
    assert job["state"] == "done", job
    found: dict[str, Any] = next(
        each for each in running.get("/api/datasets").json if each["id"] == job["id"]
    )
    return found


def test_too_few_photos_are_refused(running: Running):
    answer = running.send("POST", "/api/datasets", {"name": "none"})
    assert (answer.status, answer.json["reason"]) == (422, "too-few")
    assert "0 photos are corrected" in answer.json["sentence"]
    assert running.get("/api/datasets").json == []


def test_a_dataset_holds_what_was_corrected_or_judged(running: Running):
    """`a` and its copy have strokes or all cracks judged, of `b-1` one crack was rejected, `b-2`
    was not judged, and nothing was found in `plain`."""
    correct(running, "a.png")
    judge(running, "copy.png", "accepted")
    judge(running, "b-1.png", "rejected", "accepted")
    judge(running, "deck/d.png", "accepted")
    made = make(running, val_share=0.25)
    assert (made["name"], made["images"], made["cracks"]) == ("bridge 7", 4, 4)
    assert sum(made["splits"].values()) == 4
    assert min(made["splits"].values()) >= 1
    assert running.image("a.png")["stale"] is False  # it was measured before

    folder = running.project / "datasets" / made["id"]
    pairs = {pair.stem: pair for pair in find_pairs(folder)}
    assert sorted(pairs) == ["a", "b_1", "copy", "deck_d"]
    assert pairs["a"].split == pairs["copy"].split  # the same photo is on one side
    assert len({pair.group for pair in pairs.values()}) == 4
    kinds = {finding.kind for finding in check(folder).problems}
    assert kinds <= {"duplicate", "no-contrast"}  # the stroke lies where no crack is

    (file,) = (running.project / "annotations").glob(f"{running.image('a.png')['id']}-*")
    drawn = Session.load(file).mask()
    mask = pairs["a"].mask
    assert mask is not None
    assert np.array_equal(read_mask(mask).mask, drawn)
    rejected = pairs["b_1"].mask
    assert rejected is not None
    left = read_mask(rejected).mask
    assert not left[:60].any()
    assert left[60:].any()
    original = running.project.parent / "photos" / "b-1.png"
    assert np.array_equal(read_image(pairs["b_1"].image), read_image(original))


def test_provenance_says_what_masks_are_made_of(running: Running):
    made = make(running, seed=3)
    folder = running.project / "datasets" / made["id"]
    told = json.loads((folder / "provenance.json").read_text())
    digest = running.get("/api/project").json["model"]["digest"]
    assert (told["model"]["sha256"], told["seed"]) == (digest, 3)
    photos = {photo["name"]: photo for photo in told["photos"]}
    assert photos["a.png"]["mask_from"] == "strokes"
    assert photos["a.png"]["strokes_version"] == 2
    assert photos["b-1.png"]["mask_from"] == "prediction"
    assert photos["b-1.png"]["decisions"] == {"accepted": 1, "rejected": 1, "open": 0}
    assert photos["a.png"]["sha256"] == photos["copy.png"]["sha256"]
    assert "/" not in json.dumps(told).replace("deck/d.png", "")


def test_the_archive_is_the_folder(running: Running):
    made = make(running)
    answer = running.get(f"/api/datasets/{made['id']}/archive")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert 'filename="dataset.zip"' in answer.headers["content-disposition"]
    body = answer.body
    if answer.headers.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    folder = running.project / "datasets" / made["id"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        assert archive.namelist() == names
        for name in names:
            assert archive.read(name) == (folder / name).read_bytes()


def unchunked(body: bytes) -> bytes:
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return found


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a", "val_share": 0},
        {"name": "a", "val_share": 1},
        {"name": "a", "seed": -1},
        {"name": "a", "folder": "/tmp"},
    ],
)
def test_datasets_that_cannot_be(running: Running, wanted: object):
    assert running.send("POST", "/api/datasets", wanted).status == 422


def test_a_dataset_is_removed(running: Running):
    made = make(running)
    assert running.ask("DELETE", f"/api/datasets/{made['id']}").status == 204
    assert not (running.project / "datasets" / made["id"]).exists()
    assert running.get(f"/api/datasets/{made['id']}/archive").status == 404
    assert running.ask("DELETE", f"/api/datasets/{made['id']}").status == 404


def test_the_command_line_writes_the_same(
    running: Running,
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    """Byte for byte, but for the name, also where strokes are newer than the measures; while a
    server works on the project it is refused."""
    target = f"/api/images/{running.image('a.png')['id']}/annotation/strokes"
    stroke = {"kind": "brush", "points": [[20, 10], [70, 10]], "diameter_px": 4}
    assert running.send("POST", target, {"version": 2, "stroke": stroke}).status == 200
    rest = ["--seed", "7", "--model", str(contrast_model), "--quiet"]
    assert run(["data", "from-project", str(running.project), str(tmp_path / "out"), *rest]) == 2
    assert "another run" in capsys.readouterr().err
    running.process.send_signal(signal.SIGTERM)
    running.process.communicate(timeout=30)

    given = ["data", "from-project", str(shutil.copytree(running.project, tmp_path / "copy"))]
    assert run([*given, str(tmp_path / "out"), *rest]) == 0
    again = serve_at(running.project, model=contrast_model)
    made = make(again, seed=7)
    folder = running.project / "datasets" / made["id"]
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    out = tmp_path / "out"
    assert names == sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    for name in names:
        if name != "provenance.json":
            assert (out / name).read_bytes() == (folder / name).read_bytes(), name
    told = [json.loads((each / "provenance.json").read_text()) for each in (out, folder)]
    assert {**told[0], "name": ""} == {**told[1], "name": ""}

    assert run([*given, str(tmp_path / "out"), *rest]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run([*given, str(tmp_path / "other"), "--seed", "7", "--quiet"]) == 2
    assert "searched with another model" in capsys.readouterr().err
    assert run(["data", "from-project", str(tmp_path), str(tmp_path / "x"), "--quiet"]) == 2
    assert "no project" in capsys.readouterr().err
