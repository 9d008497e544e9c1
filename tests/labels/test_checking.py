"""What stands in a file is believed after it has been looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crackgauge.errors import TOO_LARGE, InputRefused
from crackgauge.labels import read_labels, reading
from crackgauge.labels.checking import posix_name, shown, to_size, to_text, to_whole
from crackgauge.labels.run_length import whole_numbers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\\b.jpg", "a/b.jpg"),
        ("a\x00\n\ud800b.jpg", "a___b.jpg"),
        ("a\u00a0é.jpg", "a\u00a0é.jpg"),
        ("", ""),
        (7, ""),
        ("x" * 9000, "x" * 4096),
    ],
)
def test_names(name: Any, expected: str):
    assert posix_name(name) == expected


def test_texts_are_short_and_on_one_line():
    assert to_text("a\r\nb") == "a\\r\\nb"
    assert to_text("\uffff") == "\\uffff"
    assert to_text(["crack"]) == to_text(True) == to_text({}) == ""
    assert len(to_text("x" * 10**6)) == 1000


@pytest.mark.parametrize("value", [True, None, "1e3", "٣", "9" * 5000, [1], float("nan"), -1])
def test_what_is_no_whole_number(value: Any):
    assert to_whole(value) == -1


@pytest.mark.parametrize("value", [0, -5, "0", float("inf"), float("nan"), "9" * 5000, 10**12, {}])
def test_what_is_no_size(value: Any):
    assert to_size(value) is None


@pytest.mark.parametrize(
    "values", [[1, "x" * 10**7, *[""] * 10**6], [True], [1.0], [2**63], [[1]], "12", None, ()]
)
def test_lists_of_something_else_make_no_array(values: Any):
    assert whole_numbers(values) is None


def test_deep_values_are_shown_cut():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert len(shown(deep)) <= 40


def test_json_of_too_many_values_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "MOST_VALUES", 20)
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"shapes": [], "x": list(range(10))}))
    assert read_labels(path).format == "labelme"
    path.write_text(json.dumps({"shapes": [], "x": list(range(30))}))
    with pytest.raises(InputRefused) as caught:
        read_labels(path)
    assert caught.value.reason == TOO_LARGE
