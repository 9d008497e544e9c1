"""Requests that nobody sends who means well, with the answers that they may get."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Whom they are sent to, and a photo that is there."""

    port: int
    csrf: str
    image: str

    def head(self, first: str, *lines: str, changing: bool = False) -> str:
        """The head of a request that is otherwise as it should be."""
        host = f"127.0.0.1:{self.port}"
        given = [first, *lines, "Connection: close"]
        if not any(line.lower().startswith("host:") for line in lines):
            given.append(f"Host: {host}")
        if changing:
            given += [f"Origin: http://{host}", f"X-Crackgauge-CSRF: {self.csrf}"]
        return "\r\n".join([*given, "", ""])

    def post(self, path: str, body: bytes, *lines: str, method: str = "POST") -> bytes:
        """A change with a body, as it should be but for what is in it."""
        kind = [] if any("Content-Type" in line for line in lines) else [
            "Content-Type: application/json"
        ]  # fmt: skip
        head = self.head(
            f"{method} {path} HTTP/1.1",
            f"Content-Length: {len(body)}",
            *kind,
            *lines,
            changing=True,
        )
        return head.encode() + body


def _bytes(head: str) -> bytes:
    return head.encode("latin-1")


Made = Callable[[Target, random.Random], bytes]
NAMES = ("../../etc/passwd", "..%2f..%2fetc", "%00", "..%5c..%5c", "0123456789ABCDEF", "x" * 1500)
_STROKE = {"kind": "brush", "points": [[1, 1]], "diameter_px": 2, "file": "/etc/passwd"}

# name: how it is made, and the statuses that are right; 0: hung up on.
HOSTILE: dict[str, tuple[Made, tuple[int, ...]]] = {
    "path traversal": (
        lambda to, chance: _bytes(to.head(f"GET /api/images/{chance.choice(NAMES)} HTTP/1.1")),
        (400, 404, 422),
    ),
    "path traversal in strokes": (
        lambda to, chance: _bytes(
            to.head(f"GET /api/images/{chance.choice(NAMES)}/annotation HTTP/1.1")
        ),
        (400, 404, 422),
    ),
    "foreign host": (
        lambda to, _: _bytes(to.head("GET /api/images HTTP/1.1", "Host: evil.example")),
        (421,),
    ),
    "null origin": (
        lambda to, _: _bytes(
            to.head(f"DELETE /api/images/{to.image}/annotation?version=1 HTTP/1.1", "Origin: null")
        ),
        (403,),
    ),
    "no header against forgery": (
        lambda to, _: _bytes(
            to.head(
                "DELETE /api/jobs/0123456789abcdef HTTP/1.1", f"Origin: http://127.0.0.1:{to.port}"
            )
        ),
        (403,),
    ),
    "JSON nested deeply": (
        lambda to, _: to.post("/api/project", b"[" * 20_000, method="PATCH"),
        (400,),
    ),
    "no number": (
        lambda to, _: to.post(f"/api/images/{to.image}/trace", b'{"points": [[NaN, 1]]}'),
        (422,),
    ),
    "unknown key": (
        lambda to, _: to.post(
            f"/api/images/{to.image}/annotation/strokes",
            json.dumps({"version": 1, "stroke": _STROKE}).encode(),
        ),
        (422,),
    ),
    "a body over the limit": (
        lambda to, _: to.post("/api/datasets", b'{"name": "' + b"x" * 70_000 + b'"}'),
        (413,),
    ),
    "a body without a length": (
        lambda to, _: _bytes(
            to.head("POST /api/trainings HTTP/1.1", "Content-Type: application/json", changing=True)
        ),
        (411,),
    ),
    "a chunked body": (
        lambda to, _: (
            _bytes(
                to.head(
                    "PATCH /api/project HTTP/1.1",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked",
                    changing=True,
                )
            )
            + b"2\r\n{}\r\n0\r\n\r\n"
        ),
        (411,),
    ),
    "an upload of HTML": (
        lambda to, _: to.post(
            "/api/images?name=photo.jpg",
            b"<!DOCTYPE html><script>alert(1)</script>",
            "Content-Type: application/octet-stream",
        ),
        (415,),
    ),
    "a long header": (
        lambda to, _: _bytes(to.head("GET /api/images HTTP/1.1", "Cookie: " + "c" * 9000)),
        (431,),
    ),
    "an odd method": (lambda to, _: _bytes(to.head("PROPFIND /api/images HTTP/1.1")), (403, 405)),
    "no HTTP": (lambda _, __: b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", (0, 400)),
    "hung up in the middle": (
        lambda to, _: to.post("/api/project", b'{"version": 1', method="PATCH")[:-5],
        (0,),
    ),
}


def send_hostile(to: Target, chance: random.Random) -> tuple[str, int, bool]:
    """Send one.

    Returns:
        Its name, the status (0: no answer), and whether that is right; 503 always is.
    """
    name = chance.choice(sorted(HOSTILE))
    make, statuses = HOSTILE[name]
    content = make(to, chance)
    got = b""
    connection = socket.create_connection(("127.0.0.1", to.port), timeout=120)
    with connection, contextlib.suppress(OSError):
        connection.sendall(content)
        if name == "hung up in the middle":
            return name, 0, True
        while part := connection.recv(1 << 16):
            got += part
    found = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", got)
    status = int(found[1]) if found else 0
    quiet = not any(word in got for word in (b"Traceback", b"/root", b"root:x", b"/tmp"))
    return name, status, quiet and status in (*statuses, 503)
