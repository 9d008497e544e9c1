"""Hostile requests to a real server: each has its status, and nothing is read, written or run."""

from __future__ import annotations

import json
import os
import re
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.conftest import CSRF, Answer, Running, png_of

from crackgauge.web.security import RESPONSE_HEADERS

SECRET = b"nobody may read this"


def tree_of(project: Path) -> dict[str, int]:
    """Files that a request could add to or change, with their sizes."""
    rooms = ("uploads", "found", "annotations", "exports", "datasets", "trainings")
    paths = [path for room in rooms for path in (project / room).rglob("*") if path.is_file()]
    return {str(path.relative_to(project)): path.stat().st_size for path in paths}


@pytest.fixture(autouse=True)
def unchanged(served: Running) -> Iterator[None]:
    """Nothing was written, and the server still answers as before."""
    files, images = tree_of(served.project), served.get("/api/images").json
    cracks, project = served.get("/api/cracks").json, served.get("/api/project").json
    yield
    assert tree_of(served.project) == files
    assert served.get("/api/images").json == images
    assert served.get("/api/cracks").json == cracks
    assert served.get("/api/project").json == project
    assert served.process.poll() is None


def check_refused(answer: Answer | None, *statuses: int) -> None:
    """One of the statuses, one sentence, no path of this machine and no trace."""
    assert answer is not None
    assert answer.status in statuses, answer
    assert set(answer.json) == {"reason", "sentence", "current"}
    for word in (b"/tmp", b"/root", b"/home", b"Traceback", b".py", SECRET):
        assert word not in answer.body
    for name, value in RESPONSE_HEADERS.items():
        assert answer.headers[name.lower()] == value


TRAVERSALS = [
    "../../secret.txt",
    "..%2f..%2fsecret.txt",
    "%2e%2e/%2e%2e/secret.txt",
    "%252e%252e%252fsecret.txt",
    "..%5c..%5csecret.txt",
    "..\\..\\secret.txt",
    "%00",
    "0123456789abcdef%00.png",
    "....//secret.txt",
    "%c0%ae%c0%ae/secret.txt",
    "/etc/passwd",
    "file:///etc/passwd",
    "leads-out.png",
    "0123456789ABCDEF",
    "0123456789abcde",
    "0123456789abcdef0",
]
ADDRESSES = [
    "/api/images/{}",
    "/api/images/{}/thumbnail",
    "/api/images/{}/tiles",
    "/api/images/{}/tiles/0/0/0",
    "/api/images/{}/probability/0/0/0",
    "/api/images/{}/lines",
    "/api/images/{}/cracks",
    "/api/cracks/{}",
    "/api/jobs/{}",
    "/api/exports/{}/archive",
    "/api/exports/{}/files/0",
    "/api/images/{}/annotation",
    "/api/datasets/{}/archive",
    "/api/trainings/{}",
    "/api/trainings/{}/model",
    "/{}",
]
CLICKS = [[1, 1], [9, 9]]
BRUSH = {"kind": "brush", "points": CLICKS, "diameter_px": 2}
# Every change of state; `{}` stands for an id.
CHANGES: list[tuple[str, str, object]] = [
    ("POST", "/api/session", {"token": "x"}),
    ("PATCH", "/api/project", {"version": 1, "threshold": 0.9}),
    ("PATCH", "/api/images/{}", {"version": 1, "comment": "hostile"}),
    ("PATCH", "/api/cracks/{}", {"version": 1, "decision": "rejected"}),
    ("POST", "/api/jobs", {"kind": "find", "images": [], "all": True}),
    ("DELETE", "/api/jobs/{}", None),
    ("POST", "/api/exports", {"formats": ["csv"]}),
    ("POST", "/api/images/{}/annotation", {"version": 0, "start": "nothing"}),
    ("POST", "/api/images/{}/annotation/strokes", {"version": 1, "stroke": BRUSH}),
    ("POST", "/api/images/{}/annotation/undo", {"version": 1}),
    ("POST", "/api/images/{}/annotation/redo", {"version": 1}),
    ("DELETE", "/api/images/{}/annotation?version=1", None),
    ("POST", "/api/images/{}/trace", {"points": CLICKS}),
    ("POST", "/api/datasets", {"name": "hostile"}),
    ("DELETE", "/api/datasets/{}", None),
    ("POST", "/api/trainings", {"dataset": "0123456789abcdef"}),
    ("DELETE", "/api/trainings/{}", None),
    ("POST", "/api/trainings/{}/resume", {}),
]


def change(
    served: Running, method: str, target: str, values: object, **headers: str | None
) -> Answer:
    if values is None:
        return served.ask(method, target, headers=headers)
    return served.send(method, target, values, **headers)


def test_every_address_is_tried(served: Running):
    """Whoever adds a route adds it to the lists above; uploads have tests of their own."""
    tried = {(method, address.partition("?")[0]) for method, address, _ in CHANGES}
    tried |= {("GET", address) for address in ADDRESSES} | {("POST", "/api/images")}
    described = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path))
        for path, methods in served.get("/openapi.json").json["paths"].items()
        for method in methods
    }
    with_numbers = {("GET", re.sub(r"/0", "/{}", address)) for address in ADDRESSES}
    missed = described - tried - with_numbers
    assert {pair for pair in missed if pair[0] != "GET" or "{}" in pair[1]} == set()


@pytest.mark.parametrize(
    ("method", "address", "values"), [each for each in CHANGES if "{}" in each[1]]
)
@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_id_of_a_change_is_a_path(
    served: Running, method: str, address: str, values: object, name: str
):
    check_refused(change(served, method, address.format(name), values), 400, 404, 405, 422)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_id_is_a_path(served: Running, address: str, name: str):
    check_refused(served.get(address.format(name)), 400, 404, 422)


@pytest.mark.parametrize(
    "place", ["../0/0", "0/..%2f0/0", "-1/0/0", "0/0/1e9", "99/0/0", "0/0/0.jpg"]
)
def test_no_tile_is_a_path(served: Running, place: str):
    image = served.image("one.png")["id"]
    for layer in ("tiles", "probability"):
        check_refused(served.get(f"/api/images/{image}/{layer}/{place}"), 400, 404, 422)


@pytest.mark.parametrize(
    "name",
    [
        "..%2F..%2Fevil.png",
        "..%5C..%5Cevil.png",
        "%2Fetc%2Fpasswd",
        "a%00b.png",
        "%ff%fe",
        "x" * 1500,
    ],
)
def test_no_name_of_an_upload_is_a_path(served: Running, name: str):
    """The content is no image, so nothing is kept; names that are tells `test_server`."""
    check_refused(served.upload(b"no image", name), 414, 415, 422)
    assert not list(served.project.parent.rglob("*evil*"))


def test_a_link_that_leads_out_is_not_listed(served: Running):
    names = [item["name"] for item in served.get("/api/images").json["items"]]
    assert "leads-out.png" not in names


def test_a_photo_that_became_a_link_is_not_followed(served: Running):
    """The link is made after the photo was listed."""
    image = served.image("one.png")
    photo = served.project.parent / "photos" / "one.png"
    kept = photo.rename(photo.with_suffix(".kept"))
    try:
        photo.symlink_to(served.project.parent / "secret.txt")
        os.utime(photo, follow_symlinks=False)
        for layer in ("thumbnail", "tiles/7/0/0"):
            check_refused(served.get(f"/api/images/{image['id']}/{layer}"), 403)
    finally:
        photo.unlink()
        kept.rename(photo)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
     "169.254.169.254", "127.0.0.1@evil.example", "", " ", "[::1", "127.0.0.1:port"],
)  # fmt: skip
def test_foreign_hosts(served: Running, host: str):
    check_refused(served.get("/api/images", Host=host), 421)


def test_a_host_missing_or_twice(served: Running):
    line = f"Host: 127.0.0.1:{served.port}\r\n".encode()
    for hosts in (b"", line + b"Host: evil.example\r\n"):
        answer = served.raw(b"GET /api/images HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
        assert answer is not None
        assert answer.status in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "[::1]"])
def test_our_own_names(served: Running, host: str):
    assert served.get("/api/images", Host=f"{host}:{served.port}").status == 200


@pytest.mark.parametrize(("method", "target", "values"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1"},
        {CSRF: None},
        {CSRF: ""},
        {CSRF: "0" * 64},
    ],
)
def test_changes_from_elsewhere(
    served: Running, method: str, target: str, values: object, headers: dict[str, str | None]
):
    image = served.image("one.png")["id"]
    ids = {"cracks": served.cracks(image)[0]["id"], "jobs": served.get("/api/jobs").json[0]["id"]}
    address = target.format(ids.get(target.split("/")[2], image))
    check_refused(change(served, method, address, values, **headers), 403)


def test_uploads_from_elsewhere(served: Running):
    check_refused(served.upload(png_of(8, 8), Origin="http://evil.example"), 403)
    check_refused(served.upload(png_of(8, 8), **{CSRF: None}), 403)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", None])  # fmt: skip
def test_forms_change_nothing(served: Running, kind: str | None):
    """What a form of another site could send without asking first."""
    answer = served.send("PATCH", "/api/project", {"version": 1}, **{"Content-Type": kind})
    check_refused(answer, 415)
    check_refused(served.upload(png_of(8, 8), **{"Content-Type": kind}), 415)


def test_no_answer_lets_other_origins_in(served: Running):
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PATCH"}
    preflight = served.ask("OPTIONS", "/api/project", headers=dict(asked))
    check_refused(preflight, 405)
    plain = served.get("/api/images", Origin="http://evil.example")
    for answer in (preflight, plain):
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert plain.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "EVIL"])
def test_other_methods(served: Running, method: str):
    check_refused(served.ask(method, "/api/images"), 403, 405)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a/*",
        b"%PDF-1.7",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"#!/bin/sh\ntouch /tmp/evil\n",
        b"\x80\x04\x95cos\nsystem\n",
        b"",
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.html", "photo.svg"])
def test_uploads_that_are_no_photos(served: Running, content: bytes, name: str):
    check_refused(served.upload(content, name), 415, 422)


def png_header(height: int, width: int, rows: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(("height", "width"), [(100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_image_bombs(served: Running, height: int, width: int):
    started = time.monotonic()
    check_refused(served.upload(png_header(height, width)), 413)
    assert time.monotonic() - started < 10


def test_bodies_over_the_limit(served: Running):
    long = b'{"version": 1, "comment": "' + b"x" * 70_000 + b'"}'
    check_refused(served.ask("PATCH", "/api/project", long), 413)
    claimed: dict[str, str | None] = {"Content-Length": str(10**12)}
    check_refused(served.ask("PATCH", "/api/project", b"{}", claimed), 413)
    check_refused(served.upload(b"", **claimed), 413)


@pytest.mark.parametrize("length", [None, "-1", "+5", "0x10", "1e3", "five", "9" * 30])
def test_bodies_without_a_length(served: Running, length: str | None):
    headers: dict[str, str | None] = {"Content-Length": length, "Content-Type": "application/json"}
    answer = served.ask("PATCH", "/api/project", b"", headers)
    assert answer.status in (400, 411)


def test_chunked_bodies(served: Running):
    chunked: dict[str, str | None] = {"Content-Length": None, "Transfer-Encoding": "chunked"}
    check_refused(served.ask("PATCH", "/api/project", b"2\r\n{}\r\n0\r\n\r\n", chunked), 411)


def test_two_ways_to_say_how_long_a_body_is(served: Running):
    both: dict[str, str | None] = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = served.ask("PATCH", "/api/project", b"2\r\n{}\r\n0\r\n\r\n", both)
    assert answer.status in (400, 411)


def test_packed_bodies(served: Running):
    packed = zlib.compress(b" " * 10_000_000)
    answer = served.ask("PATCH", "/api/project", packed, {"Content-Encoding": "deflate"})
    check_refused(answer, 415)


def test_a_body_where_none_belongs(served: Running):
    check_refused(served.ask("GET", "/api/images", b"{}"), 400)


@pytest.mark.parametrize("size", [9_000, 30_000])
def test_long_headers(served: Running, size: int):
    check_refused(served.get("/api/images", Cookie="c" * size), 431)
    check_refused(served.get("/api/images", **{"n" * size: "1"}), 431)


def test_endless_headers(served: Running):
    answer = served.raw(b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 200_000)
    assert answer is None or answer.status in (400, 431)


def test_many_headers(served: Running):
    check_refused(
        served.get("/api/images", **{f"h{number}": "x" * 200 for number in range(200)}), 431
    )


def test_long_addresses(served: Running):
    check_refused(served.get("/" + "a" * 3000), 414)
    check_refused(served.get("/api/images?order=" + "a" * 3000), 414)


@pytest.mark.parametrize("brackets", ["[", "{", '{"a":'])
def test_json_nested_deeply(served: Running, brackets: str):
    for depth in (100_000, 10_000, 30):
        body = (brackets * depth).encode()
        check_refused(served.ask("PATCH", "/api/project", body), 400, 413)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"version": 1e400}', b'{"version": NaN}',
     b'{"version": 1, "threshold": Infinity}', b'{"version": 1, "mm_per_px": -1}',
     b'{"version": 1, "unknown": 1}', b'{"version": 1, "threshold": "<script>"}',
     b'{"version": ' + b"9" * 5000 + b"}", b'{"version": 1, "standard": "../../secret"}'],
)  # fmt: skip
def test_json_that_does_not_fit(served: Running, body: bytes):
    check_refused(served.ask("PATCH", "/api/project", body), 400, 409, 422)


@pytest.mark.parametrize(
    "stroke",
    [b"null", b"[]", b'{"kind": "brush", "points": [[NaN, 1]], "diameter_px": 2}',
     b'{"kind": "brush", "points": [[1, 1]], "diameter_px": Infinity}',
     b'{"kind": "brush", "points": [[1e308, -1e308]], "diameter_px": 2}',
     b'{"kind": "polygon", "points": ' + b"[" * 15 + b"1" + b"]" * 15 + b"}",
     b'{"kind": "polygon", "points": [[1, 1, 1], [2, 2, 2], [3, 3, 3]]}',
     b'{"kind": "trace", "points": "../../secret.txt"}',
     b'{"kind": "trace", "points": [[1, 1], [2, 2]], "session": "../../secret.txt"}',
     b'{"kind": "trace", "points": [[1, 1], [2, 2]], "probability": "/etc/passwd"}',
     b'{"kind": "remove", "number": ' + b"9" * 4000 + b"}"],
)  # fmt: skip
def test_strokes_that_do_not_fit(served: Running, stroke: bytes):
    target = f"/api/images/{served.image('one.png')['id']}/annotation/strokes"
    body = b'{"version": 0, "stroke": ' + stroke + b"}"
    check_refused(served.ask("POST", target, body), 400, 422)
    trace = f"/api/images/{served.image('one.png')['id']}/trace"
    check_refused(served.ask("POST", trace, stroke), 400, 422)


def test_what_was_sent_is_not_sent_back(served: Running):
    body = json.dumps({"version": 1, "threshold": "<script>alert(1)</script>"}).encode()
    assert b"script" not in served.ask("PATCH", "/api/project", body).body


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-0", "bytes=-1", "bytes=5-2", "bytes=0-" + ",0-" * 2000, "bytes=a-b",
     "bytes=18446744073709551616-", ",".join(["bytes=0-0"] * 500)],
)  # fmt: skip
def test_parts_of_answers_are_not_given(served: Running, asked: str):
    """The whole answer, once, whatever ranges are asked for."""
    target = f"/api/images/{served.image('one.png')['id']}/thumbnail"
    whole = served.get(target)
    part = served.get(target, Range=asked)
    assert (part.status, part.body) == (200, whole.body)
    assert "content-range" not in part.headers


def test_numbers_out_of_range(served: Running):
    for query in ("offset=-1", "count=0", "count=1000000", "count=x", "order=evil"):
        check_refused(served.get(f"/api/images?{query}"), 422)


def test_two_requests_in_one(served: Running):
    """The second is answered for itself, by the same rules."""
    head = f"Host: 127.0.0.1:{served.port}\r\n"
    answer = served.raw(
        f"GET / HTTP/1.1\r\n{head}\r\nGET /api/images HTTP/1.1\r\nHost: evil.example\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    assert answer is not None
    assert answer.status == 200
    assert b"one.png" not in answer.body


@pytest.mark.parametrize(
    "request_line",
    [b"GET http://evil.example/ HTTP/1.1", b"GET //evil.example/ HTTP/1.1", b"GET / HTTP/9.9",
     b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET /\x00 HTTP/1.1", b"G\xc3\x89T / HTTP/1.1"],
)  # fmt: skip
def test_odd_request_lines(served: Running, request_line: bytes):
    head = f"\r\nHost: 127.0.0.1:{served.port}\r\nConnection: close\r\n\r\n".encode()
    answer = served.raw(request_line + head)
    assert answer is None or answer.status in (400, 404, 405, 505)


def test_a_web_socket_is_not_opened(served: Running):
    answer = served.get(
        "/api/events/x", Upgrade="websocket", Connection="Upgrade", **{"Sec-WebSocket-Key": "x"}
    )
    assert answer.status in (400, 404)
