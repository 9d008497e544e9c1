from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.web.refusals import Refused
from crackgauge.web.tiles import TILE_PX, in_image, level_of, tile_of, top_level

SIZES = st.integers(1, 3000)


@given(height=SIZES, width=SIZES)
def test_levels_halve_down_to_one_px(height: int, width: int):
    top = top_level(height, width)
    assert level_of(height, width, top)[1:] == (height, width)
    assert level_of(height, width, 0)[1:] == (1, 1)
    for number in range(top):
        small, large = level_of(height, width, number), level_of(height, width, number + 1)
        assert small.height == (large.height + 1) // 2 or small.factor > height
        assert small.width == (large.width + 1) // 2 or small.factor > width


@given(height=SIZES, width=SIZES, data=st.data())
def test_tiles_cover_a_level_once(height: int, width: int, data: st.DataObject):
    level = level_of(height, width, data.draw(st.integers(0, top_level(height, width))))
    seen = np.zeros((level.height, level.width), int)
    for row in range(-(-level.height // TILE_PX)):
        for column in range(-(-level.width // TILE_PX)):
            tile = tile_of(level, column, row)
            seen[tile.slices] += 1
            part = in_image(tile, level.factor, height, width)
            assert part.row + part.height <= height
            assert part.col + part.width <= width
    assert (seen == 1).all()


@pytest.mark.parametrize(("column", "row"), [(1, 0), (0, 1), (-1, 0)])
def test_no_tile_beyond_the_level(column: int, row: int):
    with pytest.raises(Refused):
        tile_of(level_of(256, 256, 8), column, row)
