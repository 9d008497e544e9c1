"""Folders that are being sent: one that is removed meanwhile goes when the last was sent."""

from __future__ import annotations

import shutil
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from crackgauge.web.archiving import zipped


class Lending:
    """Keeps folders while they are sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lent: Counter[Path] = Counter()
        self._unwanted: set[Path] = set()

    def zipped(self, folder: Path) -> Iterator[bytes]:
        """Give a ZIP of a folder in pieces; the folder stays until nobody holds them any more."""
        with self._lock:
            self._lent[folder] += 1
        parts = zipped(folder)
        giving_back = weakref.finalize(parts, self._give_back, folder)  # also if never begun
        giving_back.atexit = False  # the next start sweeps
        return parts

    def remove(self, folder: Path) -> None:
        """Remove a folder, as soon as it is not sent any more."""
        with self._lock:
            if self._lent[folder]:
                self._unwanted.add(folder)
                return
        _remove(folder)

    def _give_back(self, folder: Path) -> None:
        with self._lock:
            self._lent[folder] -= 1
            if self._lent[folder] or folder not in self._unwanted:
                return
            self._unwanted.remove(folder)
        # Whoever lets go of the pieces, such as the event loop, waits for nothing.
        threading.Thread(target=_remove, args=(folder,), daemon=True).start()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
