"""Tracing as the worker does it, without a server around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.web.conftest import write_wall

from crackgauge.annotate import Session
from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.images import open_probability_writer, write_probability
from crackgauge.web import trace_desk
from crackgauge.web.refusals import Refused
from crackgauge.web.trace_desk import TraceDesk

HEIGHT, WIDTH = 120, 200
GIB = 1 << 30


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A photo with cracks in rows 40 and 80, and its probability in both formats."""
    photo = write_wall(tmp_path / "photo.png", HEIGHT, WIDTH, 40, 80)
    probability = np.zeros((HEIGHT, WIDTH), np.float32)
    for row in (40, 80):
        probability[row - 1 : row + 2, 10 : WIDTH - 10] = 0.9
    write_probability(tmp_path / "p.png", probability)
    with open_probability_writer(tmp_path / "p.tif", HEIGHT, WIDTH, dtype="uint16") as writer:
        writer.write(Window(0, 0, HEIGHT, WIDTH), probability)
    return {"photo": str(photo), "png": str(tmp_path / "p.png"), "tif": str(tmp_path / "p.tif")}


def proposed(files: dict[str, str], kind: str, target: Path, most: int = 10) -> Session:
    arguments = {
        "photo": files["photo"],
        "name": "photo.png",
        "probability": files[kind],
        "threshold": 0.5,
        "most": most,
        "session": str(target),
    }
    made = TraceDesk(GIB).propose(arguments)
    session = Session.load(target)
    assert made["strokes"] == len(session.strokes)
    return session


def wanted(files: dict[str, str], points: list[list[float]], **others: Any) -> dict[str, Any]:
    given = {
        "photo": files["photo"],
        "stamp": "1",
        "points": points,
        "forbid": [],
        "erased": [],
        "bright": False,
        "probability": None,
        "probability_stamp": None,
    }
    return given | others


def test_a_large_prediction_is_proposed_as_a_small_one(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    small = proposed(files, "png", tmp_path / "small.json")
    monkeypatch.setattr(trace_desk, "BIG_OUTPUT_PX", 0)
    large = proposed(files, "tif", tmp_path / "large.json")
    assert len(small.strokes) == 2
    assert large.to_json() == small.to_json()


def test_too_many_branches(files: dict[str, str], tmp_path: Path):
    with pytest.raises(Refused, match="more than 1 branches"):
        proposed(files, "png", tmp_path / "s.json", most=1)
    assert not (tmp_path / "s.json").exists()


def test_a_probability_by_window_draws_as_a_whole_one(files: dict[str, str]):
    desk, points = TraceDesk(GIB), [[15.0, 40.0], [185.0, 40.0]]
    found = [
        desk.trace(wanted(files, points, probability=files[kind], probability_stamp=kind))
        for kind in ("png", "tif", "png")
    ]
    for each in found:
        each.pop("seconds")
    assert found[0] == found[1] == found[2]


def test_two_photos_stay_open(files: dict[str, str]):
    """Dark and bright cracks of one photo count as two; the last used ones stay."""
    desk, points = TraceDesk(GIB), [[15.0, 40.0], [60.0, 40.0]]
    for stamp, bright in (("1", False), ("1", True), ("1", False), ("2", False)):
        desk.trace(wanted(files, points, stamp=stamp, bright=bright))
    assert [key[1:] for key in desk._photos] == [("1", False), ("2", False)]


def test_ahead_of_a_trace_at_the_border(files: dict[str, str]):
    """What is around a corner is computed as far as the photo reaches."""
    desk = TraceDesk(GIB)
    found = desk.trace(wanted(files, [[200.0, 120.0]]))
    assert (found["centre"], found["widths_px"], found["length_px"]) == ([], [], 0.0)
    tracer = next(iter(desk._photos.values())).tracer
    assert list(tracer._lines._tiles) == [(0, 0)]


def test_a_photo_that_was_replaced_since_it_was_searched(files: dict[str, str], tmp_path: Path):
    write_wall(Path(files["photo"]), HEIGHT, WIDTH + 8, 40)
    with pytest.raises(InputRefused, match="208 x 120 px, and had 200 x 120"):
        proposed(files, "png", tmp_path / "s.json")
    points = [[15.0, 40.0], [60.0, 40.0]]
    with pytest.raises(InputRefused, match="find them again"):
        TraceDesk(GIB).trace(wanted(files, points, probability=files["png"]))
