from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.tiling import Tile, blend_weights, halo_share, plan_tiles, window_starts

sizes = st.integers(1, 120)


def test_an_image_up_to_the_size_of_an_inner_tile_is_one_tile():
    (tile,) = plan_tiles(30, 32, core=16, halo=8, stride=8)
    assert tile == Tile(Window(0, 0, 30, 32), Window(0, 0, 32, 32))


def test_a_larger_image_is_cut_at_multiples_of_the_core():
    tiles = plan_tiles(1, 56, core=16, halo=8, stride=8)
    # 56 = 16 + 16 + 24: the last core takes the rest, since 8 + 24 is not above 8 + 16 + 8.
    assert [tile.core[1::2] for tile in tiles] == [(0, 16), (16, 16), (32, 24)]
    assert [tile.padded[1::2] for tile in tiles] == [(0, 24), (8, 32), (24, 32)]
    assert {tile.padded[::2] for tile in tiles} == {(0, 8)}


@given(st.integers(1, 40), st.integers(0, 200), st.integers(1, 40))
def test_windows_lie_inside_and_cover_the_axis(window_px, more, step):
    size = window_px + more
    starts = window_starts(size, window_px, min(step, window_px))
    covered = np.zeros(size, bool)
    for start in starts:
        assert 0 <= start <= size - window_px
        covered[start : start + window_px] = True
    assert covered.all()
    assert (np.diff(starts) <= window_px).all()


@settings(max_examples=50, deadline=None)
@given(sizes, sizes, st.integers(1, 6), st.integers(0, 20), st.sampled_from([1, 2, 8]))
def test_cores_cover_the_image_once_and_windows_are_aligned(height, width, cores, halo, stride):
    core = cores * stride
    covered = np.zeros((height, width), int)
    for tile in plan_tiles(height, width, core=core, halo=halo, stride=stride):
        covered[tile.core.slices] += 1
        halo_up = -(-halo // stride) * stride
        for start, size, first, length, extent in (
            (tile.core.row, tile.core.height, tile.padded.row, tile.padded.height, height),
            (tile.core.col, tile.core.width, tile.padded.col, tile.padded.width, width),
        ):
            whole = -(-extent // stride) * stride
            assert start % core == 0
            assert first % stride == 0
            assert length % stride == 0
            assert length <= core + 2 * halo_up
            assert first == max(start - halo_up, 0)
            assert first + length >= min(start + size + halo_up, whole)
            assert first + length <= whole
    assert (covered == 1).all()


@pytest.mark.parametrize(
    ("height", "core", "halo", "stride", "message"),
    [
        (0, 16, 8, 8, "sizes of 1 px or more"),
        (8, 16, -1, 8, "halo of 0 or more"),
        (8, 20, 8, 8, "a multiple of 8; use 24"),
    ],
)
def test_what_cannot_be_tiled_is_refused(height, core, halo, stride, message):
    with pytest.raises(UsageError, match=message):
        plan_tiles(height, 8, core=core, halo=halo, stride=stride)


def test_halo_share_of_one_tile_is_the_padding_to_the_stride():
    assert halo_share(plan_tiles(16, 16, core=16, halo=8, stride=8)) == 0.0
    assert halo_share(plan_tiles(8, 6, core=16, halo=8, stride=8)) == 0.25


def test_blend_weights_of_neighbours_add_up_to_one():
    weights = blend_weights(4, 20, 8)
    across_the_seam = weights[:, -8:] + weights[:, :8]
    np.testing.assert_allclose(across_the_seam, np.broadcast_to(weights[:, 8:9], (4, 8)))


def test_blend_weights_without_overlap_are_one():
    assert (blend_weights(3, 5, 0) == 1).all()
