"""Sessions of tracing as labels: together they are the session's mask, bit by bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackgauge.annotate import Brush, Erase, Polygon, Remove, Session, Trace
from crackgauge.errors import CORRUPT, InputRefused
from crackgauge.images import read_mask
from crackgauge.labels import ImageLabels, MaskShape, Polyline, draw_shapes, read_labels
from crackgauge.labels import Polygon as Area
from crackgauge.pipeline import session_labels
from crackgauge.pipeline.conversion import convert
from crackgauge.pipeline.session_labels import SESSION

HEIGHT, WIDTH = 30, 40
LEFT, RIGHT = ((5.0, 5.0), (25.0, 8.0)), ((5.0, 8.0), (25.0, 11.0))


def read(folder: Path, session: Session) -> ImageLabels:
    path = folder / "a_session.json"
    session.save(path)
    found = read_labels(path, formats={"session": SESSION})
    assert found.format == "session"
    (image,) = found.images
    drawn = draw_shapes(image.shapes, session.height, session.width)
    assert np.array_equal(drawn, session.mask())
    return image


def test_strokes_become_the_shapes_that_they_are(tmp_path: Path):
    session = Session(HEIGHT, WIDTH, image="deck.jpg")
    session.add(Trace(left=LEFT, right=RIGHT))
    session.add(Brush(points=((2.0, 20.0), (30.0, 22.0)), radius_px=1.5, label="joint"))
    session.add(Polygon(points=((30.0, 1.0), (38.0, 1.0), (38.0, 9.0))))
    session.add(Brush(points=((1.0, 1.0),), radius_px=9, replaces=1))
    session.undo()
    session.add(Polygon(points=((1.0, 1.0), (3.0, 1.0), (3.0, 3.0))))
    session.add(Remove(replaces=3))
    image = read(tmp_path, session)
    assert (image.image, image.width, image.height) == ("deck.jpg", WIDTH, HEIGHT)
    assert image.shapes == (
        Area((*LEFT, *reversed(RIGHT)), "crack"),
        Polyline(((2.0, 20.0), (30.0, 22.0)), "joint", width_px=3.0),
        Area(((30.0, 1.0), (38.0, 1.0), (38.0, 9.0)), "crack"),
    )


def test_what_the_eraser_takes_from_becomes_a_mask(tmp_path: Path):
    session = Session(HEIGHT, WIDTH)
    session.add(Trace(left=LEFT, right=RIGHT, label="fine crack"))
    session.add(Brush(points=((2.0, 25.0), (30.0, 25.0)), radius_px=1.0))
    session.add(Brush(points=((15.0, 8.0),), radius_px=1.0))
    session.add(Erase(points=((15.0, 8.0),), radius_px=3.0))
    session.add(Brush(points=((15.0, 8.0), (16.0, 8.0)), radius_px=1.0))  # after the eraser
    first, second, third = read(tmp_path, session).shapes
    assert isinstance(first, MaskShape)
    assert first.label == "fine crack"
    assert isinstance(second, Polyline)
    assert isinstance(third, Polyline)


POINTS = st.tuples(st.integers(-5, 45), st.integers(-5, 35))
LINES = st.lists(POINTS, min_size=1, max_size=3)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), LINES, st.integers(1, 6)), max_size=6))
def test_any_strokes_give_the_sessions_mask(
    tmp_path_factory: pytest.TempPathFactory, strokes: list
):
    session = Session(HEIGHT, WIDTH)
    for erases, points, radius in strokes:
        line = tuple((float(x), float(y)) for x, y in points)
        session.add((Erase if erases else Brush)(points=line, radius_px=radius))
    read(tmp_path_factory.mktemp("session"), session)


def test_more_strokes_under_erasers_than_anybody_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session_labels, "_MOST_PAIRS", 3)
    session = Session(HEIGHT, WIDTH)
    for x in (5.0, 6.0, 7.0):
        session.add(Brush(points=((x, 5.0),), radius_px=3))
    for x in (5.0, 6.0):
        session.add(Erase(points=((x, 5.0),), radius_px=2))
    (shape,) = read(tmp_path, session).shapes
    assert isinstance(shape, MaskShape)


@pytest.mark.parametrize("change", [{"height": 0}, {"strokes": [{"kind": "jump"}]}, {"done": 7}])
def test_a_damaged_session_is_refused(tmp_path: Path, change: dict):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**json.loads(Session(5, 5).to_json()), **change}))
    with pytest.raises(InputRefused, match="no session that can be read") as caught:
        read_labels(path, formats={"session": SESSION})
    assert caught.value.reason == CORRUPT


def test_a_session_is_converted(tmp_path: Path):
    session = Session(HEIGHT, WIDTH, image="deck.jpg")
    session.add(Trace(left=LEFT, right=RIGHT))
    session.add(Brush(points=((2.0, 20.0), (30.0, 22.0)), radius_px=1.5))
    session.save(tmp_path / "deck_session.json")
    done = convert(tmp_path / "deck_session.json", tmp_path / "masks", to="mask")
    assert done.report.read == {"session": 1}
    assert np.array_equal(read_mask(tmp_path / "masks" / "deck.png").mask, session.mask())
    done = convert(tmp_path / "deck_session.json", tmp_path / "lines", to="geojson", strict=True)
    assert done.report.written == ["deck.geojson"]
