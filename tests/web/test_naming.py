from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from crackgauge.web.naming import display_name, export_keys


@given(name=st.text(max_size=40))
def test_a_shown_name_has_no_folder_and_no_control_sign(name: str):
    shown = display_name(name)
    assert shown
    assert shown.isprintable()
    assert not {"/", "\\"} & set(shown)
    assert shown not in (".", "..")


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=6))
def test_keys_stay_in_their_folder(names: list[str]):
    """Each is a relative path without steps up, each is its own on any file system."""
    real = [name for name in names if PurePosixPath(name).name]
    named = [(name, f"{number:016x}") for number, name in enumerate(real)]
    keys = export_keys(named)
    assert len({key.casefold() for key in keys.values()}) == len(real)
    for key in keys.values():
        parts = PurePosixPath(key).parts
        assert not key.startswith("/")
        assert ".." not in parts
        assert "." not in parts
        assert not {"\\", "\0", ":", "<", '"'} & set(key)
        zipfile.ZipFile(io.BytesIO(), "w").writestr(key, b"")
