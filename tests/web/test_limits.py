"""Bounds of a server that was given small ones: slow clients, full queues, too much of anything."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.web.conftest import CSRF, Answer, Running, png_of, read_answer, wait_until, write_wall

from crackgauge.annotate import Brush, Session

LIMITS = {
    "head_s": 1.0,
    "body_s": 1.0,
    "body_bytes_per_s": 1_000_000,
    "stalled_s": 1.0,
    "connections": 20,
    "requests": 8,
    "event_streams": 2,
    "image_count": 4,
    "queue_jobs": 2,
    "upload_bytes": 100_000,
    "image_px": 100_000,
    "traces": 1,
    "strokes": 4,
    "session_bytes": 4000,
    "sessions": 1,
    "datasets": 1,
}


@pytest.fixture(scope="module")
def bounded(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    top = tmp_path_factory.mktemp("bounded")
    for name in "abc":
        write_wall(top / "photos" / f"{name}.png", 64, 96, 30)
    return serve_at(top / "project", photos=top / "photos", model=contrast_model, limits=LIMITS)


def hung_up(connection: socket.socket, within_s: float) -> bool:
    """Whether the server ends a connection by itself."""
    connection.settimeout(within_s)
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_a_client_that_says_nothing(bounded: Running):
    with bounded.connect() as connection:
        assert hung_up(connection, 10)


def test_a_client_that_sends_its_head_byte_by_byte(bounded: Running):
    with bounded.connect() as connection:
        started = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in b"GET / HTTP/1.1\r\nA: " + b"x" * 1000:
                connection.send(bytes([byte]))
                time.sleep(0.1)
                if time.monotonic() - started > 15:
                    break
        assert time.monotonic() - started < 15


@pytest.mark.parametrize("target", ["/api/project", "/api/images?name=slow.png"])
def test_a_body_that_does_not_come(bounded: Running, target: str):
    upload = "name=" in target
    head = (
        f"{'POST' if upload else 'PATCH'} {target} HTTP/1.1\r\nHost: 127.0.0.1:{bounded.port}\r\n"
        f"Origin: {bounded.address}\r\n{CSRF}: {bounded.csrf}\r\nContent-Length: 5000\r\n"
        f"Content-Type: application/{'octet-stream' if upload else 'json'}\r\n\r\n"
    )
    with bounded.connect() as connection:
        connection.sendall(head.encode() + b"{")
        answer = read_answer(connection)
    assert answer is not None
    assert (answer.status, answer.json["reason"]) == (408, "too-slow")
    wait_until(lambda: not list((bounded.project / "uploads").iterdir()), 10)


def test_an_upload_that_is_cut(bounded: Running):
    head = (
        f"POST /api/images?name=cut.png HTTP/1.1\r\nHost: 127.0.0.1:{bounded.port}\r\n"
        f"Origin: {bounded.address}\r\n{CSRF}: {bounded.csrf}\r\nContent-Length: 50000\r\n"
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    with bounded.connect() as connection:
        connection.sendall(head.encode() + png_of(8, 8))
    wait_until(lambda: not list((bounded.project / "uploads").iterdir()), 10)
    assert bounded.get("/api/images").json["total"] == 3


def test_uploads_over_the_limit(bounded: Running):
    """By bytes before the body is read, by pixels from the head of the file."""
    assert bounded.upload(b"\x89PNG" + b"x" * 200_000).status == 413
    _, plain = cv2.imencode(".png", np.zeros((400, 400), np.uint8))
    many_pixels = bounded.upload(bytes(plain))
    assert (many_pixels.status, many_pixels.json["reason"]) == (413, "too-large")
    assert "160,000 pixels" in many_pixels.json["sentence"]


def test_too_many_listeners(bounded: Running):
    streams = []
    try:
        for _ in range(2):
            stream = bounded.connect()
            streams.append(stream)
            stream.sendall(
                f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{bounded.port}\r\n\r\n".encode()
            )
            assert b" 200 " in stream.recv(1000)
        answer = bounded.get("/api/events")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
    finally:
        for stream in streams:
            stream.close()

    def again() -> bool:
        with bounded.connect() as stream:
            stream.sendall(
                f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{bounded.port}\r\n\r\n".encode()
            )
            return b" 200 " in stream.recv(1000)

    wait_until(again, 20)


def test_too_many_connections(bounded: Running):
    """Those beyond are hung up on; when they have gone, everybody is answered."""
    crowd = [bounded.connect() for _ in range(40)]
    for each in crowd:
        each.close()
    wait_until(lambda: bounded.raw(b"GET / HTTP/1.0\r\n\r\n") is not None, 10)
    assert bounded.get("/").status == 200


def test_a_full_queue(bounded: Running):
    """Three jobs at once are one too many: none is begun."""
    ids = [item["id"] for item in bounded.get("/api/images").json["items"]]
    answer = bounded.send("POST", "/api/jobs", {"kind": "find", "images": ids})
    assert (answer.status, answer.json["reason"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    assert bounded.get("/api/jobs").json == []
    (job,) = bounded.find(ids[0])
    assert job["state"] == "done"


def test_too_many_photos(bounded: Running):
    """One more is taken, the next is not; nothing of it is kept."""
    assert bounded.upload(png_of(16, 16)).status == 201
    kept = sorted((bounded.project / "uploads").iterdir())
    answer = bounded.upload(png_of(16, 16))
    assert (answer.status, answer.json["reason"]) == (413, "too-many")
    assert sorted((bounded.project / "uploads").iterdir()) == kept


def test_too_many_traces(bounded: Running):
    """One is computed, whose worker is still starting; the others are told to come again."""
    image = bounded.image("a.png")["id"]
    clicks = {"points": [[12, 30], [80, 30]]}
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(bounded.send("POST", f"/api/images/{image}/trace", clicks))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answer.status for answer in answers) == [200, 503, 503, 503]
    busy = next(answer for answer in answers if answer.status == 503)
    assert int(busy.headers["retry-after"]) > 0


def test_too_many_strokes(bounded: Running):
    """What was undone counts too, until another stroke takes its place."""
    target = f"/api/images/{bounded.image('b.png')['id']}/annotation"
    bounded.send("POST", target, {"version": 0, "start": "nothing"})

    def add(version: int, points: int = 1) -> Answer:
        stroke = {"kind": "brush", "points": [[9, 9]] * points, "diameter_px": 3}
        return bounded.send("POST", f"{target}/strokes", {"version": version, "stroke": stroke})

    assert [add(version).status for version in range(1, 5)] == [200] * 4
    full = add(5)
    assert (full.status, full.json["reason"]) == (413, "too-many")
    assert bounded.send("POST", f"{target}/undo", {"version": 5}).status == 200
    large = add(6, 1000)
    assert (large.status, large.json["reason"]) == (413, "too-large")
    assert add(6).status == 200
    assert len(list((bounded.project / "annotations").iterdir())) == 1


def test_too_many_large_sets_of_strokes(bounded: Running):
    """Each takes much memory, so they are worked on one at a time; small ones are not held up."""
    image, small = (bounded.image(f"{name}.png")["id"] for name in "ab")
    bounded.send("POST", f"/api/images/{image}/annotation", {"version": 0, "start": "nothing"})
    (file,) = (bounded.project / "annotations").glob(f"{image}-*")
    session = Session.load(file)
    for _ in range(30):
        session.add(Brush(points=((5.25, 5.25),) * 3000, radius_px=1.0))
    session.save(file)
    with ThreadPoolExecutor(6) as pool:
        asked = [
            pool.submit(bounded.get, f"/api/images/{each}/annotation")
            for each in (image, small) * 4
        ]
    large, light = asked[::2], asked[1::2]
    assert {each.result().status for each in large} == {200, 503}
    busy = next(each.result() for each in large if each.result().status == 503)
    assert int(busy.headers["retry-after"]) > 0
    assert {each.result().status for each in light} == {200}


def test_a_prediction_of_too_much_room(bounded: Running):
    """It could not be changed; and nothing of it is left."""
    image = bounded.image("c.png")["id"]
    bounded.find(image)
    wanted = {"version": 0, "start": "prediction"}
    answer = bounded.send("POST", f"/api/images/{image}/annotation", wanted)
    assert (answer.status, answer.json["reason"]) == (413, "too-large")
    assert bounded.get(f"/api/images/{image}/annotation").json["state"] == "none"
    assert not list((bounded.project / "annotations").glob(f"{image}-*"))


def test_too_many_datasets(bounded: Running):
    """One that is still to be written counts too."""
    ids = [bounded.image(f"{name}.png")["id"] for name in "ab"]
    for image in ids:
        bounded.send("POST", f"/api/images/{image}/annotation", {"version": 0, "start": "nothing"})
    bounded.send("POST", "/api/jobs", {"kind": "measure", "images": ids})
    bounded.wait_for_all()
    first, second = (bounded.send("POST", "/api/datasets", {"name": name}) for name in "xy")
    assert first.status == 202
    assert (second.status, second.json["reason"]) == (413, "too-many")
    assert len(bounded.get("/api/datasets").json) <= 1
