"""kill -9 of the server and of its workers: nothing that was answered is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.web.conftest import Answer, Running, png_of, start_server, wait_until, write_wall


def kill_worker(running: Running) -> int:
    """Kill the worker at work and return its number."""
    (pid,) = running.get("/api/health").json["workers"]
    os.kill(pid, signal.SIGKILL)
    return int(pid)


def workers_of(running: Running) -> list[int]:
    return [pid for pid in running.get("/api/health").json["workers"] if pid is not None]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_kill_9_of_the_server_loses_nothing(contrast_model: Path, tmp_path: Path):
    """Killed three times: with jobs waiting, while it writes, and at rest."""
    for name in ("a", "b", "c"):
        write_wall(tmp_path / "photos" / f"{name}.png", 400, 600, 100, 300)
    given = {"photos": tmp_path / "photos", "model": contrast_model}
    running = start_server(tmp_path / "project", **given)
    csrf = running.csrf
    ids = [item["id"] for item in running.get("/api/images").json["items"]]
    jobs = running.send("POST", "/api/jobs", {"kind": "find", "images": ids}).json
    worker = running.get("/api/health").json["workers"][0]
    running.kill()
    wait_until(lambda: worker is None or not is_running(worker), 20)

    running = start_server(tmp_path / "project", **given)
    assert running.csrf == csrf  # an open page goes on
    for job in jobs:
        assert running.wait(job["id"])["state"] == "done"
    crack = running.cracks(ids[0])[0]
    change = {"version": 1, "decision": "rejected", "comment": "rust"}
    judged = running.send("PATCH", f"/api/cracks/{crack['id']}", change).json
    scale = {"version": 1, "scale": {"mm_per_px": 0.5}}
    scaled = running.send("PATCH", f"/api/images/{ids[0]}", scale).json
    uploaded = running.upload(png_of(64, 96, 30), "late.png").json
    settings = running.send("PATCH", "/api/project", {"version": 1, "threshold": 0.4}).json
    running.kill()

    (tmp_path / "project" / "uploads" / ("0" * 16)).write_bytes(b"half")
    running = start_server(tmp_path / "project", **given)
    running.wait_for_all()
    assert running.get(f"/api/cracks/{crack['id']}").json["comment"] == judged["comment"]
    image = running.get(f"/api/images/{ids[0]}").json
    assert (image["version"], image["scale"]["mm_per_px"]) == (scaled["version"], 0.5)
    assert image["measured"]["mm_per_px"] == 0.5
    assert image["counts"] == {"open": 1, "accepted": 0, "rejected": 1}
    assert running.get(f"/api/images/{uploaded['id']}/thumbnail").status == 200
    assert running.get("/api/project").json["threshold"] == settings["threshold"]
    assert len(list((tmp_path / "project" / "uploads").iterdir())) == 1
    running.kill()


@pytest.fixture(scope="module")
def running(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    """One photo takes a moment, time enough to be killed in."""
    top = tmp_path_factory.mktemp("killed")
    write_wall(top / "photos" / "large.png", 3000, 4000, 500, 2500)
    write_wall(top / "photos" / "small.png", 64, 96, 30)
    return serve_at(top / "project", photos=top / "photos", model=contrast_model)


def test_a_killed_worker_is_replaced_and_its_job_done(running: Running):
    """The second try of the photo ends well."""
    large = running.image("large.png")["id"]
    (job,) = running.send("POST", "/api/jobs", {"kind": "find", "images": [large]}).json
    wait_until(lambda: running.get(f"/api/jobs/{job['id']}").json["state"] == "running", 30)
    killed = kill_worker(running)
    started = time.monotonic()
    wait_until(lambda: workers_of(running) not in ([], [killed]), 30)
    replaced_s = time.monotonic() - started
    ended = running.wait(job["id"], 120)
    assert (ended["state"], ended["tries"]) == ("done", 2)
    assert len(running.cracks(large)) == 2
    assert replaced_s < 5


def test_a_photo_that_ends_its_worker_twice_is_set_aside(running: Running):
    """The queue goes on with the next one."""
    large, small = running.image("large.png")["id"], running.image("small.png")["id"]
    wanted = {"kind": "find", "images": [large, small]}
    first, second = running.send("POST", "/api/jobs", wanted).json
    for tries in (1, 2):
        wait_until(
            lambda tries=tries: (
                running.get(f"/api/jobs/{first['id']}").json["tries"] == tries  # type: ignore[misc]
                and running.get(f"/api/jobs/{first['id']}").json["state"] == "running"
                and workers_of(running) != []
            ),
            60,
        )
        killed = kill_worker(running)
        wait_until(lambda killed=killed: not is_running(killed), 10)  # type: ignore[misc]
    ended = running.wait(first["id"])
    assert (ended["state"], ended["reason"]) == ("failed", "killed-worker")
    image = running.get(f"/api/images/{large}").json
    assert (image["state"], image["reason"]) == ("set-aside", "killed-worker")
    assert "2 times" in image["sentence"]
    assert running.wait(second["id"])["state"] == "done"


def test_a_cancelled_job_ends_and_the_queue_goes_on(running: Running):
    large, small = running.image("large.png")["id"], running.image("small.png")["id"]
    wanted = {"kind": "find", "images": [large, small]}
    first, second = running.send("POST", "/api/jobs", wanted).json
    wait_until(lambda: running.get(f"/api/jobs/{first['id']}").json["state"] == "running", 60)
    assert running.ask("DELETE", f"/api/jobs/{first['id']}").json["state"] == "cancelled"
    assert running.wait(second["id"])["state"] == "done"
    assert running.get(f"/api/jobs/{first['id']}").json["state"] == "cancelled"
    assert running.ask("DELETE", f"/api/jobs/{first['id']}").status == 409


def test_the_renderer_is_replaced_too(running: Running):
    pid = running.get("/api/health").json["renderer"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid), 10)
    image = running.image("small.png")["id"]
    assert running.get(f"/api/images/{image}/tiles/7/0/0").status == 200


def test_the_tracer_is_replaced_too(running: Running):
    image = running.image("small.png")["id"]
    target, clicks = f"/api/images/{image}/trace", {"points": [[15, 30], [80, 30]]}
    before = running.send("POST", target, clicks)
    assert before.status == 200
    pid = running.get("/api/health").json["tracer"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid), 10)
    again = running.send("POST", target, clicks)
    assert again.json["centre"] == before.json["centre"]
    assert running.get("/api/health").json["tracer"] not in (None, pid)


def test_sigterm_while_a_request_waits(contrast_model: Path, tmp_path: Path):
    """The first trace waits for its worker to start; it is sent away, and the end is quiet."""
    write_wall(tmp_path / "photos" / "a.png", 64, 96, 30)
    running = start_server(tmp_path / "p", photos=tmp_path / "photos", model=contrast_model)
    image = running.image("a.png")["id"]
    answers: list[Answer] = []

    def ask() -> None:
        clicks = {"points": [[15, 30], [80, 30]]}
        answers.append(running.send("POST", f"/api/images/{image}/trace", clicks))

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: running.get("/api/health").json["tracer"] is not None, 30)
    running.process.send_signal(signal.SIGTERM)
    _, errors = running.process.communicate(timeout=60)
    asking.join()
    assert (running.process.returncode, errors) == (0, "")
    assert answers[0].status in (200, 503)
