"""Correcting by hand on a real server: strokes, traces, locks, undo, measures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.web.conftest import Answer, Running, png_of, start_server, write_wall

from crackgauge.annotate import Brush, Session
from crackgauge.images import read_probability
from crackgauge.measure import measure
from crackgauge.pipeline import propose

HEIGHT, WIDTH = 200, 300
LINE = {"kind": "brush", "points": [[50, 150], [250, 150]], "diameter_px": 6}


@pytest.fixture(scope="module")
def running(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    """One photo with a crack along row 60, which was found."""
    top = tmp_path_factory.mktemp("annotating")
    write_wall(top / "photos" / "wall.png", HEIGHT, WIDTH, 60)
    served = serve_at(top / "project", photos=top / "photos", model=contrast_model)
    served.find(served.image("wall.png")["id"])
    return served


def new_photo(running: Running, *rows: int, find: bool = False) -> str:
    image: str = running.upload(png_of(HEIGHT, WIDTH, *rows)).json["id"]
    if find:
        running.find(image)
    return image


def begin(running: Running, image: str, start: str = "nothing") -> Any:
    wanted = {"version": 0, "start": start}
    answer = running.send("POST", f"/api/images/{image}/annotation", wanted)
    assert answer.status == 201, answer
    return answer.json


def add(running: Running, image: str, version: int, stroke: object) -> Answer:
    wanted = {"version": version, "stroke": stroke}
    return running.send("POST", f"/api/images/{image}/annotation/strokes", wanted)


def added(running: Running, image: str, version: int, stroke: object) -> Any:
    answer = add(running, image, version, stroke)
    assert answer.status == 200, answer
    return answer.json


def step(running: Running, image: str, which: str, version: int) -> Answer:
    return running.send("POST", f"/api/images/{image}/annotation/{which}", {"version": version})


def test_a_photo_without_strokes(running: Running):
    image = running.image("wall.png")
    assert (image["annotated"], image["corrected"], image["stale"]) == (False, False, False)
    found = running.get(f"/api/images/{image['id']}/annotation").json
    assert found == {
        "version": 0, "state": "none", "stale": False, "can_undo": False, "can_redo": False,
        "strokes": [],
    }  # fmt: skip


def test_strokes_undo_and_redo(running: Running):
    """Brush, eraser, polygon and removal; each change is a version."""
    image = new_photo(running)
    now = begin(running, image)
    assert (now["version"], now["state"], now["can_undo"]) == (1, "edited", False)
    now = added(running, image, 1, LINE)
    assert now["strokes"] == [
        {"number": 0, "kind": "brush", "points": [[50, 150], [250, 150]], "diameter_px": 6}
    ]
    square = {"kind": "polygon", "points": [[10, 10], [30, 10], [30, 30], [10, 30]]}
    now = added(running, image, 2, square)
    now = added(running, image, 3, {**LINE, "kind": "erase", "points": [[150, 150]]})
    assert [(each["number"], each["kind"]) for each in now["strokes"]] == [
        (0, "brush"), (1, "polygon"), (2, "erase"),
    ]  # fmt: skip
    now = added(running, image, 4, {"kind": "remove", "number": 1})
    assert [each["number"] for each in now["strokes"]] == [0, 2]
    now = step(running, image, "undo", 5).json
    assert [each["number"] for each in now["strokes"]] == [0, 1, 2]
    assert (now["version"], now["can_undo"], now["can_redo"]) == (6, True, True)
    now = step(running, image, "undo", 6).json
    now = step(running, image, "redo", 7).json
    assert [each["number"] for each in now["strokes"]] == [0, 1, 2]
    now = added(running, image, 8, square)
    assert now["can_redo"] is False
    nothing = step(running, image, "redo", 9)
    assert (nothing.status, nothing.json["reason"]) == (409, "nothing")
    assert running.get(f"/api/images/{image}/annotation").json == now


def test_the_second_writer_is_told_what_is_there(running: Running):
    image = new_photo(running)
    none = add(running, image, 0, LINE)
    assert (none.status, none.json["reason"]) == (409, "none")
    begin(running, image)
    again = running.send(
        "POST", f"/api/images/{image}/annotation", {"version": 0, "start": "nothing"}
    )
    assert (again.status, again.json["current"]["version"]) == (409, 1)
    first = added(running, image, 1, LINE)
    second = add(running, image, 1, LINE)
    assert (second.status, second.json["reason"]) == (409, "changed-meanwhile")
    assert second.json["current"] == first
    for answer in (
        step(running, image, "undo", 1),
        step(running, image, "redo", 1),
        running.ask("DELETE", f"/api/images/{image}/annotation?version=1"),
    ):
        assert (answer.status, answer.json["current"]) == (409, first)


def test_of_many_writers_at_once_one_wins(running: Running):
    """Eight add to version 1: one is kept, the others are told; no file is left over."""
    image = new_photo(running)
    begin(running, image)
    statuses: list[int] = []

    def write() -> None:
        statuses.append(add(running, image, 1, LINE).status)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [200] + [409] * 7
    now = running.get(f"/api/images/{image}/annotation").json
    assert (now["version"], len(now["strokes"])) == (2, 1)
    assert len(list((running.project / "annotations").glob(f"{image}-*"))) == 1


def test_the_prediction_is_where_correcting_begins(running: Running):
    """The traces are those of `propose`; undoing ends there."""
    image = new_photo(running, 60, find=True)
    now = begin(running, image, "prediction")
    (file,) = (running.project / "found" / image / "probabilities").iterdir()
    expected = propose(read_probability(file), threshold=0.5)
    assert len(now["strokes"]) == len(expected) == 1
    assert now["strokes"][0]["left"] == [list(point) for point in expected[0].left]
    assert now["strokes"][0]["length_px"] == pytest.approx(280, abs=4)
    assert now["can_undo"] is False
    assert step(running, image, "undo", 1).json["reason"] == "nothing"
    now = added(running, image, 1, LINE)
    assert (now["can_undo"], len(now["strokes"])) == (True, 2)


def test_what_was_not_searched_has_no_prediction(running: Running):
    image = new_photo(running, 60)
    wanted = {"version": 0, "start": "prediction"}
    answer = running.send("POST", f"/api/images/{image}/annotation", wanted)
    assert answer.status == 404
    assert "find the cracks" in answer.json["sentence"]


def test_a_trace_follows_the_crack_and_its_preview_is_the_same(running: Running):
    """The crack is 3 px wide, centred on y = 60.5."""
    image = new_photo(running, 60)
    clicks = {"points": [[20, 61], [280, 60]], "use_probability": False}
    preview = running.send("POST", f"/api/images/{image}/trace", clicks).json
    centre = np.array(preview["centre"])
    assert abs(centre[:, 1] - 60.5).max() < 1
    assert preview["mean_width_px"] == pytest.approx(3, abs=0.5)
    assert preview["length_px"] == pytest.approx(260, abs=4)
    assert len(preview["widths_px"]) == len(preview["left"]) == len(preview["right"]) == len(centre)
    begin(running, image)
    now = added(running, image, 1, {"kind": "trace", **clicks})
    (stroke,) = now["strokes"]
    assert stroke["points"] == [[20, 61], [280, 60]]
    for side in ("left", "right"):
        assert stroke[side] == preview[side]
    assert stroke["length_px"] == pytest.approx(preview["length_px"], abs=0.1)
    assert running.get(f"/api/images/{image}/annotation").json == now


def test_one_point_computes_ahead(running: Running):
    image = new_photo(running, 60)
    ahead = running.send("POST", f"/api/images/{image}/trace", {"points": [[20, 60]]}).json
    assert (ahead["centre"], ahead["length_px"]) == ([], 0)


def test_a_trace_of_two_pixels(running: Running):
    """As short as a trace can be."""
    image = new_photo(running, 60)
    begin(running, image)
    clicks = {"kind": "trace", "points": [[20.5, 60.5], [21.5, 60.5]], "use_probability": False}
    assert len(added(running, image, 1, clicks)["strokes"][0]["left"]) >= 2


def test_a_probability_that_is_gone_draws_nothing_to_it(running: Running, tmp_path: Path):
    image = new_photo(running, 60, find=True)
    (file,) = (running.project / "found" / image / "probabilities").iterdir()
    file.rename(tmp_path / file.name)
    clicks = {"points": [[20, 60], [280, 60]]}
    plain = {**clicks, "use_probability": False}
    expected = running.send("POST", f"/api/images/{image}/trace", plain).json["centre"]
    for link in (False, True):
        if link:
            file.symlink_to(tmp_path / "nothing")
        answer = running.send("POST", f"/api/images/{image}/trace", clicks)
        assert (answer.status, answer.json["centre"]) == (200, expected)
        wanted = {"version": 0, "start": "prediction"}
        answer = running.send("POST", f"/api/images/{image}/annotation", wanted)
        assert (answer.status, answer.json["reason"]) == (404, "not-found")
    (tmp_path / file.name).replace(file)


def test_no_strokes_begin_on_a_photo_that_is_gone(running: Running):
    uploads = running.project / "uploads"
    before = set(uploads.iterdir())
    image = new_photo(running, 60)
    (file,) = set(uploads.iterdir()) - before
    file.unlink()
    wanted = {"version": 0, "start": "nothing"}
    answer = running.send("POST", f"/api/images/{image}/annotation", wanted)
    assert (answer.status, answer.json["reason"]) == (404, "missing")
    assert "put it back" in answer.json["sentence"]


def test_traces_keep_away_from_what_is_forbidden_or_erased(running: Running):
    """Two cracks in rows 60 and 100, joined at both ends: the shorter way is barred."""
    rows = np.full((HEIGHT, WIDTH), 180, np.uint8)
    rows[59:62, 20:280] = rows[99:102, 20:280] = 60
    rows[59:102, 19:22] = rows[59:102, 278:281] = 60
    _, content = cv2.imencode(".png", rows)
    image = running.upload(bytes(content)).json["id"]
    clicks = {"kind": "trace", "points": [[20, 62], [279, 62]]}
    target = f"/api/images/{image}/trace"

    def lowest(forbid: list[Any]) -> float:
        found = running.send("POST", target, {**clicks, "forbid": forbid})
        assert found.status == 200, found
        return max(y for _, y in found.json["centre"])

    assert lowest([]) < 70
    assert lowest([[[150, 40], [150, 80]]]) > 95
    begin(running, image)
    added(running, image, 1, {"kind": "erase", "points": [[150, 60]], "diameter_px": 20})
    assert lowest([]) > 95


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([[-5, 10], [50, 50]], "outside the image"),
        ([[10, 10], [10, 10]], "in one pixel"),
        ([[10, 10], [4000, 10]], "outside the image"),
    ],
)
def test_traces_that_cannot_be(running: Running, points: object, expected: str):
    image = running.image("wall.png")["id"]
    answer = running.send("POST", f"/api/images/{image}/trace", {"points": points})
    assert (answer.status, answer.json["reason"]) == (422, "wrong-use")
    assert expected in answer.json["sentence"]


MANY = [[0, 0]] * 3001


@pytest.mark.parametrize(
    ("stroke", "status"),
    [
        ({"kind": "trace", "points": [[1, 1]]}, 422),
        ({"kind": "trace", "points": [[1, 1]] * 65}, 422),
        ({"kind": "trace", "points": [[1, 1], [2, 2]], "forbid": [[[1, 1]]] * 33}, 422),
        ({"kind": "trace", "points": [[1, 1], [2, 2]], "polarity": "grey"}, 422),
        ({"kind": "polygon", "points": [[1, 1], [2, 2]]}, 422),
        ({"kind": "polygon", "points": MANY}, 422),
        ({"kind": "brush", "points": [], "diameter_px": 3}, 422),
        ({"kind": "brush", "points": [[1, 1]], "diameter_px": 0}, 422),
        ({"kind": "brush", "points": [[1, 1]], "diameter_px": 1e9}, 422),
        ({"kind": "brush", "points": [[0, 0], [9e5, 9e5]], "diameter_px": 2}, 422),
        ({"kind": "brush", "points": [[1e9, 1]], "diameter_px": 2}, 422),
        ({"kind": "brush", "points": [["x", 1]], "diameter_px": 2}, 422),
        ({"kind": "brush", "points": [[1, 1]], "diameter_px": 2, "file": "/etc/passwd"}, 422),
        ({"kind": "remove", "number": 7}, 422),
        ({"kind": "remove", "number": -1}, 422),
        ({"kind": "unknown"}, 422),
        (None, 422),
        ({"kind": "brush", "points": [[1, 1]] * 9000, "diameter_px": 2}, 413),
    ],
)
def test_strokes_that_cannot_be(running: Running, stroke: object, status: int):
    """None of them changes the version."""
    image = running.image("wall.png")["id"]
    now = running.get(f"/api/images/{image}/annotation").json
    if now["state"] == "none":
        now = begin(running, image)
    answer = add(running, image, now["version"], stroke)
    assert answer.status == status, answer
    assert running.get(f"/api/images/{image}/annotation").json == now


def test_a_corrected_photo_is_measured_from_its_strokes(running: Running):
    """As `measure` does with the mask; decisions stay; giving up brings the prediction back."""
    image = new_photo(running, 60, find=True)
    (crack,) = running.cracks(image)
    judged = {"version": 1, "decision": "accepted", "comment": "seen"}
    running.send("PATCH", f"/api/cracks/{crack['id']}", judged)
    begin(running, image, "prediction")
    now = added(running, image, 1, LINE)
    assert now["stale"] is True
    assert running.get(f"/api/images/{image}").json["stale"] is True
    (job,) = running.send("POST", "/api/jobs", {"kind": "measure", "images": [image]}).json
    assert running.wait(job["id"])["state"] == "done"
    record = running.get(f"/api/images/{image}").json
    assert (record["annotated"], record["corrected"], record["stale"]) == (True, True, False)
    assert running.get(f"/api/images/{image}/annotation").json["stale"] is False
    first, second = running.cracks(image)
    assert (first["id"], first["decision"]) == (crack["id"], "accepted")
    (file,) = (running.project / "annotations").glob(f"{image}-*")
    expected = measure(Session.load(file).mask())
    for crack_now, row in zip((first, second), expected.cracks.to_dict("records"), strict=True):
        for name in ("length_px", "width_mean_px", "area_px2"):
            assert crack_now["measures"][name] == pytest.approx(row[name], abs=0.01), name
    assert second["measures"]["width_mean_px"] == pytest.approx(6, abs=0.6)

    gone = running.ask("DELETE", f"/api/images/{image}/annotation?version=2")
    assert (gone.status, gone.json["state"]) == (200, "none")
    running.wait_for_all()
    record = running.get(f"/api/images/{image}").json
    assert (record["annotated"], record["corrected"]) == (False, False)
    (again,) = running.cracks(image)
    assert (again["id"], again["decision"]) == (crack["id"], "accepted")
    assert begin(running, image)["version"] == 4  # the version of strokes that are gone is not used


def test_a_photo_that_was_never_searched_is_measured_from_its_strokes(running: Running):
    """Given up, it is new again."""
    image = new_photo(running)
    begin(running, image)
    added(running, image, 1, LINE)
    (job,) = running.send("POST", "/api/jobs", {"kind": "measure", "images": [image]}).json
    assert running.wait(job["id"])["state"] == "done"
    record = running.get(f"/api/images/{image}").json
    assert (record["state"], record["corrected"], record["outdated"]) == ("done", True, False)
    (crack,) = running.cracks(image)
    assert crack["measures"]["length_px"] == pytest.approx(206, abs=8)
    running.ask("DELETE", f"/api/images/{image}/annotation?version=2")
    record = running.get(f"/api/images/{image}").json
    assert (record["state"], record["corrected"], record["measured"]) == ("new", False, None)
    assert running.cracks(image) == []


def test_exports_show_the_strokes(running: Running):
    image = new_photo(running)
    begin(running, image)
    added(running, image, 1, LINE)
    running.send("POST", "/api/jobs", {"kind": "measure", "images": [image]})
    export = running.send("POST", "/api/exports", {"formats": ["coco"]}).json
    ended = running.wait(export["id"])
    assert ended["state"] == "done", ended
    names = [each["name"] for each in ended["result"]["files"]]
    file = running.get(f"/api/exports/{export['id']}/files/{names.index('coco.json')}")
    coco = json.loads(file.body)
    name = running.get(f"/api/images/{image}").json["name"]
    number = next(each["id"] for each in coco["images"] if each["file_name"] == name)
    (found,) = (each for each in coco["annotations"] if each["image_id"] == number)
    expected = Session(HEIGHT, WIDTH)
    expected.add(Brush(points=((50.0, 150.0), (250.0, 150.0)), radius_px=3.0))
    assert found["area"] == expected.mask().sum()


def test_strokes_that_became_a_link_are_not_followed(running: Running, tmp_path: Path):
    image = new_photo(running)
    begin(running, image)
    (file,) = (running.project / "annotations").glob(f"{image}-*")
    (tmp_path / "secret.json").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(tmp_path / "secret.json")
    for answer in (
        running.get(f"/api/images/{image}/annotation"),
        add(running, image, 1, LINE),
        step(running, image, "undo", 1),
    ):
        assert answer.status == 403, answer


def test_events_tell_of_strokes(running: Running):
    image = new_photo(running)
    with running.connect() as stream:
        head = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n\r\n"
        stream.sendall(head.encode())
        heard = stream.recv(4096)
        begin(running, image)
        while b"event: annotation" not in heard:
            heard += stream.recv(4096)
    assert f'{{"image": "{image}", "version": 1}}'.encode() in heard


def test_kill_9_loses_no_stroke(contrast_model: Path, tmp_path: Path):
    """Killed right after an answer; what was never answered is swept away."""
    write_wall(tmp_path / "photos" / "wall.png", HEIGHT, WIDTH, 60)
    given = {"photos": tmp_path / "photos", "model": contrast_model}
    running = start_server(tmp_path / "project", **given)
    image = running.image("wall.png")["id"]
    running.find(image)
    begin(running, image)
    for version in range(1, 6):
        now = added(running, image, version, LINE)
    now = step(running, image, "undo", 6).json
    running.kill()
    rest = tmp_path / "project" / "annotations" / f"{image}-0123456789abcdef.json"
    rest.write_text("half")

    running = start_server(tmp_path / "project", **given)
    assert running.get(f"/api/images/{image}/annotation").json == now
    assert not rest.exists()
    assert step(running, image, "redo", 7).json["version"] == 8
    running.kill()

    write_wall(tmp_path / "photos" / "wall.png", HEIGHT + 8, WIDTH, 60)  # another photo
    running = start_server(tmp_path / "project", **given)
    assert running.get(f"/api/images/{image}/annotation").json["state"] == "none"
    assert running.get(f"/api/images/{image}").json["annotated"] is False
    wanted = {"version": 0, "start": "prediction"}  # which is the other photo's
    assert running.send("POST", f"/api/images/{image}/annotation", wanted).status == 404
    clicks = {"points": [[20, 60], [280, 60]]}
    assert running.send("POST", f"/api/images/{image}/trace", clicks).status == 200
    assert begin(running, image)["version"] == 9
    running.kill()
