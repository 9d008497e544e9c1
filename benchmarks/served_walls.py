"""Photos of which every answer of the server is known, and the requests that ask for it.

Photo number N is 240 + N px high, 320 px wide, of a grey of its own, with one crack along a row of
its own: whoever gets another photo's answer sees it.
"""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

WIDTH = 320
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Wall:
    """One photo, as the server knows it."""

    number: int
    id: str

    @property
    def name(self) -> str:
        return f"wall-{self.number:02d}.png"

    @property
    def height(self) -> int:
        return 240 + self.number

    @property
    def row(self) -> int:
        return 40 + 8 * self.number

    @property
    def grey(self) -> int:
        return 120 + 5 * self.number


def write_walls(folder: Path, count: int) -> None:
    """Write the photos."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        wall = Wall(number, "")
        noise = np.random.default_rng(number).integers(-4, 5, (wall.height, WIDTH, 1))
        image = np.repeat((wall.grey + noise).astype(np.uint8), 3, axis=2)
        image[wall.row - 1 : wall.row + 2, 20 : WIDTH - 20] = 30
        if not cv2.imwrite(str(folder / wall.name), image):
            raise OSError(f"{folder}: cannot be written")


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks one thing after the other over a connection that stays open."""

    def __init__(self, port: int, csrf: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._changing = {"Origin": f"http://127.0.0.1:{port}", "X-Crackgauge-CSRF": csrf}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, target: str, values: object = None, **headers: str) -> Answer:
        """Send a request; one whose connection was ended meanwhile is sent again, once."""
        body = None if values is None else json.dumps(values).encode()
        sent = {**(self._changing if method != "GET" else {}), **(JSON if body else {}), **headers}
        for last in (False, True):
            try:
                self._connection.request(method, target, body, sent)
                got = self._connection.getresponse()
                return Answer(got.status, got.read(), got.getheader("Retry-After"))
            except (http.client.HTTPException, OSError):
                self._connection.close()
                if last:
                    raise
        raise AssertionError


# A request: what was wrong with its answer in words, or None; and its status.
Asked = tuple[str | None, int]


def ask_for_image(client: Client, wall: Wall, _: random.Random) -> Asked:
    """The record of a photo."""
    answer = client.ask("GET", f"/api/images/{wall.id}")
    if answer.status != 200:
        return _expected(answer, 503)
    found = answer.json
    same = (found["id"], found["name"], found["height_px"]) == (wall.id, wall.name, wall.height)
    return (None if same else "another photo's record"), 200


def ask_for_picture(client: Client, wall: Wall, chance: random.Random) -> Asked:
    """The thumbnail, or a tile of the finest level."""
    tile = chance.random() < 0.5
    target = "tiles/9/0/0" if tile else "thumbnail"
    answer = client.ask("GET", f"/api/images/{wall.id}/{target}")
    if answer.status != 200:
        return _expected(answer, 503)
    picture = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_COLOR)
    height = min(wall.height, 256) if tile else wall.height
    if picture is None or picture.shape[0] != height:
        return "no picture of this photo's size", 200
    grey = float(np.median(picture))
    return (None if abs(grey - wall.grey) <= 2 else "another photo's picture"), 200


def ask_for_cracks(client: Client, wall: Wall, _: random.Random) -> Asked:
    """The table of cracks and the centre lines."""
    answer = client.ask("GET", f"/api/images/{wall.id}/cracks")
    if answer.status != 200:
        return _expected(answer, 503)
    if any(crack["image"] != wall.id for crack in answer.json["items"]):
        return "another photo's cracks", 200
    lines = client.ask("GET", f"/api/images/{wall.id}/lines")
    if lines.status != 200:
        return _expected(lines, 503)
    ys = [y for line in lines.json for _, y, _ in line["points"]]
    return (None if all(abs(y - wall.row) < 6 for y in ys) else "another photo's lines"), 200


def comment(client: Client, wall: Wall, chance: random.Random) -> Asked:
    """A comment, with the version that was seen just before."""
    seen = client.ask("GET", f"/api/images/{wall.id}")
    if seen.status != 200:
        return _expected(seen, 503)
    text = f"{wall.name} {chance.random()}"
    change = {"version": seen.json["version"], "comment": text}
    answer = client.ask("PATCH", f"/api/images/{wall.id}", change)
    if answer.status == 200 and answer.json["comment"] != text:
        return "another comment", 200
    return _expected(answer, 200, 409, 503)


def preview(client: Client, wall: Wall, _: random.Random) -> Asked:
    """A trace along the crack."""
    clicks = {"points": [[30, wall.row], [WIDTH - 30, wall.row]]}
    answer = client.ask("POST", f"/api/images/{wall.id}/trace", clicks)
    if answer.status != 200:
        return _expected(answer, 503)
    away = max(abs(y - wall.row - 0.5) for _, y in answer.json["centre"])
    return (None if away < 2 else "another photo's trace"), 200


def correct(client: Client, wall: Wall, chance: random.Random) -> Asked:
    """A stroke on the crack or its undoing, with the version that was seen just before."""
    target = f"/api/images/{wall.id}/annotation"
    seen = client.ask("GET", target)
    if seen.status != 200:
        return _expected(seen, 503)
    version = seen.json["version"]
    if seen.json["state"] == "none":
        return _expected(client.ask("POST", target, {"version": 0, "start": "nothing"}), 201, 409)
    if seen.json["can_undo"] and len(seen.json["strokes"]) > 20:
        answer = client.ask("DELETE", f"{target}?version={version}")
        return _expected(answer, 200, 409, 503)
    if seen.json["can_undo"] and chance.random() < 0.4:
        return _expected(client.ask("POST", f"{target}/undo", {"version": version}), 200, 409)
    points = [[30, wall.row], [WIDTH - 30, wall.row]]
    stroke = {"kind": "brush", "points": points, "diameter_px": 4}
    answer = client.ask("POST", f"{target}/strokes", {"version": version, "stroke": stroke})
    if answer.status == 200 and answer.json["strokes"][-1]["points"] != points:
        return "another stroke", 200
    return _expected(answer, 200, 409)


def measure(client: Client, wall: Wall, _: random.Random) -> Asked:
    """Measure a photo anew, unless that waits already."""
    wanted = {"kind": "measure", "images": [wall.id]}
    answer = client.ask("POST", "/api/jobs", wanted)
    if answer.status == 202 and answer.json[0]["image"] != wall.id:
        return "another photo's job", 202
    return _expected(answer, 202, 503)


def list_all(client: Client, _: Wall, __: random.Random) -> Asked:
    """The lists that a page loads."""
    for target in ("/api/images", "/api/project", "/api/cracks", "/api/jobs"):
        answer = client.ask("GET", target)
        if answer.status != 200:
            return _expected(answer, 503)
    return None, 200


def _expected(answer: Answer, *statuses: int) -> Asked:
    if answer.status == 503 and not answer.retry_after:
        return "503 without Retry-After", 503
    if answer.status in (*statuses, 503):
        return None, answer.status
    return f"{answer.status} {answer.body[:120]!r}", answer.status


REQUESTS: dict[Callable[[Client, Wall, random.Random], Asked], int] = {
    ask_for_image: 20,
    ask_for_picture: 30,
    ask_for_cracks: 15,
    list_all: 10,
    comment: 8,
    correct: 8,
    preview: 6,
    measure: 3,
}
