from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.annotate.conftest import wavy_crack

from crackgauge.annotate import Session
from crackgauge.cli.trace import gather_points
from crackgauge.images import read_image, read_mask, write_image, write_probability

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A crack from (10, 54) to (230, 54), waves between."""
    write_image(tmp_path / "deck.png", wavy_crack()[0])
    return tmp_path / "deck.png"


def test_two_clicks_give_a_mask_a_session_and_an_overlay(run: Run, photo: Path, tmp_path: Path):
    out = tmp_path / "labels"
    answer = run("trace", photo, "--points", "10.5,54.3", "229.5,42", "--out", out)
    assert answer.code == 0, answer.err
    assert answer.out.startswith("trace 0: 2")
    assert " px wide" in answer.out
    assert sorted(path.name for path in out.iterdir()) == [
        "deck_mask.png",
        "deck_overlay.png",
        "deck_session.json",
    ]
    mask = read_mask(out / "deck_mask.png").mask
    dark = read_image(photo)[..., 0] < 130
    dark[:, :10] = dark[:, 230:] = False
    assert (mask & dark).sum() / (mask | dark).sum() > 0.8
    session = Session.load(out / "deck_session.json")
    assert session.image == "deck.png"
    assert np.array_equal(session.mask(), mask)
    overlay = read_image(out / "deck_overlay.png")
    assert overlay.shape == (96, 240, 3)
    assert (overlay[mask] != read_image(photo)[mask]).any(axis=1).mean() > 0.95


def test_the_same_command_gives_the_same_files(run: Run, photo: Path, tmp_path: Path):
    names = ("deck_mask.png", "deck_overlay.png", "deck_session.json")
    for folder in ("a", "b"):
        run("trace", photo, "--out", tmp_path / folder, "--points", "10,54", "120,48", "229,42")
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_session_goes_on(run: Run, photo: Path, tmp_path: Path):
    first, second = tmp_path / "a", tmp_path / "b"
    run("trace", photo, "--points", "10,54", "120,48", "--out", first)
    answer = run(
        "trace", photo, "--session", first / "deck_session.json", "--out", second,
        "--points", "120,48", "229,42", "--erase", "60,40", "60,70", "--eraser-px", "3",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.out.startswith("trace 2: ")
    kinds = [
        stroke["kind"]
        for stroke in json.loads((second / "deck_session.json").read_text())["strokes"]
    ]
    assert kinds == ["trace", "erase", "trace"]
    mask = read_mask(second / "deck_mask.png").mask
    assert not mask[:, 58:62].any()
    assert mask[:, 200].any()


def test_nobodys_strokes_are_replaced_unasked(run: Run, photo: Path, tmp_path: Path):
    out = tmp_path / "out"
    run("trace", photo, "--points", "10,54", "120,48", "--out", out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    again = ("trace", photo, "--points", "120,48", "229,42", "--out", out)
    answer = run(*again)
    assert answer.code == 2
    assert "deck_session.json is there already; go on with it (--session)" in answer.err
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert run(*again, "--session", out / ".." / "out" / "deck_session.json").code == 0
    assert len(Session.load(out / "deck_session.json").strokes) == 2
    assert run(*again, "--overwrite").code == 0
    assert len(Session.load(out / "deck_session.json").strokes) == 1


def test_a_probability_and_its_proposals(run: Run, photo: Path, tmp_path: Path):
    dark = read_image(photo)[..., 0] < 130
    write_probability(tmp_path / "p.png", (dark * 0.9).astype(np.float32))
    answer = run(
        "trace", photo, "--propose", "--probability", tmp_path / "p.png", "--out", tmp_path / "out"
    )
    assert answer.code == 0, answer.err
    assert "from the prediction" in answer.out
    mask = read_mask(tmp_path / "out/deck_mask.png").mask
    assert (mask & dark).sum() / (mask | dark).sum() > 0.85


def test_a_model(run: Run, photo: Path, contrast_model: Path, tmp_path: Path):
    answer = run(
        "trace", photo, "--model", contrast_model, "--points", "10,54", "229,42",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 0, answer.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--points", "10,54", "700,10"], "point 2 (700, 10) is outside the image of 240 x 96 px"),
        (["--points", "-5,54", "70,10"], "point 1 (-5, 54) is outside the image"),
        (["--points", "10,54", "10,54"], "points 1 and 2 are in one pixel"),
        (["--points", "10,54"], "got one point, expected two or more"),
        (["--points", "10,54", "70,ten"], "got the point '70,ten', expected x,y in px"),
        (["--points", ""], "got no point, expected two or more"),
        (["--erase", "nan,5", "9,9"], "eraser: got points that no image has"),
        (["--erase", "1e300,5"], "eraser: got points that no image has"),
        (["--erase", ""], "eraser: got points that no image has"),
        (["--erase", "5,5", "--eraser-px", "0"], "eraser: got a radius of 0 px, expected above 0"),
        (["--erase", "5,5", "--eraser-px", "nan"], "eraser: got a radius of nan px"),
        (["--points", "1,1", "9,9", "--threshold", "nan"], "threshold: got nan, expected above 0"),
        (["--points", "1,1", "9,9", "--threshold", "1.1"], "threshold: got 1.1, expected above 0"),
        ([], "there is nothing to trace"),
        (["--propose"], "proposals need a prediction"),
        (["--points", "1,1", "9,9", "--pooling", "7"], "pooling: got 7, expected 1, 2, 3 or 4"),
    ],
)
def test_wrong_use_is_said_plainly(
    run: Run, photo: Path, tmp_path: Path, arguments: list[str], sentence: str
):
    answer = run("trace", photo, *arguments, "--out", tmp_path / "out")
    assert answer.code == 2
    assert sentence in answer.err
    assert not (tmp_path / "out").exists()


def test_an_image_of_one_colour(run: Run, tmp_path: Path):
    write_image(tmp_path / "plain.png", np.full((60, 80, 3), 90, np.uint8))
    answer = run("trace", tmp_path / "plain.png", "--points", "5,5", "50,50", "--out", tmp_path)
    assert answer.code == 2
    assert "the image has one colour around the points" in answer.err


def test_a_probability_with_nan(run: Run, photo: Path, tmp_path: Path):
    import tifffile

    tifffile.imwrite(tmp_path / "p.tif", np.full((96, 240), np.nan, np.float32))
    answer = run(
        "trace", photo, "--points", "5,5", "50,50", "--probability", tmp_path / "p.tif",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert answer.code == 3
    assert "the probabilities go from nan to nan, expected [0, 1]" in answer.err


def test_points_are_gathered_behind_their_option():
    given = ["a.jpg", "--points", "1,2", "3,4", "-o", "x,y", "--points", "5,6", "-7,8", "--bright"]
    assert gather_points(given) == [
        "a.jpg", "--points", "1,2 3,4", "-o", "x,y", "--points", "5,6 -7,8", "--bright",
    ]  # fmt: skip
    assert gather_points(["--points", "--out"]) == ["--points", "--out"]
