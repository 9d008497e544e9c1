"""The load of the benchmark, for some seconds: no wrong answer, and killed workers are replaced."""

from __future__ import annotations

from pathlib import Path

from benchmarks.serve_load import REPLACED_S, WORKERS, load


def test_a_short_load(tmp_path: Path) -> None:
    row, tally = load(tmp_path, seconds=6, clients=12, photos=5)
    assert tally.wrong == []
    assert sum(tally.statuses.values()) > 50
    assert sum(tally.hostile.values()) > 5
    for name in WORKERS:
        assert row[f"{name}: replaced after, s"] < REPLACED_S
