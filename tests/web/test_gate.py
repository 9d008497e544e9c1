"""The gate with apps of a few lines, called as a server calls them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from crackgauge.web.gate import App, Gate, Receive, Send
from crackgauge.web.limits import Limits
from crackgauge.web.security import RESPONSE_HEADERS, Access

Scope = MutableMapping[str, Any]


def call(app: App, limits: Limits | None = None) -> list[dict[str, Any]]:
    """What a GET of / is answered."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    gate = Gate(app, Access(frozenset({"localhost"}), "csrf"), limits or Limits())
    asyncio.run(gate(scope, receive, send))
    return sent


def test_a_bug_is_one_sentence_here_and_a_trace_in_the_log(caplog: pytest.LogCaptureFixture):
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise KeyError("/home/me/secret")

    with caplog.at_level(logging.ERROR):
        start, body, end = call(app)
    assert start["status"] == 500
    problem = json.loads(body["body"])
    assert problem["reason"] == "internal"
    assert "/home" not in problem["sentence"]
    assert end["more_body"] is False
    assert "KeyError" in caplog.text


def test_a_bug_in_the_middle_of_an_answer_ends_the_connection(caplog: pytest.LogCaptureFixture):
    """What was half sent must not look whole: the server hangs up when this raises."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError

    with caplog.at_level(logging.ERROR), pytest.raises(KeyError):
        call(app)


def test_every_answer_has_the_headers_and_keeps_its_own():
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        own = [(b"cache-control", b"private")]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b""})

    start, _ = call(app)
    headers = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    assert ("cache-control", "private") in headers
    assert len(headers) == len(RESPONSE_HEADERS)
    policy = dict(headers)["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_too_many_requests_at_a_time():
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("it was let through")

    start, body, _ = call(app, Limits(requests=0))
    assert start["status"] == 503
    assert (b"Retry-After", b"1") in start["headers"]
    assert json.loads(body["body"])["reason"] == "busy"
