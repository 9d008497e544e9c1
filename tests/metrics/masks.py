"""Masks that the tests of several metrics share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EMPTY = np.zeros((5, 5), bool)
ROW = EMPTY.copy()
ROW[2] = True
COLUMN = ROW.T.copy()


@st.composite
def pairs_of_masks(draw: st.DrawFn, max_side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a truth of the same size."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=max_side))
    masks = hnp.arrays(np.bool_, shape)
    return draw(masks), draw(masks)
