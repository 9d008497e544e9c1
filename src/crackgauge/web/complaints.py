"""What the terminal is told while something does not work: once, not at every try."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from crackgauge.errors import StorageError
from crackgauge.web.database import Database, DatabaseLocked

AGAIN_S = 2.0
_LOG = logging.getLogger("crackgauge.web")


class Complaints:
    """Tells the terminal what does not work, until it works again.

    Args:
        closing: set when the server ends; nothing is told from then on.
    """

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._last = ""

    def say(self, sentence: str) -> None:
        """Tell, unless that was told last."""
        if sentence != self._last and not self._closing.is_set():
            _LOG.error(sentence)
        self._last = sentence

    def settled(self) -> None:
        """Note that it works again."""
        self._last = ""

    def keep(self, database: Database, note: Callable[[], None]) -> None:
        """Write to a project; where the disk is full or the database locked, wait.

        Args:
            database: of the project.
            note: writes; called within a transaction, again and again until it is kept or the
                server ends.
        """
        while not self._closing.is_set():
            try:
                with database.write():
                    note()
                return
            except (StorageError, DatabaseLocked) as error:
                self.say(f"what was done is not kept yet, trying again: {error}")
                self._closing.wait(AGAIN_S)
