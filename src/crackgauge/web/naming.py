"""Names for people, and names of files made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

_UNSAFE = re.compile(r"[^\w .()/+-]")
_LONGEST_NAME = 200


def display_name(given: str) -> str:
    r"""Make a name for people of what a browser sent; it never names a file.

    >>> display_name("..\\..\\etc/passwd\x00.jpg"), display_name(" ")
    ('passwd_.jpg', 'photo')
    """
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(sign if sign.isprintable() else "_" for sign in last).strip(" .")
    return shown[-_LONGEST_NAME:] or "photo"


def export_keys(names: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Name the outputs of photos in an export: like the photos, in plain letters, each once.

    Args:
        names: name and id of each.

    >>> export_keys([("a/<b>.jpg", "12345678"), ("../c.png", "0")])
    {'12345678': 'a/_b_', '0': '_/c'}
    """
    taken: set[str] = set()
    keys = {}
    for name, image_id in names:
        plain = _UNSAFE.sub("_", str(PurePosixPath(name).with_suffix("")))
        parts = [part.strip(" .") or "_" for part in plain.split("/")]
        key = "/".join(part[:100] for part in parts)
        if key.casefold() in taken:
            key = f"{key}-{image_id}"
        taken.add(key.casefold())
        keys[image_id] = key
    return keys
