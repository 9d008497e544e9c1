"""The ASGI layer that applies `security` to every request and every answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from crackgauge.web.json_depth import check_json_depth
from crackgauge.web.limits import Limits
from crackgauge.web.refusals import BUG, Refused, as_refused, busy
from crackgauge.web.security import (
    RESPONSE_HEADERS,
    Access,
    check_body,
    check_who,
    read_head,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# What is still read of a body that was refused, so that its sender gets to read the answer.
_DRAINED_BYTES = 64 << 20
_DRAINED_S = 2.0
_LOG = logging.getLogger("crackgauge.web")


class _ClientGone(Exception):
    """The client hung up while its body was read."""


class Gate:
    """Lets a request through to the app, or refuses it.

    Args:
        app: what answers.
        access: who may ask.
        limits: the bounds.
    """

    def __init__(self, app: App, access: Access, limits: Limits) -> None:
        self._app = app
        self._access = access
        self._limits = limits
        self._active = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        answer, body = _Answer(send), _Body(receive, scope["method"] not in ("GET", "HEAD"))
        self._active += 1
        try:
            await self._guarded(scope, body, answer)
        except _ClientGone:
            return
        except Exception as error:  # the last place where a bug can be worded
            refused = as_refused(error)
            if refused.reason == BUG:
                _LOG.exception("this is a bug of crackgauge")
            if not answer.started:
                await answer.refuse(refused, body)
            elif not answer.ended:
                raise
        finally:
            self._active -= 1

    async def _guarded(self, scope: MutableMapping[str, Any], body: _Body, answer: _Answer) -> None:
        if self._active > self._limits.requests:
            raise busy(f"more than {self._limits.requests} requests are being worked on")
        head = read_head(scope, self._limits)
        check_who(head, self._access)
        check_body(head, self._limits)
        receive: Receive = body.receive
        if head.has_body:
            seconds = self._limits.body_s + head.length / self._limits.body_bytes_per_s
            body.until = time.monotonic() + seconds
            if not head.is_upload:
                content = await body.read()
                check_json_depth(content, deepest=self._limits.json_depth)
                receive = _again(content)
        await self._app(scope, receive, answer.send)


class _Body:
    """A request's body, which must come in time.

    Attributes:
        more: it was not read to its end.
        until: when it must have been read, by `time.monotonic`.
    """

    def __init__(self, receive: Receive, more: bool) -> None:
        self._receive = receive
        self.more = more
        self.until = math.inf

    async def receive(self) -> Message:
        """Wait for the next part; after the last one, for the end of the connection."""
        if not self.more or self.until == math.inf:
            return await self._receive()
        try:
            async with asyncio.timeout(max(self.until - time.monotonic(), 0.0)):
                message = await self._receive()
        except TimeoutError:
            raise Refused(408, "too-slow", "the body did not come in time") from None
        self.more = bool(message.get("more_body", False))
        return message

    async def read(self) -> bytes:
        """Read it whole."""
        parts: list[bytes] = []
        while self.more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            parts.append(message.get("body", b""))
        return b"".join(parts)

    async def drain(self) -> None:
        """Take some of what nobody wants off the line, so that the answer is read."""
        self.until = math.inf
        taken = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_S):
                while self.more and taken < _DRAINED_BYTES:
                    message = await self._receive()
                    taken += len(message.get("body", b""))
                    self.more = bool(message.get("more_body", False))


def _again(content: bytes) -> Receive:
    """Give a body that was already read."""
    given = False
    never = asyncio.Event()

    async def receive() -> Message:
        nonlocal given
        if given:
            await never.wait()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


class _Answer:
    """An answer with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = {name.lower() for name, _ in message.get("headers", [])}
            message = {
                **message,
                "headers": [
                    *message.get("headers", []),
                    *(
                        (name.encode(), value.encode())
                        for name, value in RESPONSE_HEADERS.items()
                        if name.lower().encode() not in given
                    ),
                ],
            }
        elif not message.get("more_body", False):
            self.ended = True
        await self._send(message)

    async def refuse(self, refused: Refused, unread: _Body) -> None:
        """Send a refusal, and take some of a body that nobody wants off the line."""
        body = refused.problem.model_dump_json().encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **refused.headers,
        }
        await self.send(
            {
                "type": "http.response.start",
                "status": refused.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await unread.drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
