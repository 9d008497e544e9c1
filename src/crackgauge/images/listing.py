"""Which files a name, a folder or a pattern means."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.images.formats import (
    HEIF_SUFFIXES,
    OTHER_IMAGE_SUFFIXES,
    RAW_SUFFIXES,
    READABLE_SUFFIXES,
)

LISTED_SUFFIXES = READABLE_SUFFIXES | HEIF_SUFFIXES | RAW_SUFFIXES | OTHER_IMAGE_SUFFIXES


def list_images(source: str | Path, *, recursive: bool = True) -> list[Path]:
    """List the images that `source` means, sorted by path.

    A file is listed whatever its suffix; so is what a pattern (`photos/*.jpg`, `**` for any depth)
    matches by its full name. In a folder the suffix decides, and suffixes that will be refused
    (HEIC, DNG, GIF ...) are listed too, as are directories and dangling links that bear an image's
    suffix, and sub-folders that cannot be read: whoever reads them sets them aside by name, so that
    nothing is lost in silence. Hidden files and directories (`.name`) are left out. Links to
    directories are not followed.

    Raises:
        UsageError: nothing is found.
    """
    path = Path(source)
    if _is_folder(path):
        found = _in_folder(path, recursive=recursive)
        if not found:
            raise UsageError(
                f"{path}: no image in this folder; expected files such as .jpg, .png or .tif"
            )
        return found
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(str(source)):
        found = _by_pattern(str(source), recursive=recursive)
        if not found:
            raise UsageError(f"{source}: nothing matches this pattern; check it, and quote it")
        return found
    raise UsageError(f"{source}: no such file or folder; check the path")


def _in_folder(root: Path, *, recursive: bool) -> list[Path]:
    found: list[Path] = []
    unreadable: list[Path] = []

    def note(error: OSError) -> None:
        unreadable.append(Path(str(error.filename)))

    for folder, folders, names in os.walk(root, onerror=note):
        here = Path(folder)
        visible = [name for name in folders if not name.startswith(".")]
        # A directory called photo.jpg is somebody's mistake that must be told, not walked past.
        found += [here / name for name in visible if _is_listed(name)]
        found += [here / name for name in names if not name.startswith(".") and _is_listed(name)]
        folders[:] = [name for name in visible if not _is_listed(name)] if recursive else []
    if root in unreadable:
        raise UsageError(f"{root}: the folder cannot be read; change its permissions")
    return sorted(found + unreadable)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  never raises, where Path.is_dir may


def _is_listed(name: str) -> bool:
    return Path(name).suffix.lower() in LISTED_SUFFIXES


def _by_pattern(pattern: str, *, recursive: bool) -> list[Path]:
    # Path.glob takes no absolute patterns.
    matches = {Path(name) for name in glob.glob(pattern, recursive=recursive)}  # noqa: PTH207
    # A directory is listed only if it bears an image's suffix, as in a folder.
    return sorted(path for path in matches if _is_listed(path.name) or not _is_folder(path))
