from __future__ import annotations

import cv2
import numpy as np
import pytest

from crackgauge.annotate import Session
from crackgauge.errors import UsageError
from crackgauge.pipeline import proposals, propose
from crackgauge.pipeline.proposals import propose_by_window


def drawn(lines: list[tuple[tuple[int, int], tuple[int, int], int]]) -> np.ndarray:
    """Lines with soft borders, float32 (120, 200) in [0, 0.95]."""
    mask = np.zeros((120, 200), np.uint8)
    for begin, end, thickness in lines:
        cv2.line(mask, begin, end, 1, thickness)
    return cv2.GaussianBlur(mask * np.float32(0.95), (0, 0), 0.8)


CROSS = drawn([((10, 20), (190, 100), 5), ((30, 100), (170, 15), 7)])


def test_a_branch_is_a_trace_and_all_together_are_the_mask():
    session = Session(120, 200)
    for trace in propose(CROSS):
        session.add(trace)
    assert len(session.strokes) >= 4
    mask, found = CROSS >= 0.5, session.mask()
    assert (mask & found).sum() / (mask | found).sum() > 0.9


def test_a_trace_has_the_width_of_the_crack():
    probability = np.zeros((120, 200), np.float32)
    probability[56:65, 20:180] = 0.9
    [trace] = propose(probability)
    assert trace.edges.width_px[20:-20].mean() == pytest.approx(9, abs=0.3)
    assert trace.edges.length_px == pytest.approx(160, abs=1)
    assert trace.points == ()
    assert trace.label == "crack"


def test_the_threshold_moves_the_edges():
    soft = cv2.GaussianBlur(drawn([((20, 60), (180, 60), 9)]), (0, 0), 3)
    narrow, wide = (propose(soft, threshold=level)[0].edges for level in (0.7, 0.2))
    assert wide.width_px.mean() > narrow.width_px.mean() + 3


def test_nothing_is_proposed_where_nothing_is_predicted():
    assert propose(np.zeros((30, 40), np.float32)) == []


def test_a_map_with_nan_is_refused():
    with pytest.raises(UsageError, match="got values from nan to nan"):
        propose(np.full((30, 40), np.nan, np.float32))


def test_by_window_the_same_cracks_are_proposed(monkeypatch: pytest.MonkeyPatch):
    """Blocks of 64 px, some crossed by the cross and by a line apart from it that lies below."""
    probability = drawn(
        [((10, 20), (190, 100), 5), ((30, 100), (170, 15), 7), ((10, 112), (90, 112), 5)]
    )
    monkeypatch.setattr(proposals, "_BLOCK_PX", 64)
    whole, parts = Session(120, 200), Session(120, 200)
    for trace in propose(probability):
        whole.add(trace)
    by_window = propose_by_window(lambda window: probability[window.slices], 120, 200)
    for trace in by_window:
        parts.add(trace)
    assert len(parts.strokes) == len(whole.strokes) > 5
    assert (parts.mask() != whole.mask()).sum() < 0.01 * whole.mask().sum()
