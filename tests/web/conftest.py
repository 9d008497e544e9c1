"""Real server processes on free ports, and a client that can misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from crackgauge.arrays import Image

SERVING = Path(__file__).with_name("serving.py")
READY_S = 90
CSRF = "X-Crackgauge-CSRF"


def draw_wall(height: int, width: int, *rows: int) -> Image:
    """A bright wall with horizontal cracks, 3 px wide, centred on `rows`, 10 px from the sides."""
    rng = np.random.default_rng(0)
    image = rng.integers(175, 185, (height, width, 3)).astype(np.uint8)
    for row in rows:
        image[row - 1 : row + 2, 10 : width - 10] = 60
    return image


def write_wall(path: Path, height: int, width: int, *rows: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), draw_wall(height, width, *rows))
    return path


def png_of(height: int, width: int, *rows: int) -> bytes:
    _, content = cv2.imencode(".png", draw_wall(height, width, *rows))
    return bytes(content)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server process and a client that says exactly what it is told to."""

    process: subprocess.Popen[str]
    port: int
    project: Path
    token: str | None = None
    csrf: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def raw(self, request: bytes) -> Answer | None:
        """Send bytes and read the answer; None where the server hung up without one."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
            return read_answer(connection)

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """Send a proper request; `headers` replaces some of them, None leaves one away."""
        given: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        if self.token is not None:
            given["Authorization"] = f"Bearer {self.token}"
        if method not in ("GET", "HEAD"):
            given |= {"Origin": self.address, CSRF: self.csrf}
        if body is not None:
            given |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        given |= headers or {}
        lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""])
        answer = self.raw(head.encode("latin-1") + (body or b""))
        assert answer is not None, f"no answer to {method} {target[:100]}"
        return answer

    def get(self, target: str, **headers: str | None) -> Answer:
        return self.ask("GET", target, headers=headers)

    def send(self, method: str, target: str, values: object, **headers: str | None) -> Answer:
        return self.ask(method, target, json.dumps(values).encode(), headers)

    def upload(self, content: bytes, name: str = "wall.png", **headers: str | None) -> Answer:
        kind: dict[str, str | None] = {"Content-Type": "application/octet-stream"}
        return self.ask("POST", f"/api/images?name={name}", content, kind | headers)

    def find(self, *ids: str) -> list[dict[str, Any]]:
        """Have cracks found and wait."""
        jobs = self.send("POST", "/api/jobs", {"kind": "find", "images": ids}).json
        return [self.wait(job["id"]) for job in jobs]

    def wait(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            job: dict[str, Any] = self.get(f"/api/jobs/{job_id}").json
            if job["state"] not in ("queued", "running"):
                return job
            time.sleep(0.05)
        raise TimeoutError(f"job {job_id}")

    def wait_for_all(self, seconds: float = 60) -> None:
        wait_until(lambda: not sum(self.counts()), seconds)

    def counts(self) -> tuple[int, int]:
        health = self.get("/api/health").json
        return health["queued"], health["running"]

    def image(self, name: str) -> dict[str, Any]:
        items = self.get("/api/images?count=1000").json["items"]
        found: dict[str, Any] = next(item for item in items if item["name"] == name)
        return found

    def cracks(self, image_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/api/images/{image_id}/cracks").json["items"]
        return found

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        close_pipes(self.process)


def close_pipes(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)


def read_answer(connection: socket.socket) -> Answer | None:
    content = b""
    with contextlib.suppress(OSError):
        while part := connection.recv(1 << 16):
            content += part
            head, end, body = content.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
            if end and length and len(body) >= int(length[1]):
                break
    head, end, body = content.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Answer(int(first.split()[1]), headers, body)


def start_server(
    project: Path,
    *,
    token: str | None = None,
    limits: dict[str, Any] | None = None,
    **settings: Any,
) -> Running:
    """Start a server process and wait until it listens."""
    values = {"project": str(project), "port": 0, "threads": 1, "token": token, **settings}
    values = {name: str(each) if isinstance(each, Path) else each for name, each in values.items()}
    process = subprocess.Popen(
        [sys.executable, SERVING, json.dumps({**values, "limits": limits or {}})],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    match = re.search(r":(\d+)/$", line.strip())
    if match is None:
        process.wait(timeout=READY_S)
        message = process.stderr.read()
        close_pipes(process)
        raise RuntimeError(message)
    running = Running(process, int(match[1]), project, token)
    running.csrf = running.get("/api/session").json["csrf"]
    return running


@pytest.fixture(scope="session")
def serve_at() -> Iterator[Callable[..., Running]]:
    """Start servers that end with the tests."""
    started: list[Running] = []

    def start(project: Path, **settings: Any) -> Running:
        running = start_server(project, **settings)
        started.append(running)
        return running

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture(scope="session")
def served(
    serve_at: Callable[..., Running],
    contrast_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    """A server with photos of 64 x 96 px whose cracks were found: `one.png`, `two.png`."""
    top = tmp_path_factory.mktemp("served")
    write_wall(top / "photos" / "one.png", 64, 96, 30)
    write_wall(top / "photos" / "two.png", 64, 96, 15, 45)
    (top / "secret.txt").write_text("nobody may read this")
    (top / "photos" / "leads-out.png").symlink_to(top / "secret.txt")
    running = serve_at(
        top / "project", photos=top / "photos", model=contrast_model, page=top / "not-built"
    )
    running.find(running.image("one.png")["id"], running.image("two.png")["id"])
    return running
