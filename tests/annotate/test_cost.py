from __future__ import annotations

import numpy as np
import pytest

from crackgauge.annotate import TraceSettings
from crackgauge.annotate.cost import tracing_cost

STRENGTH = np.linspace(0, 1, 96, dtype=np.float32).reshape(4, 3, 8)


@pytest.mark.parametrize("sharpness", [1.5, 1.0, 2.5])
def test_the_formula(sharpness: float):
    """1 / (1 + 200 V^p) in double precision, and V is left as it was."""
    before = STRENGTH.copy()
    expected = 1 / (1 + 200 * STRENGTH.astype(np.float64) ** sharpness)
    found = tracing_cost(STRENGTH, TraceSettings(sharpness=sharpness))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.array_equal(before, STRENGTH)


def test_probability_draws_and_what_is_forbidden_is_barred():
    probability = np.array([[1.0, 0.0, 0.5]] * 4, np.float32)
    forbidden = np.zeros((4, 3), bool)
    forbidden[0, 0] = True
    plain = tracing_cost(STRENGTH, TraceSettings())
    found = tracing_cost(STRENGTH, TraceSettings(), probability=probability, forbidden=forbidden)
    assert np.isinf(found[:2, :2]).all()  # widened by a pixel
    np.testing.assert_allclose(found[3, 0], plain[3, 0] * 0.1, rtol=1e-5)
    np.testing.assert_allclose(found[:, 2], plain[:, 2] * 0.55, rtol=1e-6)
