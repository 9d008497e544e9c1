"""What the server answers when it does not do what was asked: a status, a reason and one sentence.

No answer carries a path of this machine or a trace.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from crackgauge.errors import (
    CORRUPT,
    EMPTY,
    TOO_LARGE,
    TRUNCATED,
    UNSUPPORTED,
    CrackgaugeError,
    InputRefused,
    StorageError,
)

BUG = "internal"
CHANGED = "changed-meanwhile"
NO_JSON = "the body is no JSON that can be read"
_LONGEST = 500
_STATUS_OF_REASON = {
    TOO_LARGE: 413,
    UNSUPPORTED: 415,
    EMPTY: 422,
    CORRUPT: 422,
    TRUNCATED: 422,
}
# An absolute path, or one of Windows, with what follows up to a space or a sign after a name.
_PATH = re.compile(r"(?<![\w/.])(?:[A-Za-z]:)?[/\\][^\s:;,'\"()]+")


class Problem(BaseModel):
    """Body of every answer with a status from 400 on."""

    reason: str = Field(description="stable name of what is wrong")
    sentence: str = Field(description="what came, what was expected, what to do")
    current: dict[str, Any] | None = Field(
        default=None, description="of 409: the thing as it is now, where it is known"
    )


class Refused(CrackgaugeError):
    """A request that is not done.

    Args:
        status: of HTTP.
        reason: stable name.
        sentence: what came, what was expected, what to do; without paths.
        retry_after_s: when to try again; for 503.
        current: the thing as it is now; for 409.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        sentence: str,
        *,
        retry_after_s: int | None = None,
        current: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason
        self.sentence = sentence
        self.retry_after_s = retry_after_s
        self.current = current

    @property
    def problem(self) -> Problem:
        """The body of the answer."""
        return Problem(reason=self.reason, sentence=self.sentence, current=self.current)

    @property
    def headers(self) -> dict[str, str]:
        """What goes into the headers of the answer."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


def not_found(what: str) -> Refused:
    """Word that there is no such thing."""
    return Refused(404, "not-found", f"there is no such {what}; load the list again")


def changed_meanwhile(what: str, got: int, now: int, current: dict[str, Any]) -> Refused:
    """Word that somebody else was first."""
    return Refused(
        409,
        CHANGED,
        f"this {what} was changed by someone else since you loaded it: you have version {got}, "
        f"it is at version {now}; load it again and repeat your change",
        current=current,
    )


def busy(what: str, retry_after_s: int = 1) -> Refused:
    """Word that there is too much to do."""
    return Refused(503, "busy", f"{what}; try again soon", retry_after_s=retry_after_s)


def missing_extra(extra: str, why: str, instead: str = "") -> Refused:
    """Word that packages of an extra are not installed where the server runs."""
    more = f", {instead}" if instead else ""
    return Refused(
        501,
        "missing-extra",
        f'{why}, which is not installed; run: pip install "crackgauge[{extra}]" and start the '
        f"server again{more}",
    )


def as_refused(error: Exception) -> Refused:
    """Word an error of the package, or a bug, for a client."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, InputRefused):
        status = _STATUS_OF_REASON.get(error.reason, 422)
        return Refused(status, error.reason, without_paths(error.sentence))
    if isinstance(error, StorageError):
        return Refused(507, "storage", without_paths(str(error)))
    if isinstance(error, CrackgaugeError):
        return Refused(422, "wrong-use", without_paths(str(error)))
    return Refused(
        500, BUG, "this is a bug of crackgauge; the terminal where the server runs says more"
    )


def without_paths(sentence: str, roots: Sequence[str] = ()) -> str:
    """Replace paths of this machine in a sentence by `...`.

    >>> without_paths("/home/me/my photos/a.jpg: is cut", ["/home/me/my photos"])
    '.../a.jpg: is cut'
    >>> without_paths("/home/me/a.jpg: got 1/2, expected 3 mm/px")
    '...: got 1/2, expected 3 mm/px'
    """
    for root in sorted(filter(None, roots), key=len, reverse=True):
        sentence = sentence.replace(root, "...")
    return _PATH.sub("...", sentence)[:_LONGEST]


def misfit(errors: Sequence[Any]) -> Refused:
    """Word the first thing that does not fit the description, without what was sent.

    Args:
        errors: as pydantic lists them.
    """
    first = errors[0]
    if first["type"] == "json_invalid":
        return Refused(400, "body", NO_JSON)
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    message = str(first["msg"]).removeprefix("Value error, ")
    return Refused(422, "wrong-value", f"{place or 'the body'}: {message}"[:_LONGEST])
