from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.measure import assemble, join, measure, measure_part


def scene() -> np.ndarray:
    """Cracks in the left and in the right half, one of them with a branch."""
    mask = np.zeros((100, 200), dtype=bool)
    mask[60:64, 10:90] = True
    mask[20:60, 40:43] = True
    mask[10:13, 5:60] = True
    mask[30:80, 150:155] = True
    mask[5:8, 120:190] = True
    return mask


def test_parts_that_no_crack_crosses_give_what_the_whole_gives():
    mask = scene()
    windows = (Window(0, 100, 100, 100), Window(0, 0, 100, 100))
    parts = [measure_part(mask[w.slices], window=w) for w in windows]
    whole = measure(mask, mm_per_px=0.2, image="ortho.tif")
    put_together = assemble(parts, height=100, width=200, mm_per_px=0.2, image="ortho.tif")
    for name in ("images", "cracks", "branches"):
        pd.testing.assert_frame_equal(getattr(put_together, name), getattr(whole, name))


def test_no_part_is_an_image_without_cracks():
    survey = assemble([], height=3, width=4, image="ortho.tif")
    assert survey.images[["image", "height_px", "crack_count"]].iloc[0].tolist() == [
        "ortho.tif",
        3,
        0,
    ]
    assert len(survey.cracks) == 0


def test_images_are_joined_in_the_order_of_their_names():
    empty = measure(np.zeros((9, 9), dtype=bool), image="a.jpg")
    survey = join([measure(scene(), image="b.jpg"), empty])
    assert survey.images["image"].tolist() == ["a.jpg", "b.jpg"]
    assert survey.cracks["image"].tolist() == ["b.jpg"] * 4
    assert len(join([]).images) == 0


def test_a_scale_that_is_none_is_refused():
    with pytest.raises(UsageError, match="mm_per_px"):
        assemble([], height=3, width=4, mm_per_px=0)
