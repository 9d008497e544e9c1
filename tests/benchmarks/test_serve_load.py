"""The load of the benchmark, for some seconds: no wrong answer, and killed workers are replaced."""

from __future__ import annotations

from pathlib import Path

from benchmarks.serve_load import WORKERS, load


def test_a_short_load(tmp_path: Path) -> None:
    row, tally = load(tmp_path, seconds=6, clients=12, photos=5)
    assert tally.wrong == []
    assert sum(tally.statuses.values()) > 50
    assert sum(tally.hostile.values()) > 5
    assert {f"{name}: replaced after, s" for name in WORKERS} <= row.keys()  # none waits for ever
