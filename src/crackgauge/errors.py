"""The project's own errors.

Every sentence says what came, what was expected and what to do. Whatever a user can cause is one
of these; anything else that escapes is a bug of ours.
"""

from __future__ import annotations

from pathlib import Path

# Reason classes of refused inputs: they go to `set_aside.csv`, so they are stable names.
EMPTY = "empty"
MISSING = "missing"
UNREADABLE = "unreadable"
NOT_A_FILE = "not-a-file"
UNSUPPORTED = "unsupported"
TRUNCATED = "truncated"
CORRUPT = "corrupt"
TOO_LARGE = "too-large"
BAD_ENCODING = "bad-encoding"
SIZE_MISMATCH = "size-mismatch"
REASONS = (
    EMPTY,
    MISSING,
    UNREADABLE,
    NOT_A_FILE,
    UNSUPPORTED,
    TRUNCATED,
    CORRUPT,
    TOO_LARGE,
    BAD_ENCODING,
    SIZE_MISMATCH,
)


class CrackgaugeError(Exception):
    """Base of all errors that crackgauge raises on purpose; `exit_code` is the command line's."""

    exit_code = 2


class UsageError(CrackgaugeError):
    """An option, a name or a folder that cannot be used as asked."""


class RecipeError(CrackgaugeError):
    """A recipe with an unknown key or a wrong value."""


class DatasetError(CrackgaugeError):
    """A dataset that cannot be read as pairs of images and masks."""


class ModelFileError(CrackgaugeError):
    """A model file or training run that is no model, is damaged, or does not fit."""


class InputRefused(CrackgaugeError):
    """One input file that is set aside.

    Args:
        path: the file.
        reason: one of `REASONS`.
        sentence: what came, what was expected, what to do; without the path.
    """

    exit_code = 3

    def __init__(self, path: str | Path, reason: str, sentence: str) -> None:
        if reason not in REASONS:
            raise ValueError(f"unknown reason {reason!r}; known: {', '.join(REASONS)}")
        super().__init__(path, reason, sentence)
        self.path = Path(path)
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}: {self.sentence}"


class StorageError(CrackgaugeError):
    """The disk is full or the folder cannot be written; what was written before stays."""

    exit_code = 4


class Stopped(CrackgaugeError):
    """The run was asked to stop (SIGINT, SIGTERM); finished work stays and the run can resume."""

    exit_code = 4
