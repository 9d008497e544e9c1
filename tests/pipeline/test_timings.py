from __future__ import annotations

from pathlib import Path

from crackgauge.pipeline.timings import Timing, write_timings


def test_new_rows_replace_those_of_the_same_image(tmp_path: Path) -> None:
    write_timings(tmp_path, [Timing("b", 1.0, 0.1, 0.2, 0.3), Timing("a", 2.0, 0.1, 0.2, 0.3)])
    write_timings(tmp_path, [Timing("b", 1.0, 0.5, 0.25, 0.125)])
    assert (tmp_path / "timings.csv").read_text().splitlines() == [
        "image,megapixels,decode_s,network_s,finish_s",
        "a,2.000,0.1000,0.2000,0.3000",
        "b,1.000,0.5000,0.2500,0.1250",
    ]


def test_a_damaged_table_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "timings.csv").write_bytes(b"\xff\xfe nothing")
    write_timings(tmp_path, [Timing("a", 2.0, 0.1, 0.2, 0.3)])
    assert len((tmp_path / "timings.csv").read_text().splitlines()) == 2
