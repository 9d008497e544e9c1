"""The token that every address but this machine's own needs."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import string

from crackgauge.errors import UsageError

LEAST_BITS = 128
TOKEN_VARIABLE = "CRACKGAUGE_TOKEN"
_ADVICE = (
    "make one with `python -c 'import secrets; print(secrets.token_hex(16))'` and give it in the "
    f"variable {TOKEN_VARIABLE} or by --token-file"
)


def check_token(token: str) -> str:
    """Return a token that can hold `LEAST_BITS` bits of chance.

    What it is made of tells the most that it can hold: 4 bits a sign if all are hexadecimal, 6 bits
    for letters, digits, `-` and `_`.

    Raises:
        UsageError: it is shorter, holds other signs, or repeats a few.

    >>> check_token("0123456789abcdef" * 2)
    '0123456789abcdef0123456789abcdef'
    """
    hexadecimal = all(sign in string.hexdigits for sign in token)
    bits = len(token) * (4 if hexadecimal else 6)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", token) or len(token) > 512:
        raise UsageError(
            f"token: expected up to 512 letters, digits, - and _, got something else; {_ADVICE}"
        )
    if bits < LEAST_BITS or len(set(token)) < 8:
        least = math.ceil(LEAST_BITS / 6)
        raise UsageError(
            f"token: got one of at most {bits} bits, expected {LEAST_BITS} or more: 32 hexadecimal "
            f"digits or {least} letters and digits, drawn by chance; {_ADVICE}"
        )
    return token


def require_token(host: str) -> UsageError:
    """Word that a server on this address needs a token."""
    return UsageError(
        f"--host {host}: others can reach this address, so a token of {LEAST_BITS} bits or more is "
        f"needed; {_ADVICE}, or leave --host away to serve this machine alone"
    )


def session_value(token: str) -> str:
    """Return what a browser keeps instead of the token: it proves the token, and is not it."""
    return hmac.new(token.encode(), b"crackgauge session", hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(
        hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest(),
        hashlib.sha256(expected.encode()).digest(),
    )
