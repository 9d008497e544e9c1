from __future__ import annotations

import sys
from types import FunctionType

import pytest

from crackgauge.annotate.compiling import compiled
from crackgauge.errors import UsageError


def double(number: int) -> int:
    """What is compiled here."""
    return 2 * number


def test_a_compiled_function_gives_what_the_plain_one_does():
    assert compiled(double)(21) == 42


def test_without_a_folder_for_the_machine_code_it_is_compiled_all_the_same():
    """A function of no file has no place for a cache, like one of a read-only install."""
    code = double.__code__.replace(co_filename="<nowhere>")
    assert compiled(FunctionType(code, {}, "double"))(21) == 42


def test_without_numba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(UsageError, match=r'install it with `pip install "crackgauge\[trace\]"`'):
        compiled(double)
