"""What happens on the server, told to whoever listens."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from crackgauge.web.refusals import busy

_WAITING = 200
_ALIVE_EVERY_S = 15.0


class Events:
    """Passes events from any thread to the open streams.

    Args:
        most: streams that may be open.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[asyncio.Queue[bytes | None]] = set()
        self._closed = False

    def tell(self, kind: str, values: Mapping[str, Any]) -> None:
        """Tell all streams; from any thread. One that does not keep up is closed."""
        loop = self._loop
        if loop is None or self._closed:
            return
        text = f"event: {kind}\ndata: {json.dumps(dict(values))}\n\n".encode()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._pass_on, text)

    def check_room(self) -> None:
        """Make sure that one more page can listen; in the event loop.

        Raises:
            Refused: 503, too many do.
        """
        self._loop = asyncio.get_running_loop()
        if len(self._streams) >= self._most:
            raise busy(f"{self._most} pages are listening already", retry_after_s=5)

    async def listen(self) -> AsyncIterator[bytes]:
        """Give what is told from now on, with a sign of life now and then."""
        stream: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self._streams.add(stream)
        try:
            yield b"retry: 2000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(stream.get(), _ALIVE_EVERY_S)
                except TimeoutError:
                    text = b": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._streams.discard(stream)

    def close(self) -> None:
        """End all streams; from any thread."""
        self._closed = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end)

    def _pass_on(self, text: bytes) -> None:
        for stream in list(self._streams):
            try:
                stream.put_nowait(text)
            except asyncio.QueueFull:
                self._streams.discard(stream)
                stream.get_nowait()
                stream.put_nowait(None)

    def _end(self) -> None:
        for stream in list(self._streams):
            with contextlib.suppress(asyncio.QueueFull):
                stream.put_nowait(None)
