"""Which photo labels belong to, and names that are safe to write.

Labels name their image as the computer did on which they were drawn: with its folders, its drive,
or a way out of the folder. Only the last parts of such a name mean something here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from crackgauge.data.listing import IMAGE_SUFFIXES, MASK_ENDINGS, files_by_stem
from crackgauge.errors import MISSING, InputRefused

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_DRIVE = re.compile(r"^[A-Za-z]:$")
# Of a name on disk: systems take 255 bytes a part, and a temporary name is longer.
_MOST_BYTES, _MOST_PARTS = 120, 8


class Photos:
    """The photos below a folder, found by the names that labels use.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        stems, _ = files_by_stem(root, IMAGE_SUFFIXES)
        self._by_last: dict[str, list[tuple[tuple[str, ...], Path]]] = defaultdict(list)
        for stem, path in stems.items():
            parts = PurePosixPath(stem).parts
            self._by_last[parts[-1]].append((parts, path))

    def find(self, name: str, *, labels: Path) -> Path:
        """The photo whose path shares the most last parts with `name`, whatever their suffixes.

        A mask's ending such as `_mask` is left away where there is no photo of the whole name.

        Args:
            name: as the labels name it.
            labels: their file, for the error.

        Raises:
            InputRefused: there is none, or two fit equally.
        """
        path = PurePosixPath(name)
        wanted = path.with_suffix("").parts if path.name else ("",)
        for ending in ("", *MASK_ENDINGS):
            if not wanted[-1].endswith(ending) or wanted[-1] == ending:
                continue
            last = wanted[-1].removesuffix(ending)
            fits = self._by_last.get(last, [])
            if fits:
                return self._best((*wanted[:-1], last), fits, labels)
        raise InputRefused(
            labels,
            MISSING,
            f"there is no photo {name or '(the labels do not name it)'} in {self.root.name}/; add "
            "it, or name it as the labels do",
        )

    def _best(
        self, wanted: tuple[str, ...], fits: list[tuple[tuple[str, ...], Path]], labels: Path
    ) -> Path:
        # Of a photo in no folder and one in a folder, a name without a folder means the first.
        ranks = [(_shared_end(wanted, parts), parts == wanted) for parts, _ in fits]
        best = [path for rank, (_, path) in zip(ranks, fits, strict=True) if rank == max(ranks)]
        if len(best) > 1:
            raise InputRefused(
                labels,
                MISSING,
                f"{len(best)} photos in {self.root.name}/ are named {best[0].stem}, expected one; "
                "give the folder of one of them",
            )
        return best[0]


def _shared_end(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """How many last parts of two paths are the same."""
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count


def safe_name(name: str) -> str:
    r"""A name as a path that stays in its folder and that any system can write; "" for none.

    >>> safe_name("../../etc/./pass:wd.png"), safe_name("C:\\photos\\a.jpg"), safe_name("/")
    ('etc/pass_wd.png', 'photos/a.jpg', '')
    """
    parts = []
    for part in name.replace("\\", "/").split("/"):
        if part in ("", ".", "..") or _DRIVE.match(part):
            continue
        clean = _UNSAFE.sub("_", part.encode("utf-8", "replace").decode("utf-8"))
        clean = re.sub(r"^\.", "_", clean.rstrip(" .")) or "_"
        parts.append(_shortened(clean))
    return "/".join(parts[-_MOST_PARTS:])


def _shortened(part: str) -> str:
    if len(part.encode()) <= _MOST_BYTES:
        return part
    suffix = PurePosixPath(part).suffix
    suffix = suffix if len(suffix) <= 10 and suffix.isascii() else ""
    stem = part.encode()[: _MOST_BYTES - len(suffix)].decode(errors="ignore")
    return stem.rstrip(" .") + suffix


def free_key(name: str, taken: set[str]) -> str:
    """The name's path without its suffix, made another where that is taken, and taken then.

    >>> taken = set()
    >>> [free_key(name, taken) for name in ("a.jpg", "a.png", "A.png", "A.tar.png")]
    ['a', 'a_png', 'A_png_2', 'A.tar']
    """
    path = PurePosixPath(name)
    plain = str(path.with_suffix(""))
    wanted = key = plain if plain.casefold() not in taken else f"{plain}_{path.suffix.lstrip('.')}"
    number = 2
    while key.casefold() in taken:
        key, number = f"{wanted}_{number}", number + 1
    taken.add(key.casefold())
    return key
