"""The page as it was built: a fixed map from paths to files, read once when the server starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

PAGE = Path(__file__).with_name("page")

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_INDEX = "index.html"
_FOR_EVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True)
class PageFile:
    """One file of the page.

    Args:
        content: the file.
        kind: its media type, from a fixed list.
        cache_control: for ever where the name holds a digest of the content.
    """

    content: bytes
    kind: str
    cache_control: str


def read_page(folder: Path = PAGE) -> Mapping[str, PageFile]:
    """Read the page that `npm run build` made.

    Args:
        folder: where it was built to.

    Returns:
        Files by the path of their address, `/` for the page itself; nothing where it is not
        built. Files of a kind that no page of ours has are left out.
    """
    if not (folder / _INDEX).is_file():
        return {}
    files = {
        f"/{path.relative_to(folder).as_posix()}": PageFile(
            path.read_bytes(), _KINDS[path.suffix], _FOR_EVER
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _KINDS
    }
    index = files.pop(f"/{_INDEX}")
    return {"/": PageFile(index.content, index.kind, "no-store"), **files}


def answering(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that answers with a file, whatever is asked besides."""

    async def answer(request: Request) -> Response:  # noqa: ARG001
        return Response(
            file.content, media_type=file.kind, headers={"Cache-Control": file.cache_control}
        )

    return answer
