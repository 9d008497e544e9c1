from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.web.json_depth import check_json_depth
from crackgauge.web.refusals import Refused

VALUES = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def depth_of(value: object) -> int:
    """Counted on the value itself, not on its text."""
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 0


@given(value=VALUES, deepest=st.integers(0, 6), ascii_only=st.booleans())
def test_it_counts_as_the_parsed_value_does(value: object, deepest: int, ascii_only: bool):
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if depth_of(value) <= deepest:
        check_json_depth(body, deepest=deepest)
    else:
        with pytest.raises(Refused):
            check_json_depth(body, deepest=deepest)


def test_brackets_in_text_do_not_count():
    check_json_depth(b'["[[[", "\\"[[[", "\\\\", "{"]', deepest=1)


def test_what_is_closed_is_not_deep():
    check_json_depth(b"[" + b"[]," * 1000 + b"[]]", deepest=2)
