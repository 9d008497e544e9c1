"""A real server: what it answers, keeps and refuses to start with."""

from __future__ import annotations

import csv
import io
import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.web.conftest import Running, draw_wall, png_of, wait_until, write_wall
from tests.web.test_page import build

from crackgauge.errors import ModelFileError, UsageError
from crackgauge.images import read_probability
from crackgauge.pipeline import inspect
from crackgauge.web.server import ServerSettings, serve


def decode(content: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)


def test_the_root_says_how_to_build_the_page(served: Running):
    answer = served.get("/")
    assert answer.status == 200
    assert b"npm run build" in answer.body
    assert answer.headers["content-type"].startswith("text/plain")


def test_openapi_describes_every_address(served: Running):
    description = served.get("/openapi.json").json
    assert description["openapi"].startswith("3.")
    assert {
        "/api/project",
        "/api/images",
        "/api/images/{image_id}/tiles/{level}/{column}/{row}",
        "/api/cracks/{crack_id}",
        "/api/jobs",
        "/api/exports",
        "/api/events",
    } <= set(description["paths"])
    assert "Problem" in description["components"]["schemas"]


@pytest.mark.parametrize("page", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_no_page_that_loads_from_other_machines(served: Running, page: str):
    assert served.get(page).status == 404


def test_images_are_listed_with_counts(served: Running):
    one, two = served.image("one.png"), served.image("two.png")
    assert (one["height_px"], one["width_px"], one["state"]) == (64, 96, "done")
    assert one["measured"]["crack_count"] == 1
    assert set(two["counts"]) == {"open", "accepted", "rejected"}
    assert sum(two["counts"].values()) == 2


def test_cracks_are_those_that_were_drawn(served: Running):
    image = served.image("two.png")
    first, second = served.cracks(image["id"])
    assert [first["number"], second["number"]] == [1, 2]
    assert first["measures"]["bbox_top_px"] < 20 < second["measures"]["bbox_top_px"]
    assert first["measures"]["length_px"] == pytest.approx(76, abs=4)
    lines = served.get(f"/api/images/{image['id']}/lines").json
    assert {line["crack"] for line in lines} == {1, 2}
    assert all(12 < y < 18 for _, y, _ in lines[0]["points"])


def test_measures_are_those_of_inspect(served: Running, contrast_model: Path, tmp_path: Path):
    """Up to the rounding of the probability to 16 bits."""
    photo = served.project.parent / "photos" / "two.png"
    inspect(photo, tmp_path / "out", model=contrast_model, formats="csv")
    with (tmp_path / "out" / "cracks.csv").open(newline="") as stream:
        expected = list(csv.DictReader(stream))
    got = [crack["measures"] for crack in served.cracks(served.image("two.png")["id"])]
    assert len(got) == len(expected) == 2
    for one, other in zip(got, expected, strict=True):
        for name in ("crack_id", "length_px", "width_mean_px", "width_max_px", "area_px2"):
            assert one[name] == pytest.approx(float(other[name]), abs=0.01), name


@pytest.mark.parametrize("content", ["", "{}", '{"survey": 1}', '{"survey": {"branches": 1}}'])
def test_lines_that_are_damaged(served: Running, content: str):
    image = served.image("one.png")["id"]
    (file,) = (served.project / "found" / image).glob("survey-*.json")
    kept = file.read_text()
    file.write_text(content)
    answer = served.get(f"/api/images/{image}/lines")
    file.write_text(kept)
    assert (answer.status, answer.json["reason"]) == (422, "corrupt")
    assert served.get(f"/api/images/{image}/lines").status == 200


def test_tiles_show_the_photo_and_its_probability(served: Running):
    image = served.image("one.png")["id"]
    zoom = served.get(f"/api/images/{image}/tiles").json
    assert zoom == {"height_px": 64, "width_px": 96, "tile_px": 256, "top_level": 7}
    tile = decode(served.get(f"/api/images/{image}/tiles/7/0/0").body)
    assert tile.shape == (64, 96, 3)
    assert abs(tile.astype(int) - draw_wall(64, 96, 30)).mean() < 4  # it is a JPEG
    small = decode(served.get(f"/api/images/{image}/tiles/4/0/0").body)
    assert small.shape == (8, 12, 3)

    got = decode(served.get(f"/api/images/{image}/probability/7/0/0").body)
    (file,) = (served.project / "found" / image / "probabilities").iterdir()
    assert np.array_equal(got, np.rint(read_probability(file) * np.float32(255)))
    coarse = decode(served.get(f"/api/images/{image}/probability/4/0/0").body)
    assert np.array_equal(coarse, got.reshape(8, 8, 12, 8).max(axis=(1, 3)))


def test_a_thumbnail_is_a_jpeg(served: Running):
    target = f"/api/images/{served.image('one.png')['id']}/thumbnail"
    answer = served.get(target)
    assert answer.headers["content-type"] == "image/jpeg"
    assert decode(answer.body).shape == (64, 96, 3)
    again = served.get(target, **{"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert served.get(target, **{"If-None-Match": '"another"'}).body == answer.body


@pytest.mark.parametrize("place", ["8/0/0", "7/1/0", "7/0/1"])
def test_tiles_beyond_the_image_are_not_there(served: Running, place: str):
    image = served.image("one.png")["id"]
    assert served.get(f"/api/images/{image}/tiles/{place}").status == 404


def test_the_second_writer_is_told(served: Running):
    crack = served.cracks(served.image("one.png")["id"])[0]
    target, seen = f"/api/cracks/{crack['id']}", crack["version"]
    first = served.send("PATCH", target, {"version": seen, "decision": "accepted"})
    assert (first.status, first.json["version"]) == (200, seen + 1)
    second = served.send("PATCH", target, {"version": seen, "decision": "rejected"})
    assert second.status == 409
    assert second.json["reason"] == "changed-meanwhile"
    assert f"you have version {seen}, it is at version {seen + 1}" in second.json["sentence"]
    assert second.json["current"]["decision"] == "accepted"
    assert served.get(target).json["decision"] == "accepted"


def test_an_upload_is_found_measured_scaled_and_exported(served: Running):
    """A crack of 76 px at 0.5 mm a px is 38 mm long; the rejected one is in no table."""
    image = served.upload(png_of(64, 96, 20, 50), "..%2F..%2Fdeck.png").json
    assert (image["name"], image["state"]) == ("deck.png", "new")
    (job,) = served.find(image["id"])
    assert job["state"] == "done"
    first, second = served.cracks(image["id"])
    change = {"version": first["version"], "decision": "rejected", "comment": "=1+1 <script>"}
    assert served.send("PATCH", f"/api/cracks/{first['id']}", change).status == 200

    scale = {"points_px": [10, 10, 40, 50], "points_mm": 25}  # 50 px apart
    change = {"version": image["version"], "scale": scale}
    assert served.send("PATCH", f"/api/images/{image['id']}", change).status == 200
    served.wait_for_all()
    measured = served.get(f"/api/images/{image['id']}").json["measured"]
    assert measured["mm_per_px"] == 0.5
    again = served.cracks(image["id"])
    assert [crack["id"] for crack in again] == [first["id"], second["id"]]
    assert again[0]["decision"] == "rejected"
    assert again[1]["measures"]["length_mm"] == pytest.approx(38, abs=2)

    export = served.send("POST", "/api/exports", {"formats": ["csv", "html", "coco"]})
    assert export.status == 202
    ended = served.wait(export.json["id"])
    assert ended["state"] == "done", ended["sentence"]
    names = [each["name"] for each in ended["result"]["files"]]
    assert names == [
        "branches.csv", "coco.json", "cracks.csv", "images.csv", "report.html", "review.csv",
    ]  # fmt: skip
    archive = served.get(f"/api/exports/{export.json['id']}/archive")
    assert archive.headers["content-disposition"] == 'attachment; filename="crackgauge.zip"'
    with zipfile.ZipFile(io.BytesIO(archive.body)) as files:
        assert files.namelist() == names
        cracks = list(csv.DictReader(io.StringIO(files.read("cracks.csv").decode())))
        images = list(csv.DictReader(io.StringIO(files.read("images.csv").decode())))
        review = files.read("review.csv").decode()
        report = files.read("report.html").decode()
        coco = json.loads(files.read("coco.json"))
    assert [row["crack_id"] for row in cracks if row["image"] == "deck.png"] == ["2"]
    (row,) = (row for row in images if row["image"] == "deck.png")
    assert row["crack_count"] == "1"
    assert "deck.png,1,rejected,'=1+1 <script>\n" in review
    assert "deck.png" in report
    deck = next(each["id"] for each in coco["images"] if each["file_name"] == "deck.png")
    assert len([each for each in coco["annotations"] if each["image_id"] == deck]) == 1
    for number, name in enumerate(names):
        file = served.get(f"/api/exports/{export.json['id']}/files/{number}")
        assert file.headers["content-type"] == "application/octet-stream", name
        assert "sandbox" in file.headers["content-security-policy"]


def test_settings_reach_a_photo_that_is_being_searched(
    serve_at: Callable[..., Running], contrast_model: Path, tmp_path: Path
):
    write_wall(tmp_path / "photos" / "large.png", 3000, 4000, 900)
    running = serve_at(tmp_path / "project", photos=tmp_path / "photos", model=contrast_model)
    wanted = {"kind": "find", "images": [running.image("large.png")["id"]]}
    job = running.send("POST", "/api/jobs", wanted).json[0]["id"]
    wait_until(lambda: running.get(f"/api/jobs/{job}").json["state"] == "running", 60)
    change = {"version": running.get("/api/project").json["version"], "mm_per_px": 0.2}
    running.send("PATCH", "/api/project", change)
    assert running.get(f"/api/jobs/{job}").json["state"] == "running"  # else nothing is shown
    assert running.wait(job)["state"] == "done"
    running.wait_for_all()
    assert running.image("large.png")["measured"]["mm_per_px"] == 0.2


def test_settings_have_everything_measured_anew(served: Running):
    before = served.get("/api/project").json
    change = {"version": before["version"], "mm_per_px": 0.1, "standard": "aci-224r"}
    after = served.send("PATCH", "/api/project", change).json
    assert (after["version"], after["mm_per_px"]) == (before["version"] + 1, 0.1)
    served.wait_for_all()
    assert served.image("two.png")["measured"]["mm_per_px"] == 0.1
    assert {crack["measures"]["standard"] for crack in served.get("/api/cracks").json["items"]} == {
        "aci-224r"
    }
    worst = [item["name"] for item in served.get("/api/images?order=worst").json["items"]]
    assert set(worst) >= {"one.png", "two.png"}
    assert served.send("PATCH", "/api/project", change).status == 409
    wrong = {"version": after["version"], "standard": "nobody's"}
    assert served.send("PATCH", "/api/project", wrong).status == 422
    back = {"version": after["version"], "mm_per_px": None, "standard": None}
    assert served.send("PATCH", "/api/project", back).json["mm_per_px"] is None
    served.wait_for_all()


def test_events_tell_what_jobs_are_at(served: Running):
    image = served.image("one.png")["id"]
    with served.connect() as stream:
        head = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n"
        stream.sendall(head.encode())
        heard = stream.recv(4096)
        assert b"text/event-stream" in heard
        served.find(image)
        while b'"state": "done"' not in heard:
            heard += stream.recv(4096)
    assert b"event: job" in heard
    assert image.encode() in heard


def test_a_broken_photo_is_set_aside_with_a_sentence(served: Running):
    whole = png_of(64, 96, 30)
    image = served.upload(whole[: len(whole) - 300], "cut.png")
    assert image.status in (201, 422)  # its head is whole, or it is seen at once
    if image.status == 201:
        (job,) = served.find(image.json["id"])
        assert (job["state"], job["reason"]) == ("failed", "truncated")
        assert served.get(f"/api/images/{image.json['id']}").json["state"] == "set-aside"


def test_one_server_a_project(served: Running, contrast_model: Path):
    with pytest.raises(UsageError, match="another run"):
        serve(ServerSettings(project=served.project, model=contrast_model, port=0), _no_address)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"host": "0.0.0.0"}, "a token of 128 bits or more is needed"),
        ({"host": "0.0.0.0", "token": "short"}, "at most 30 bits"),
        ({"host": "0.0.0.0", "token": "ab" * 16}, "drawn by chance"),
        ({"host": "203.0.113.9", "token": "0123456789abcdef" * 2}, "cannot be listened on"),
        ({"mm_per_px": -1.0}, "expected a positive number"),
        ({"photos": "/nothing/here"}, "no such file or folder"),
        ({"project": Path(__file__)}, "is no folder; choose another --project"),
    ],
)
def test_it_refuses_to_start(
    settings: dict[str, Any], expected: str, contrast_model: Path, tmp_path: Path
):
    given = {"project": tmp_path / "project", "model": contrast_model, "port": 0, **settings}
    with pytest.raises(UsageError, match=expected):
        serve(ServerSettings(**given), _no_address)


def test_it_refuses_a_model_file_that_is_a_pickle(tmp_path: Path):
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x8c\x06system\x93.")
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        serve(ServerSettings(project=tmp_path / "project", model=model), _no_address)
    assert not (tmp_path / "project").exists()


def _no_address(address: str) -> None:
    raise AssertionError(f"it listens on {address}")


def test_a_token_opens_other_addresses_until_sigterm(
    serve_at: Callable[..., Running], contrast_model: Path, tmp_path: Path
):
    """0.0.0.0 is reached here by 127.0.0.1; without the token nothing is answered."""
    token = "q7PzX2mK9vB4nL8sT1wY3c"
    page = build(tmp_path / "page")
    running = serve_at(
        tmp_path / "project", host="0.0.0.0", token=token, model=contrast_model, page=page
    )
    assert running.get("/api/project").status == 200
    running.token = None
    for target in ("/api/project", "/openapi.json", "/api/session", "/assets/notes.txt"):
        assert running.get(target).status == 401
    for target, kind in {"/": "text/html", "/assets/index-1a2b.js": "text/javascript"}.items():
        answer = running.get(target)  # which asks for the token
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert running.send("POST", target, {}).status == 401
    assert running.get("/api/project", Authorization="Bearer " + token[:-1] + "x").status == 401
    wrong = running.send("POST", "/api/session", {"token": "x" * 22})
    assert (wrong.status, "set-cookie" in wrong.headers) == (401, False)
    running.csrf = ""
    opened = running.send("POST", "/api/session", {"token": token})
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert token not in cookie
    kept = cookie.partition(";")[0]
    assert running.get("/api/project", Cookie=kept).status == 200
    assert running.get("/api/project", Cookie=kept + "0").status == 401
    change = {"version": 1, "threshold": 0.5}
    assert running.send("PATCH", "/api/project", change, Cookie=kept).status == 403
    running.csrf = opened.json["csrf"]
    assert running.send("PATCH", "/api/project", change, Cookie=kept).status == 200
    with running.connect() as stream:  # a page that listens does not hold it up
        head = (
            f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nCookie: {kept}\r\n\r\n"
        )
        stream.sendall(head.encode())
        assert b" 200 " in stream.recv(100)
        running.process.send_signal(signal.SIGTERM)
        out, errors = running.process.communicate(timeout=30)
    assert (running.process.returncode, out, errors) == (0, "", "")


def test_a_photo_that_is_replaced_while_it_is_served(
    serve_at: Callable[..., Running], contrast_model: Path, tmp_path: Path
):
    """The next tile says so; it is new, looked at again, and its cracks are to be found."""
    photo = write_wall(tmp_path / "photos" / "a.png", 64, 96, 30)
    running = serve_at(tmp_path / "p", photos=photo, model=contrast_model)
    image = running.image("a.png")["id"]
    running.find(image)
    assert running.get(f"/api/images/{image}/tiles/7/0/0").status == 200
    write_wall(photo, 80, 120, 30, 60)
    answer = running.get(f"/api/images/{image}/tiles/7/0/0")
    assert (answer.status, answer.json["reason"]) == (409, "replaced")
    now = running.get(f"/api/images/{image}").json
    assert (now["state"], now["measured"], now["counts"]["open"]) == ("new", None, 0)
    wait_until(lambda: running.get(f"/api/images/{image}").json["height_px"] == 80, 10)
    assert running.get(f"/api/images/{image}/tiles/7/0/0").status == 200
    running.find(image)
    assert len(running.cracks(image)) == 2
