"""Centre lines drawn at random: within the picture, of the widths promised, seeded."""

import numpy as np
import pytest

from crackgauge.data.synth.networks import (
    PATTERNS,
    WIDTH_RANGE_PX,
    Character,
    draw_network,
    fractal_path,
)


def test_path_starts_and_ends_where_told():
    path = fractal_path(
        np.random.default_rng(1), np.array([3.0, 4.0]), np.array([200.0, 90.0]),
        Character(3.0, 0.1, 0.5, 0.0),
    )  # fmt: skip
    assert path[0] == pytest.approx([3, 4])
    assert path[-1] == pytest.approx([200, 90])
    assert np.hypot(*np.diff(path, axis=0).T).max() <= 1.0 + 1e-9


def test_rougher_paths_are_longer():
    def length(roughness):
        ends = np.array([0.0, 0.0]), np.array([300.0, 0.0])
        character = Character(3.0, roughness, 0.5, 0.0)
        path = fractal_path(np.random.default_rng(5), *ends, character)
        return np.hypot(*np.diff(path, axis=0).T).sum()

    assert 300 <= length(0.0) < 300.1
    assert length(0.03) > 300.5
    assert length(0.12) > length(0.03)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_draws_within_the_picture(pattern):
    for seed in range(4):
        strokes = draw_network(np.random.default_rng(seed), (160, 240), pattern=pattern)
        assert strokes
        for stroke in strokes:
            assert stroke.points.min() >= 0
            assert stroke.points[:, 0].max() <= 240
            assert stroke.points[:, 1].max() <= 160
            assert stroke.widths_px.min() >= WIDTH_RANGE_PX[0]
            assert stroke.widths_px.max() <= WIDTH_RANGE_PX[1]


def test_map_cracking_has_many_pieces_and_a_single_crack_few():
    shape = (300, 300)
    many = draw_network(np.random.default_rng(3), shape, pattern="alligator")
    few = draw_network(np.random.default_rng(3), shape, pattern="single")
    assert len(many) > 10 > len(few)


def test_width_varies_along_the_crack():
    (first, *_) = draw_network(np.random.default_rng(0), (300, 300), pattern="single", width_px=5)
    assert 0.1 < first.widths_px.std() / first.widths_px.mean() < 1
