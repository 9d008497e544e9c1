"""Stitching by window against stitching in an array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.stitching import stitched_windows

from crackgauge.errors import UsageError
from crackgauge.images import array_source
from crackgauge.inference.predictor import open_model
from crackgauge.inference.protocols import predict_stitched


@pytest.mark.parametrize("size", [(48, 64), (61, 50), (40, 33), (32, 32)])
def test_windows_are_the_stitched_image(contrast_model: Path, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    model = open_model(contrast_model, threads=1)
    out = np.full(size, np.nan, np.float32)
    seen = np.zeros(size, int)
    for window, block in stitched_windows(model, array_source(image), patch_px=32):
        assert (window.row % 32, window.col % 32) == (0, 0)
        out[window.slices] = block
        seen[window.slices] += 1
    assert (seen == 1).all()
    np.testing.assert_allclose(out, predict_stitched(model, image, patch_px=32), atol=1e-6)
    # The patches' borders show, so this is not what the whole image gives.
    assert size == (32, 32) or np.abs(out - model.predict(image)).max() > 1e-3


@pytest.mark.parametrize(("size", "patch_px"), [((31, 64), 32), ((64, 64), 12)])
def test_what_does_not_fit_is_refused(
    contrast_model: Path, size: tuple[int, int], patch_px: int
) -> None:
    source = array_source(np.zeros((*size, 3), np.uint8))
    with pytest.raises(UsageError, match=f"patches of {patch_px} px"):
        next(stitched_windows(open_model(contrast_model, threads=1), source, patch_px=patch_px))
