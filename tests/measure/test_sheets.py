from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure import sheets as sheets_module
from crackgauge.measure.components import find_components
from crackgauge.measure.sheets import THICKEST_PX, pack


def scattered() -> np.ndarray:
    """Forty rectangles of 1 x 1 to 5 x 8 px."""
    mask = np.zeros((80, 100), dtype=bool)
    for number in range(40):
        row, col = 10 * (number // 5), 20 * (number % 5)
        mask[row : row + 1 + number % 5, col : col + 1 + number // 5] = True
    return mask


def redraw(mask: np.ndarray) -> tuple[np.ndarray, int]:
    components = find_components(mask, min_area_px2=1)
    again, count = np.zeros_like(mask), 0
    for sheet in pack(components):
        assert not sheet.mask[[0, -1]].any()
        assert not sheet.mask[:, [0, -1]].any()
        rows, cols = np.nonzero(sheet.mask)
        offset = sheet.offset[sheet.component[rows, cols]]
        again[rows + offset[:, 0], cols + offset[:, 1]] = True
        count += 1
    return again, count


def test_every_pixel_is_on_a_sheet_once():
    mask = scattered()
    again, count = redraw(mask)
    np.testing.assert_array_equal(again, mask)
    assert count == 1


def test_small_sheets_hold_the_same(monkeypatch):
    monkeypatch.setattr(sheets_module, "SHEET_PX2", 2048 * 10)
    mask = np.repeat(np.repeat(scattered(), 2, axis=0), 20, axis=1)
    again, count = redraw(mask)
    np.testing.assert_array_equal(again, mask)
    assert count > 1


def test_neighbours_on_a_sheet_do_not_touch():
    sheet = next(pack(find_components(scattered(), min_area_px2=1)))
    assert len(find_components(sheet.mask, min_area_px2=1)) == 40


def test_a_thick_component_is_drawn_smaller_on_a_sheet_of_its_own():
    mask = np.zeros((400, 500), dtype=bool)
    mask[100:300, 50:450] = True  # 100 px to the nearest side
    mask[10:12, 10:60] = True
    thin, thick = pack(find_components(mask, min_area_px2=1))
    assert (thin.factor, int(thin.mask.sum())) == (1, 100)
    assert (thick.factor, int(thick.mask.sum())) == (2, 100 * 200)
    assert thick.distance_px.max() <= THICKEST_PX


def test_a_box_above_the_limit_is_refused_with_advice(monkeypatch):
    monkeypatch.setattr(sheets_module, "LARGEST_BOX_PX2", 99)
    with pytest.raises(UsageError, match=r"spans 10 x 10 px.*assemble"):
        list(pack(find_components(np.eye(10, dtype=bool), min_area_px2=1)))
