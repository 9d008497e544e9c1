"""The one way from a stored name to a file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from crackgauge.web.refusals import Refused, not_found


def resolve_under(root: Path, name: str) -> Path:
    """Return the real path of a name below a folder.

    Args:
        root: the folder.
        name: relative, with `/` between folders.

    Raises:
        Refused: 404 if there is no such file; 403 if the name is absolute, goes up, holds a
            backslash or a NUL, or leads out of the folder over a link.
    """
    pure = PurePosixPath(name)
    odd = not name or "\0" in name or "\\" in name or ".." in pure.parts or pure.is_absolute()
    if odd or pure.parts == ():
        raise _outside()
    real_root = root.resolve()
    try:
        found = (real_root / pure).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself, a name too long
        raise not_found("file") from error
    if not found.is_relative_to(real_root) or found == real_root:
        raise _outside()
    return found


def _outside() -> Refused:
    return Refused(
        403,
        "outside",
        "this name leads out of its folder, which is not followed; put the file itself there",
    )
