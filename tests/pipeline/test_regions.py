from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from crackgauge.arrays import Mask, Window
from crackgauge.images import array_source
from crackgauge.pipeline.regions import Region, Regions

BLOCK = 4


def blocks(height: int, width: int) -> Iterator[Window]:
    for row in range(0, height, BLOCK):
        for col in range(0, width, BLOCK):
            yield Window(row, col, min(BLOCK, height - row), min(BLOCK, width - col))


def regions_of(mask: Mask, *, largest_px: int = 10_000) -> list[Region]:
    regions = Regions(mask.shape[1])
    for window in blocks(*mask.shape):
        regions.add(window, mask[window.slices])
    return list(regions.regions(largest_px=largest_px))


def mask_with(*pixels: tuple[int, int], shape: tuple[int, int] = (12, 12)) -> Mask:
    mask = np.zeros(shape, np.bool_)
    for pixel in pixels:
        mask[pixel] = True
    return mask


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 3), (1, 4)),  # side by side across a vertical border
        ((1, 3), (2, 4)),  # diagonally down
        ((2, 3), (1, 4)),  # diagonally up
        ((3, 1), (4, 1)),  # one above the other across a horizontal border
        ((3, 1), (4, 0)),
        ((3, 1), (4, 2)),
        ((3, 3), (4, 4)),  # over a corner where four blocks meet
        ((3, 4), (4, 3)),  # over the same corner the other way
    ],
)
def test_pixels_that_touch_across_a_border_share_a_region(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    assert len(regions_of(mask_with(first, second))) == 1


@pytest.mark.parametrize(
    ("first", "second"), [((1, 3), (1, 5)), ((1, 2), (1, 4)), ((3, 1), (5, 1)), ((3, 1), (4, 3))]
)
def test_pixels_that_do_not_touch_do_not(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert len(regions_of(mask_with(first, second))) == 2


def test_a_u_turn_joins_late() -> None:
    # Down in the left block, down in the right block, joined two bands below.
    mask = mask_with(*((row, 1) for row in range(10)), *((row, 9) for row in range(10)))
    mask[9, 1:10] = True
    (region,) = regions_of(mask)
    assert region.bounds == Window(0, 0, 12, 12)
    assert len(region.blocks) == 7  # all but the middle column's upper two


def test_a_region_reads_its_own_blocks_alone() -> None:
    mask = mask_with((3, 3), (4, 4), (5, 1), (1, 6))  # a crack over the corner, two strangers
    source = array_source(np.repeat(mask[..., None] * np.uint8(255), 3, axis=2))
    corner, right, below = regions_of(mask)
    assert corner.bounds == Window(0, 0, 8, 8)
    assert np.argwhere(corner.read(source)).tolist() == [[3, 3], [4, 4]]
    assert (right.bounds, below.bounds) == (Window(0, 4, 4, 4), Window(4, 0, 4, 4))
    assert np.argwhere(right.read(source)).tolist() == [[1, 2]]


def test_a_region_that_is_too_large_comes_block_by_block() -> None:
    mask = mask_with((1, 3), (1, 4))
    assert [region.bounds for region in regions_of(mask, largest_px=31)] == [
        Window(0, 0, 4, 4),
        Window(0, 4, 4, 4),
    ]
    assert [region.bounds for region in regions_of(mask, largest_px=32)] == [Window(0, 0, 4, 8)]


def test_edges_that_are_no_multiple_of_the_block() -> None:
    mask = mask_with((8, 3), (8, 4), shape=(9, 5))
    (region,) = regions_of(mask)
    assert region.bounds == Window(8, 0, 1, 5)


def test_regions_hold_every_pixel_once() -> None:
    rng = np.random.default_rng(0)
    mask = rng.random((21, 30)) < 0.08
    source = array_source(np.repeat(mask[..., None] * np.uint8(255), 3, axis=2))
    total = np.zeros(mask.shape, np.int64)
    found = regions_of(mask)
    for region in found:
        total[region.bounds.slices] += region.read(source)
    assert len(found) > 1
    assert np.array_equal(total, mask.astype(np.int64))


def test_the_probability_of_a_region_is_that_of_its_bounds() -> None:
    mask = mask_with((5, 3), (5, 4))
    values = np.arange(144, dtype=np.uint8).reshape(12, 12)
    (region,) = regions_of(mask)
    found = region.read_probability(array_source(np.repeat(values[:, :, None], 3, axis=2)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values[region.bounds.slices] / 255, rtol=1e-6)
