from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crackgauge.arrays import Mask

DrawBar = Callable[..., Mask]


def bar(
    width_px: float,
    angle_deg: float,
    *,
    length_px: float = 150.0,
    size: int = 200,
    x_px: float | None = None,
    y_px: float | None = None,
) -> Mask:
    """A straight bar around (x, y): the pixels whose centres it covers."""
    x_px, y_px = (size / 2 if at is None else at for at in (x_px, y_px))
    rows, cols = np.mgrid[:size, :size] + 0.5
    cosine, sine = np.cos(np.deg2rad(angle_deg)), -np.sin(np.deg2rad(angle_deg))
    along = (cols - x_px) * cosine + (rows - y_px) * sine
    across = (rows - y_px) * cosine - (cols - x_px) * sine
    return (np.abs(across) < width_px / 2) & (np.abs(along) < length_px / 2)


@pytest.fixture(scope="session")
def draw_bar() -> DrawBar:
    return bar
