from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotate.conftest import wavy_crack

from crackgauge.annotate import Brush, Erase, Polygon, Remove, Session, Trace, Tracer
from crackgauge.annotate.edges import Edges
from crackgauge.arrays import Window
from crackgauge.errors import InputRefused, UsageError

SQUARE = Polygon(points=((2.0, 2.0), (6.0, 2.0), (6.0, 6.0), (2.0, 6.0)))
DOT = Brush(points=((8.5, 8.5),), radius_px=1.0)
HOLE = Erase(points=((3.5, 3.5),), radius_px=0.5)


def small(*strokes: object) -> Session:
    session = Session(10, 12)
    for stroke in strokes:
        session.add(stroke)
    return session


def traced() -> tuple[Session, Tracer]:
    """A session with every kind of stroke, and some undone."""
    image, y = wavy_crack()
    tracer = Tracer(image)
    session = Session(96, 240, image="wavy.png")
    session.trace(tracer, [(10.5, y[10]), (120.5, y[120])], label="crack")
    session.add(Erase(points=((60.0, 40.0), (60.0, 70.0)), radius_px=2.25))
    session.add(Brush(points=((60.0, 60.0),), radius_px=3.0))
    number = session.trace(tracer, [(120.5, y[120]), (200.5, y[200])])
    session.trace(tracer, [(120.5, y[120]), (229.5, y[229])], replaces=number)
    session.add(SQUARE)
    session.undo()
    return session, tracer


def test_strokes_are_drawn_in_their_order():
    assert small(SQUARE).mask().sum() == 16
    assert small(SQUARE, HOLE).mask().sum() == 15
    assert small(HOLE, SQUARE).mask().sum() == 16  # what comes after is not erased
    assert small(SQUARE, DOT).mask().sum() == 21


def test_undone_counts_what_redo_would_do():
    session = Session(10, 10)
    session.add(DOT)
    session.add(HOLE)
    assert session.undone == 0
    session.undo()
    session.undo()
    assert session.undone == 2
    session.redo()
    assert session.undone == 1
    session.add(DOT)
    assert session.undone == 0


def test_undo_and_redo():
    session = small(SQUARE, DOT)
    assert session.undo()
    assert session.mask().sum() == 16
    assert session.redo()
    assert session.mask().sum() == 21
    assert not session.redo()
    assert session.undo()
    assert session.undo()
    assert not session.undo()
    assert not session.mask().any()
    session.add(DOT)  # what was undone is forgotten
    assert not session.redo()
    assert session.strokes == (DOT,)


def test_a_stroke_takes_the_place_of_another():
    session = small(SQUARE, HOLE)
    session.add(SQUARE.model_copy(update={"replaces": 0}))
    assert list(session.current()) == [2, 1]
    assert session.mask().sum() == 15  # still under the eraser
    session.add(Remove(replaces=1))
    assert session.mask().sum() == 16
    session.add(Remove(replaces=2))
    assert not session.mask().any()
    assert session.undo()
    assert session.mask().sum() == 16


def test_what_is_not_there_is_not_replaced():
    session = small(SQUARE)
    session.add(Remove(replaces=0))
    with pytest.raises(UsageError, match="stroke 0 is not there to be replaced; there are none"):
        session.add(Remove(replaces=0))


def test_a_window_is_a_part_of_the_mask():
    session, _ = traced()
    window = Window(20, 30, 40, 100)
    assert np.array_equal(session.mask(window), session.mask()[window.slices])


def test_a_file_gives_the_same_mask_byte_for_byte(tmp_path: Path):
    session, _ = traced()
    session.save(tmp_path / "a.json")
    again = Session.load(tmp_path / "a.json")
    assert again.mask().tobytes() == session.mask().tobytes()
    assert again.to_json() == session.to_json()
    assert again.strokes == session.strokes
    assert again.redo()
    assert again.mask()[3, 3]


def test_the_clicks_give_the_same_mask_byte_for_byte(tmp_path: Path):
    """Every stroke done again, the traces from their points alone."""
    session, _ = traced()
    session.save(tmp_path / "a.json")
    saved = Session.load(tmp_path / "a.json")
    tracer = Tracer(wavy_crack()[0])
    again = Session(96, 240, image="wavy.png")
    for stroke in saved.strokes:
        if isinstance(stroke, Trace):
            again.trace(tracer, stroke.points, label=stroke.label, replaces=stroke.replaces)
        else:
            again.add(stroke)
    assert again.strokes == saved.strokes
    assert again.mask().tobytes() == session.mask().tobytes()


@settings(max_examples=30)
@given(st.lists(st.sampled_from([SQUARE, DOT, HOLE, "undo", "redo", "remove"]), max_size=12))
def test_any_order_of_actions_comes_back_from_its_file(actions: list[object]):
    session = Session(10, 12)
    for action in actions:
        if action == "undo":
            session.undo()
        elif action == "redo":
            session.redo()
        elif action != "remove":
            session.add(action)
        elif session.current():
            session.add(Remove(replaces=min(session.current())))
    expected = np.zeros((10, 12), np.bool_)
    for stroke in session.current().values():
        stroke.draw(expected)
    assert np.array_equal(session.mask(), expected)


def test_a_trace_is_kept_to_a_hundredth_of_a_pixel():
    """So that it is the same before and after it has been in a file."""
    side = np.array([[1.004, 2.006], [9.123456, 2.0]])
    stroke = Trace.of(Edges(side, side, side, np.zeros(2)), points=side)
    expected = ((1.0, 2.01), (9.12, 2.0))
    assert (stroke.left, stroke.right, stroke.points) == (expected, expected, expected)


def test_what_was_erased_before_is_kept_away_from():
    session, tracer = traced()
    wall = Erase(points=((180.0, -5.0), (180.0, 101.0)), radius_px=2.0)
    session.add(wall)
    with pytest.raises(UsageError, match="past what is erased"):
        session.trace(tracer, [(120.5, 48.5), (229.5, 48.5)])


def test_a_tracer_of_another_image():
    with pytest.raises(UsageError, match=r"an image of 12 x 10 px, the tracer's has 240 x 96"):
        Session(10, 12).trace(traced()[1], [(1, 1), (5, 5)])


def tree() -> dict[str, object]:
    return json.loads(small(SQUARE, HOLE).to_json())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "crackgauge session 2"}, "format: Input should be 'crackgauge session 1'"),
        ({"script": "rm"}, "script: Extra inputs are not permitted"),
        ({"done": 3}, "3 strokes are done of 2"),
        ({"height": 0}, "height"),
        ({"strokes": [{"kind": "run", "points": []}]}, "strokes.0"),
        ({"strokes": [{"kind": "brush", "points": [[1, 2]], "radius_px": -1}]}, "radius_px"),
        ({"strokes": [{"kind": "brush", "points": [[1, 1e300]], "radius_px": 1}]}, "less than or"),
        ({"strokes": [{"kind": "brush", "points": [[1, "2"]], "radius_px": 1}]}, "valid number"),
        ({"strokes": [{"kind": "remove", "replaces": 0}]}, "stroke 0 replaces 0"),
        (
            {"strokes": [{"kind": "trace", "left": [[1, 1], [2, 2]], "right": [[1, 1]] * 3}]},
            "left has 2 points and right 3",
        ),
        (
            {
                "strokes": [
                    {
                        "kind": "trace",
                        "left": [[1, 1], [2, 2]],
                        "right": [[1, 1], [2, 2]],
                        "settings": {"orientations": 17},
                    }
                ]
            },
            "orientations: got 17",
        ),
    ],
)
def test_files_that_are_refused(change: dict[str, object], sentence: str, tmp_path: Path):
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({**tree(), "done": 0, **change}))
    with pytest.raises(InputRefused, match="is no session that can be read") as refusal:
        Session.load(file)
    assert sentence in str(refusal.value)
    assert refusal.value.reason == "corrupt"


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"height": NaN}', "\x00", "null", "{"])
def test_what_is_no_session(text: str, tmp_path: Path):
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(InputRefused, match="is no session that can be read"):
        Session.load(file)


def test_a_missing_a_large_and_an_unreadable_file(tmp_path: Path):
    with pytest.raises(InputRefused, match="missing: is not there"):
        Session.load(tmp_path / "none.json")
    small(SQUARE).save(tmp_path / "a.json")
    with pytest.raises(InputRefused, match="too-large: the session has"):
        Session.load(tmp_path / "a.json", largest_bytes=100)
    with pytest.raises(InputRefused, match="cannot be read"):
        Session.load(tmp_path)


def test_a_mask_larger_than_memory_is_drawn_by_window():
    session = Session(2**31 - 1, 2**31 - 1)
    session.add(SQUARE)
    with pytest.raises(UsageError, match="draw it by window"):
        session.mask()
    assert session.mask(Window(0, 0, 10, 10)).sum() == 16
