"""Photos are looked at while the server answers: their size, and whether they can be read."""

from __future__ import annotations

import contextlib
import queue
import threading

from crackgauge.errors import CrackgaugeError
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.refusals import Refused
from crackgauge.web.state import State

_CLOSING_S = 10
# They say nothing about the photo.
_NOT_OF_THE_PHOTO = (500, 503)


class Looker:
    """Notes the size of each photo, and sets aside what is none.

    Args:
        state: of the server.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Look at all that were not looked at, and at what is asked for from now on."""
        for image in self._state.project.images.every():
            self._waiting.put(image.id)
        self._thread.start()

    def look_at(self, image_id: str) -> None:
        """Look at a photo that has become another, without waiting for it; tell that it has."""
        self._state.tell_image(image_id)
        self._waiting.put(image_id)

    def close(self) -> None:
        """Look at no more."""
        self._closing.set()
        self._waiting.put(None)

    def join(self) -> None:
        """Wait until nothing is looked at."""
        self._thread.join(_CLOSING_S)

    def _work(self) -> None:
        with contextlib.suppress(CrackgaugeError):
            self._state.renderer.start()
        while (image_id := self._waiting.get()) is not None and not self._closing.is_set():
            # Where the disk is full, or the database locked, the next start looks again.
            with contextlib.suppress(CrackgaugeError):
                self._look(self._state.project.images.get(image_id))

    def _look(self, image: ImageRecord) -> None:
        if image.height_px is not None or image.state not in ("new", "done"):
            return
        state = self._state
        try:
            found = state.renderer.describe(state.project.photo(image))
        except Refused as refused:
            if refused.status not in _NOT_OF_THE_PHOTO:
                state.project.set_aside(image.id, refused)
        else:
            size = (int(found["height_px"]), int(found["width_px"]))
            state.project.images.set_size(image.id, *size)
            if found["coarse"] and not state.project.coarse(image).is_file():
                state.queue.add("coarse", [image.id])
        state.tell_image(image.id)
