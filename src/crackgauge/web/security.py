"""The gate in front of the app: who may ask what, before anything is parsed.

Against a page of another site that talks to this server through the user's browser: the `Host`
must be one of ours (DNS rebinding), every change of state needs our own `Origin` and a header that
only a page of ours can know, and no answer allows other origins anything. Against everyone: sizes,
lengths and times are bounded, and paths are plain.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crackgauge.web.access_token import same, session_value
from crackgauge.web.limits import Limits
from crackgauge.web.refusals import Refused

CSRF_HEADER = "x-crackgauge-csrf"
SESSION_COOKIE = "crackgauge_session"
UPLOAD_PATH = "/api/images"
LOGIN_PATH = "/api/session"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_KNOWN = CHANGING | {"GET", "HEAD"}
# No path of ours needs more, so nothing is ever decoded twice.
_PLAIN_PATH = re.compile(rb"/[A-Za-z0-9/_.-]*")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?")
_HEADERS_ONCE = ("host", "origin", "content-length", "content-type", CSRF_HEADER, "authorization")

RESPONSE_HEADERS: dict[str, str] = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Args:
        hosts: names that a request may call this server by, without port, in lower case.
        csrf: the value of `CSRF_HEADER`.
        token: needed with every request; None where this machine alone can reach the server.
        public: paths of the page itself, which asks for the token.
    """

    hosts: frozenset[str]
    csrf: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    public: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Head:
    """The head of a request.

    Args:
        method: in upper case.
        raw_path: as sent, without the query.
        query: as sent.
        headers: by lower-case name; those that may come once are known to.
        local_address: the address that the client connected to.
    """

    method: str
    raw_path: bytes
    query: bytes
    headers: Mapping[str, str]
    local_address: str

    @property
    def is_upload(self) -> bool:
        """Whether the body is a photo."""
        return self.method == "POST" and self.raw_path == UPLOAD_PATH.encode()

    @property
    def has_body(self) -> bool:
        """Whether the method carries one."""
        return self.method in _WITH_BODY

    @property
    def length(self) -> int:
        """Bytes of the body, once `check_body` has passed."""
        return int(self.headers.get("content-length", "0"))


def read_head(scope: Mapping[str, Any], limits: Limits) -> Head:
    """Read the head of a request within its bounds.

    Raises:
        Refused: 414 or 431 for what is too long, 400 for a header given twice or a path that is
            not plain, 405 for an unknown method, 505 for another version of HTTP.
    """
    raw: list[tuple[bytes, bytes]] = list(scope["headers"])
    path, query = bytes(scope["raw_path"]), bytes(scope["query_string"])
    if len(path) + len(query) > limits.target_bytes:
        raise Refused(414, "too-long", f"the address is longer than {limits.target_bytes} bytes")
    sizes = [len(name) + len(value) for name, value in raw]
    if max(sizes, default=0) > limits.header_bytes or sum(sizes) > limits.headers_bytes:
        raise Refused(
            431, "too-long", f"a header is longer than {limits.header_bytes} bytes, or all are"
        )
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key in headers and key in _HEADERS_ONCE:
            raise Refused(400, "twice", f"the header {key} is there twice; send it once")
        joined = (headers[key] + ", ") if key in headers else ""
        headers[key] = joined + value.decode("latin-1")
    method = str(scope["method"]).upper()
    if method not in _KNOWN:
        raise Refused(405, "method", "this method is not known here")
    if not _PLAIN_PATH.fullmatch(path) or b".." in path or b"//" in path:
        raise Refused(
            400,
            "odd-path",
            "the path holds more than letters, digits, -, _, . and single slashes; "
            "things are named by their id",
        )
    if scope["http_version"] not in ("1.0", "1.1"):
        raise Refused(505, "version", "this version of HTTP is not spoken here; use 1.1")
    server = scope.get("server") or ("", 0)
    return Head(method, path, query, headers, str(server[0]))


def check_who(head: Head, access: Access) -> None:
    """Check the host, the token and, for a change of state, where it comes from.

    Raises:
        Refused: 421 for a foreign host, 401 without the token, 403 for a foreign origin or
            without the header against forgery.
    """
    host = head.headers.get("host", "").lower()
    if not _is_ours(host, head.local_address, access):
        raise Refused(
            421,
            "foreign-host",
            "this server does not answer to that name; call it by the address that it printed",
        )
    open_to_all = head.method not in CHANGING and head.raw_path.decode() in access.public
    if access.token is not None and not open_to_all and not _has_token(head, access.token):
        raise Refused(
            401,
            "token",
            "this address needs the token that the server was started with: send "
            f"'Authorization: Bearer TOKEN', or post it to {LOGIN_PATH}",
        )
    if head.method in CHANGING:
        _check_origin(head, host, access)


def _is_ours(host: str, local_address: str, access: Access) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match.group(1).strip("[]").rstrip(".")
    if name in access.hosts:
        return True
    # Who calls the server by the very address of this connection has not been misled by a name.
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(local_address)
    except ValueError:
        return False


def _has_token(head: Head, token: str) -> bool:
    if _is_login(head):
        return True  # it is in the body, and compared there
    scheme, _, given = head.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and same(given.strip(), token):
        return True
    pairs = (part.strip().partition("=") for part in head.headers.get("cookie", "").split(";"))
    kept = [value for name, _, value in pairs if name == SESSION_COOKIE]
    return len(kept) == 1 and same(kept[0], session_value(token))


def _is_login(head: Head) -> bool:
    return head.method == "POST" and head.raw_path == LOGIN_PATH.encode()


def _check_origin(head: Head, host: str, access: Access) -> None:
    origin = head.headers.get("origin", "").lower()
    if origin not in (f"http://{host}", f"https://{host}"):
        raise Refused(
            403,
            "foreign-origin",
            "a change must come from a page of this server: send the header Origin with its "
            "own address",
        )
    # Who logs in cannot know the value yet; the token in the body proves as much.
    logs_in = access.token is not None and _is_login(head)
    if not logs_in and not same(head.headers.get(CSRF_HEADER, ""), access.csrf):
        raise Refused(
            403,
            "csrf",
            f"the header {CSRF_HEADER} is missing or wrong; its value is the csrf of "
            f"GET {LOGIN_PATH}",
        )


def check_body(head: Head, limits: Limits) -> None:
    """Check length and type of a body that is still to come.

    Raises:
        Refused: 400 for a body where none belongs, 411 without a length, 413 above the limit, 415
            for another type or a packed one.
    """
    headers = head.headers
    length = headers.get("content-length", "")
    if not head.has_body:
        if "transfer-encoding" in headers or length not in ("", "0"):
            raise Refused(400, "body", f"{head.method} takes no body")
        return
    if "transfer-encoding" in headers or not re.fullmatch(r"[0-9]{1,15}", length):
        raise Refused(411, "length", "the length of the body is not given; send Content-Length")
    most = limits.upload_bytes if head.is_upload else limits.json_bytes
    if int(length) > most:
        raise Refused(413, "too-large", f"the body has {length} bytes, expected {most} at most")
    expected = "application/octet-stream" if head.is_upload else "application/json"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != expected or headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "type", f"the body is no {expected}, or is packed; send it as that")
