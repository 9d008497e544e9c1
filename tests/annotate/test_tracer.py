from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tests.annotate.conftest import wavy_crack

from crackgauge.annotate import Erase, Tracer, TraceSettings
from crackgauge.annotate import line_map as line_map_module
from crackgauge.annotate.line_map import LineMap
from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.images import array_source

SETTINGS = TraceSettings()
ENDS = [(10.5, 60.5), (229.5, 48.5)]


def ends_of(y: np.ndarray) -> list[tuple[float, float]]:
    return [(10.5, float(y[10])), (229.5, float(y[229]))]


def errors(centre: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(centre[:, 1] - np.interp(centre[:, 0], np.arange(len(y)) + 0.5, y))


def test_a_crack_is_traced_from_two_clicks():
    image, y = wavy_crack()
    found = Tracer(image).trace(ends_of(y))
    assert errors(found.centre, y).mean() < 0.3
    assert errors(found.centre, y).max() < 1.0
    assert abs(found.width_px.mean() - 4.0) < 0.2


def test_a_bright_crack():
    image, y = wavy_crack()
    found = Tracer(255 - image, settings=TraceSettings(bright=True)).trace(ends_of(y))
    assert errors(found.centre, y).mean() < 0.3


def test_pooled_by_two():
    image, y = wavy_crack(width_px=5)
    found = Tracer(image, settings=TraceSettings(pooling=2)).trace(ends_of(y))
    assert errors(found.centre, y).mean() < 0.5
    assert abs(found.width_px.mean() - 5.0) < 0.3


def test_the_path_turns_and_flips_with_the_image():
    image, y = wavy_crack()
    points = ends_of(y)
    plain = Tracer(image).trace(points)
    # A quarter turn counter-clockwise takes (x, y) to (y, 240 - x).
    quarter = np.ascontiguousarray(np.rot90(image))
    turned = Tracer(quarter).trace([(y, 240 - x) for x, y in points]).centre
    back = np.stack([240 - turned[:, 1], turned[:, 0]], axis=1)
    assert back == pytest.approx(plain.centre, abs=0.05)
    flipped = Tracer(np.ascontiguousarray(image[:, ::-1])).trace([(240 - x, y) for x, y in points])
    assert np.abs(flipped.centre - [240, 0]) == pytest.approx(plain.centre, abs=0.05)
    assert flipped.width_px == pytest.approx(plain.width_px, abs=0.05)


def test_backwards_it_is_the_same_path():
    image, y = wavy_crack()
    tracer = Tracer(image)
    there, back = tracer.trace(ends_of(y)), tracer.trace(ends_of(y)[::-1])
    assert errors(back.centre, y).mean() == pytest.approx(errors(there.centre, y).mean(), abs=0.02)


def test_a_point_between_is_passed_without_a_corner():
    image, y = wavy_crack()
    points = ends_of(y)
    middle = (120.5, float(y[120]))
    found = Tracer(image).trace([points[0], middle, points[1]])
    assert np.hypot(*(found.centre - middle).T).min() < 1.5
    assert errors(found.centre, y).max() < 1.0
    direction = np.diff(found.centre, axis=0)
    turn = np.abs(np.diff(np.unwrap(np.arctan2(direction[:, 1], direction[:, 0]))))
    assert turn.max() < np.deg2rad(30)


def two_ways() -> np.ndarray:
    """A ring of a crack: from left to right one can pass above or, a little darker, below."""
    rows, cols = np.mgrid[:120, :160] + 0.5
    ring = np.abs(np.hypot((cols - 80) / 1.4, rows - 60) - 40) < 1.8
    grey = np.where(ring, np.where(rows > 60, 60, 80), 170).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def test_what_is_erased_is_not_passed():
    tracer = Tracer(two_ways())
    ends = [(24.5, 60.5), (135.5, 60.5)]
    below = tracer.trace(ends)
    assert below.centre[:, 1].max() > 95
    erased = Erase(points=((80.0, 100.0),), radius_px=4.0)
    above = tracer.trace(ends, forbidden=[erased])
    assert above.centre[:, 1].min() < 25


def test_a_point_between_or_a_probability_leads_the_other_way():
    image = two_ways()
    ends = [(24.5, 60.5), (135.5, 60.5)]
    via = Tracer(image).trace([ends[0], (80.5, 20.5), ends[1]])
    assert via.centre[:, 1].max() < 75
    probability = np.zeros(image.shape[:2], np.float32)
    probability[:60] = (image[:60, :, 0] < 100) * 0.95
    assert Tracer(image, probability=probability).trace(ends).centre[:, 1].max() < 75


def test_no_way_past_what_is_erased():
    image, y = wavy_crack()
    wall = Erase(points=((120.0, -5.0), (120.0, 101.0)), radius_px=1.5)
    with pytest.raises(UsageError, match="no path leads from point 1 to point 2 past what is"):
        Tracer(image).trace(ends_of(y), forbidden=[wall])


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([(10, 10), (241, 20)], r"point 2 \(241, 20\) is outside the image of 240 x 96 px"),
        ([(-1, 10), (24, 20)], r"point 1 \(-1, 10\) is outside"),
        ([(float("nan"), 10), (24, 20)], r"point 1 \(nan, 10\) is outside"),
        ([(10, 10), (10.7, 10.2)], "points 1 and 2 are in one pixel"),
        ([(10, 10)], "got one point, expected two or more"),
    ],
)
def test_points_that_cannot_be(points: list[tuple[float, float]], sentence: str):
    with pytest.raises(UsageError, match=sentence):
        Tracer(wavy_crack()[0]).trace(points)


def test_the_far_border_belongs_to_the_last_pixel():
    found = Tracer(wavy_crack()[0]).trace([(10, 48), (240, 48)])
    assert found.centre[-1, 0] == pytest.approx(239.5, abs=0.5)


def test_an_image_of_one_colour():
    with pytest.raises(UsageError, match="the image has one colour around the points"):
        Tracer(np.full((60, 80, 3), 130, np.uint8)).trace([(10, 10), (50, 40)])


@pytest.mark.parametrize(
    ("probability", "sentence"),
    [
        (np.full((96, 240), np.nan, np.float32), "got values from nan to nan"),
        (np.zeros((96, 239), np.float32), "probability is 96x239 and image is 96x240"),
    ],
)
def test_a_probability_that_cannot_be(probability: np.ndarray, sentence: str):
    with pytest.raises(UsageError, match=sentence):
        Tracer(wavy_crack()[0], probability=probability)


def test_tiles_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch):
    """Whichever tile is asked for first, and within the reach of the score as from one piece."""
    image, y = wavy_crack(height=300, width=700)
    whole = Tracer(image).trace([(10.5, y[10]), (689.5, y[689])])
    monkeypatch.setattr(line_map_module, "TILE_PX", 256)
    points = [(10.5, y[10]), (689.5, y[689])]
    tiled = Tracer(array_source(image)).trace(points)
    other = Tracer(array_source(image))
    other.trace([(600.5, y[600]), (689.5, y[689])])
    assert np.array_equal(other.trace(points).centre, tiled.centre)
    assert errors(tiled.centre, y).max() < 1.0
    assert errors(whole.centre, y).max() < 1.0


def test_the_map_is_the_same_whichever_tile_came_first_and_has_no_seams(
    monkeypatch: pytest.MonkeyPatch,
):
    """A faint half and a strong one, so that each tile alone would count against another line."""
    image, _ = wavy_crack(height=200, width=600)
    image = image.copy()
    image[:, :300] = image[:, :300] // 4 + 120
    monkeypatch.setattr(line_map_module, "TILE_PX", 256)
    left, right = LineMap(array_source(image), SETTINGS), LineMap(array_source(image), SETTINGS)
    whole = Window(0, 0, 200, 600)
    left.read(Window(0, 0, 200, 100))
    right.read(Window(0, 500, 200, 100))
    tiled = left.read(whole)
    assert np.array_equal(right.read(whole), tiled)
    monkeypatch.setattr(line_map_module, "TILE_PX", 1024)
    monkeypatch.setattr(LineMap, "_measure_strongest", lambda _self, _first: left._strongest)
    assert LineMap(array_source(image), SETTINGS).read(whole) == pytest.approx(tiled, abs=0.02)


def test_the_tiles_that_were_used_last_are_kept(monkeypatch: pytest.MonkeyPatch):
    image, _ = wavy_crack(height=64, width=192)
    monkeypatch.setattr(line_map_module, "TILE_PX", 64)
    a_tile = 64 * 64 * 8 * 4  # float32 in 8 directions
    lines = LineMap(array_source(image), SETTINGS, cache_bytes=2 * a_tile)
    for col in (0, 64, 0, 128):
        lines.read(Window(0, col, 64, 64))
    assert list(lines._tiles) == [(0, 0), (0, 128)]


def test_without_numba_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from crackgauge.annotate import Session, Tracer\n"
        "image = np.full((40, 90, 3), 180, np.uint8); image[20:23] = 60\n"
        "Tracer(image).trace([(5, 21), (80, 21)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "crackgauge[trace]"' in done.stderr.splitlines()[-1]


def test_a_ring_from_three_points_and_the_first_again():
    image = two_ways()
    points = [(24.5, 60.5), (80.5, 20.5), (135.5, 60.5), (24.5, 60.5)]
    found = Tracer(image).trace(points)
    assert found.centre[:, 1].min() < 25
    assert found.centre[:, 1].max() > 95
    radius = np.hypot((found.centre[:, 0] - 80) / 1.4, found.centre[:, 1] - 60)
    assert np.abs(radius - 40).mean() < 1


def test_a_tracer_that_is_guided_by_windows_gives_what_the_whole_gives():
    """And shares the map: what one tracer computed the other does not compute again."""
    image, y = wavy_crack()
    probability = np.zeros(image.shape[:2], np.float32)
    probability[40:60] = 0.8
    points = [(10.5, y[10]), (229.5, y[229])]
    whole = Tracer(image, probability=probability)
    plain = Tracer(image)
    windows = []

    def read(window: Window) -> np.ndarray:
        windows.append(window)
        return probability[window.slices]

    guided = plain.guided_by(read)
    assert np.array_equal(guided.trace(points).centre, whole.trace(points).centre)
    assert windows
    assert guided._lines is plain._lines
    seen = len(windows)
    assert np.array_equal(guided.guided_by(None).trace(points).left, plain.trace(points).left)
    assert len(windows) == seen
