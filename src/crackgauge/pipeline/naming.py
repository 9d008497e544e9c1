"""Which output belongs to which input, whatever the inputs are called.

Legend: a KEY is the path of an input's outputs under `masks/` and the like, without suffix, with
`/` between folders: `day1/deck` for `photos/day1/deck.jpg` when `photos` is the source.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from crackgauge.errors import UsageError
from crackgauge.images import list_images

_GLOB_CHARACTERS = frozenset("*?[")


class Job(NamedTuple):
    """One input: the file, its name in tables (relative, with suffix) and its key."""

    path: Path
    name: str
    key: str


def source_root(source: str | Path) -> Path:
    """Return the folder that the names of the inputs are relative to.

    A folder is its own root, a file's root is the folder it lies in, and a glob's root is the last
    folder before its first wildcard.

    >>> source_root("photos/2024-*/deck?.jpg").as_posix()
    'photos'
    """
    path = Path(source)
    if path.is_dir():
        return path
    if path.exists():
        return path.parent
    parts = list(path.parts)
    for index, part in enumerate(parts):
        if _GLOB_CHARACTERS & set(part):
            return Path(*parts[:index]) if index else Path()
    return path.parent


def find_jobs(source: str | Path, out: Path, *, recursive: bool) -> list[Job]:
    """List the inputs of a run and name their outputs; sorted by name.

    Images that lie in `out` are left away, so that a report inside the folder of photos does not
    become its own input.

    Raises:
        UsageError: there is no image, or `out` is the folder of the images itself.
    """
    root = source_root(source)
    target = out.resolve()
    if target == root.resolve():
        raise UsageError(
            f"{out}: the output folder is the folder of the images itself; "
            "choose another one, for example a new folder inside it"
        )
    paths = [
        path
        for path in list_images(source, recursive=recursive)
        if target not in path.absolute().parents and target not in _real(path).parents
    ]
    if not paths:
        raise UsageError(f"{source}: no image outside the output folder {out}; nothing to do")
    return name_jobs(paths, root)


def _real(path: Path) -> Path:
    """Follow links; unlike `Path.resolve`, a link to itself raises nothing."""
    return Path(os.path.realpath(path))


def name_jobs(paths: Sequence[Path], root: Path) -> list[Job]:
    """Give every input a key of its own, the same in every run over the same inputs.

    The key is the relative path without its suffix. Where several inputs would share it (on a file
    system that ignores case too), each takes its suffix into the key, and should that be taken as
    well, a number.

    >>> files = [Path("p/a.jpg"), Path("p/a.png"), Path("p/b.png")]
    >>> [job.key for job in name_jobs(files, Path("p"))]
    ['a_jpg', 'a_png', 'b']
    """
    named = sorted((_relative(path, root), path) for path in paths)
    sharing: dict[str, int] = defaultdict(int)
    for name, _ in named:
        sharing[_plain_key(name).casefold()] += 1
    taken = {key for key, count in sharing.items() if count == 1}
    jobs = []
    for name, path in named:
        key = _plain_key(name)
        if sharing[key.casefold()] > 1:
            key = _free_key(key + "_" + PurePosixPath(name).suffix.lstrip("."), taken)
            taken.add(key.casefold())
        jobs.append(Job(path, name, key))
    return jobs


def _free_key(wanted: str, taken: set[str]) -> str:
    key, number = wanted, 2
    while key.casefold() in taken:
        key, number = f"{wanted}_{number}", number + 1
    return key


def _plain_key(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _relative(path: Path, root: Path) -> str:
    """Name `path` relative to `root`, or by its last part where it lies elsewhere."""
    for start in (root, root.absolute(), root.resolve()):
        if path.is_relative_to(start):
            return path.relative_to(start).as_posix()
    return path.name
