"""Looking at JSON before it is parsed."""

from __future__ import annotations

from crackgauge.web.refusals import Refused

_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_OPEN, _CLOSE = frozenset(b"[{"), frozenset(b"]}")


def check_json_depth(body: bytes, *, deepest: int) -> None:
    """Refuse JSON whose lists and objects lie too deep in each other; parsers count on the stack.

    Raises:
        Refused: 400.

    >>> check_json_depth(b'{"a": ["[[[["]}', deepest=2)
    >>> check_json_depth(b"[[[1]]]", deepest=2)
    Traceback (most recent call last):
    ...
    crackgauge.web.refusals.Refused: the JSON is nested deeper than 2 levels; send it flat
    """
    depth, quoted, escaped = 0, False, False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == _BACKSLASH:
                escaped = True
            elif byte == _QUOTE:
                quoted = False
        elif byte == _QUOTE:
            quoted = True
        elif byte in _OPEN:
            depth += 1
            if depth > deepest:
                raise Refused(
                    400,
                    "too-deep",
                    f"the JSON is nested deeper than {deepest} levels; send it flat",
                )
        elif byte in _CLOSE:
            depth -= 1
