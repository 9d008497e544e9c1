from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from crackgauge.errors import UsageError
from crackgauge.metrics.tolerance import match_counts
from crackgauge.report.error_sheet import (
    FALSE_ALARM_COLOUR,
    HIT_COLOUR,
    MAX_CASES,
    MISS_COLOUR,
    PICTURE_PX,
    ErrorCase,
    draw_errors,
    write_error_sheet,
)


def is_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (picture == np.array(colour)).all(axis=-1)


def count(picture: np.ndarray) -> tuple[int, int, int]:
    """Pixels in the colours of a hit, a false alarm and a miss."""
    colours = (HIT_COLOUR, FALSE_ALARM_COLOUR, MISS_COLOUR)
    return tuple(int(is_colour(picture, colour).sum()) for colour in colours)


def empty_case(height: int = 30, width: int = 40, name: str = "a") -> ErrorCase:
    nothing = np.zeros((height, width), dtype=bool)
    photo = np.full((height, width, 3), 120, dtype=np.uint8)
    return ErrorCase(name, photo, nothing, nothing.copy(), "f1@2px 0.50")


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def test_five_by_five_by_hand():
    truth, prediction = np.zeros((2, 5, 5), dtype=bool)
    truth[0] = True  # a crack along the upper border
    prediction[1, :2] = True  # its left end, one pixel too low
    prediction[4, 4] = True  # and a spot far from it
    drawn = draw_errors(ErrorCase("a", None, prediction, truth, ""), tolerance_px=1)
    kinds = [
        "".join(
            {HIT_COLOUR: "h", MISS_COLOUR: "m", FALSE_ALARM_COLOUR: "f"}.get(
                tuple(pixel.tolist()), "."
            )
            for pixel in row
        )
        for row in drawn
    ]
    assert kinds == ["..mmm", "hh...", ".....", ".....", "....f"]
    assert count(draw_errors(ErrorCase("a", None, prediction, truth, ""), tolerance_px=0)) == (
        0,
        3,
        5,
    )


masks = arrays.arrays(bool, (7, 9), elements=st.booleans())


@given(masks, masks, st.sampled_from([0, 1, 1.5, 2, 20]))
def test_coloured_pixels_are_those_that_the_scores_count(prediction, truth, tolerance_px):
    drawn = draw_errors(ErrorCase("a", None, prediction, truth, ""), tolerance_px=tolerance_px)
    counts = match_counts(prediction, truth, tolerance_px=tolerance_px)
    assert count(drawn) == (
        counts.predicted_hits,
        counts.predicted - counts.predicted_hits,
        counts.truth - counts.truth_hits,
    )


def test_an_error_of_one_pixel_stays_visible_on_a_photo_scaled_down_ten_times():
    case = empty_case(3000, 4200)
    case.truth[1000] = True
    case.prediction[1000, :2000] = True
    case.prediction[2500, 4000] = True
    drawn = draw_errors(case, tolerance_px=2, fit_px=420)
    assert drawn.shape == (300, 420, 3)
    hits, misses = is_colour(drawn, HIT_COLOUR), is_colour(drawn, MISS_COLOUR)
    assert hits[100, :200].all()
    assert misses[100, 201:].all()
    # Grown by one pixel to three, and not to a thick bar.
    assert set(np.flatnonzero(misses.any(axis=1))) == {99, 100, 101}
    spot = np.argwhere(is_colour(drawn, FALSE_ALARM_COLOUR)).tolist()
    assert spot == [[249, 400], [250, 399], [250, 400], [250, 401], [251, 400]]


@pytest.mark.parametrize(("height", "width"), [(1, 5000), (5000, 1), (421, 419), (1, 1), (839, 3)])
def test_every_error_is_seen_whatever_the_size(height, width):
    case = empty_case(height, width)
    case.truth[-1, -1] = True
    drawn = draw_errors(case, tolerance_px=0, fit_px=PICTURE_PX)
    assert max(drawn.shape) <= PICTURE_PX
    assert is_colour(drawn, MISS_COLOUR)[-1, -1]


def test_a_miss_hides_a_false_alarm_and_that_a_hit():
    case = empty_case(400, 400)
    case.prediction[0, 0] = case.truth[0, 0] = True  # a hit
    case.prediction[0, 1] = True  # a false alarm in the same pixel of the picture
    drawn = draw_errors(case, tolerance_px=0, fit_px=200)
    assert is_colour(drawn, FALSE_ALARM_COLOUR)[0, 0]
    case.truth[1, 1] = True
    assert is_colour(draw_errors(case, tolerance_px=0, fit_px=200), MISS_COLOUR)[0, 0]


def test_a_small_picture_is_enlarged_twice_at_most():
    case = empty_case(30, 40)
    case.truth[3, 4] = True
    drawn = draw_errors(case, tolerance_px=0, fit_px=420)
    assert drawn.shape == (60, 80, 3)
    assert np.argwhere(is_colour(drawn, MISS_COLOUR)).tolist() == [[6, 8], [6, 9], [7, 8], [7, 9]]
    assert draw_errors(case, tolerance_px=0, fit_px=60).shape == (45, 60, 3)


def test_the_photo_is_a_dark_grey_in_which_its_crack_is_seen():
    case = empty_case()
    case.image[:, 10:15] = (90, 60, 60)
    before = case.image.copy()
    drawn = draw_errors(case, tolerance_px=2)
    assert drawn.max() < 100
    assert (drawn[..., 0] == drawn[..., 1]).all()
    assert (drawn[..., 0] == drawn[..., 2]).all()
    assert int(drawn[0, 20, 0]) - int(drawn[0, 12, 0]) > 30
    np.testing.assert_array_equal(case.image, before)


def test_an_even_photo_stays_even():
    drawn = draw_errors(empty_case(), tolerance_px=2)
    assert len(np.unique(drawn)) == 1


@pytest.mark.parametrize(("cases", "columns"), [(1, 1), (3, 3), (4, 4), (5, 3), (12, 4)])
def test_the_grid_has_room_for_every_picture(tmp_path, cases, columns):
    def marked() -> Iterator[ErrorCase]:
        for number in range(cases):
            case = empty_case(420, 420, f"image {number}")
            case.truth[200:220, 200:220] = True
            yield case

    write_error_sheet(tmp_path / "sheet.png", marked(), tolerance_px=2, title="Worst images")
    sheet = read(tmp_path / "sheet.png")
    misses = is_colour(sheet, MISS_COLOUR)[200:]  # below the legend
    assert misses.sum() == cases * 400
    assert sheet.shape[1] == max(columns * 440 - 20, 860) + 56
    # The columns in which a miss is drawn, as runs of 20.
    assert np.count_nonzero(misses.any(axis=0)) == 20 * columns


def test_cases_are_taken_one_by_one_and_not_kept(tmp_path):
    alive: list[weakref.ref] = []

    def many() -> Iterator[ErrorCase]:
        for number in range(100):
            assert sum(reference() is not None for reference in alive) <= 1
            case = empty_case(60, 60, str(number))
            alive.append(weakref.ref(case.image))
            yield case
            del case

    write_error_sheet(tmp_path / "sheet.png", many(), tolerance_px=2, title="Worst images")
    assert len(alive) == MAX_CASES


def test_texts_of_any_length_and_letters_fit(tmp_path):
    case = empty_case(name="caf\udce9_中文_" + "x" * 300)._replace(caption="many words " * 60)
    for path in (tmp_path / "a.png", tmp_path / "b.png"):
        write_error_sheet(
            path, [case], tolerance_px=0.0075 * 577, title="Title " * 40, note="note " * 80
        )
    sheet = read(tmp_path / "a.png")
    assert sheet.shape[1] == 860 + 56
    assert (sheet[:, -20:] == 255).all()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_note_and_the_legend_are_printed(tmp_path):
    for name, note in (("without", ""), ("with", "threshold chosen on the evaluated images")):
        write_error_sheet(
            tmp_path / f"{name}.png", [empty_case()], tolerance_px=2, title="Title", note=note
        )
    without, with_note = read(tmp_path / "without.png"), read(tmp_path / "with.png")
    assert not is_colour(without, (163, 59, 0)).any()
    assert is_colour(with_note, (163, 59, 0)).sum() > 200
    for colour in (HIT_COLOUR, MISS_COLOUR, FALSE_ALARM_COLOUR):
        assert is_colour(with_note, colour).sum() > 100


def test_what_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "sheet.png"
    case = empty_case()
    with pytest.raises(UsageError, match="no case"):
        write_error_sheet(path, [], tolerance_px=2, title="Title")
    with pytest.raises(UsageError, match=r"\.png"):
        write_error_sheet(tmp_path / "sheet.jpg", [case], tolerance_px=2, title="Title")
    with pytest.raises(UsageError, match="prediction of a is 2x2 and truth of a is 30x40"):
        draw_errors(case._replace(prediction=np.zeros((2, 2), dtype=bool)), tolerance_px=2)
    with pytest.raises(UsageError, match="image of a is 40x30"):
        draw_errors(case._replace(image=np.zeros((40, 30, 3), dtype=np.uint8)), tolerance_px=2)
    with pytest.raises(UsageError, match="truth of a"):
        draw_errors(case._replace(truth=np.zeros((30, 40), dtype=np.uint8)), tolerance_px=2)
    with pytest.raises(UsageError, match="tolerance"):
        draw_errors(case, tolerance_px=-1)
    assert list(tmp_path.iterdir()) == []
