from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import tifffile

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.images import (
    open_mask_writer,
    open_probability_writer,
    read_mask,
    read_probability,
)


def blocks(height: int, width: int, side: int = 512) -> Iterator[Window]:
    for row in range(0, height, side):
        for col in range(0, width, side):
            yield Window(row, col, min(side, height - row), min(side, width - col))


@pytest.mark.parametrize("side", [512, 1024])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (512, 512), (700, 1100), (1025, 513)])
def test_masks_by_block(tmp_path, height, width, side):
    mask = np.random.default_rng(6).random((height, width)) > 0.9
    path = tmp_path / "mask.tif"
    with open_mask_writer(path, height, width) as writer:
        for window in blocks(height, width, side):
            writer.write(window, mask[window.slices])
    assert np.array_equal(tifffile.imread(path), mask * np.uint8(255))
    assert np.array_equal(read_mask(path).mask, mask)
    with tifffile.TiffFile(path) as tif:
        assert tif.is_bigtiff
        assert tif.pages.first.tile == (512, 512)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mask.tif"]


@pytest.mark.parametrize(("dtype", "error"), [("float32", 0), ("uint16", 0.51 / 65535)])
def test_probabilities_by_block(tmp_path, dtype, error):
    probability = np.random.default_rng(7).random((600, 700), dtype=np.float32)
    with open_probability_writer(tmp_path / "p.tif", 600, 700, dtype=dtype) as writer:
        for window in blocks(600, 700):
            writer.write(window, probability[window.slices])
    assert tifffile.imread(tmp_path / "p.tif").dtype == dtype
    assert np.abs(read_probability(tmp_path / "p.tif") - probability).max() <= error


def test_blocks_that_never_came_are_zero(tmp_path):
    with open_mask_writer(tmp_path / "m.tif", 600, 600) as writer:
        writer.write(Window(512, 512, 88, 88), np.ones((88, 88), bool))
    mask = read_mask(tmp_path / "m.tif").mask
    assert mask[512:, 512:].all()
    assert mask.sum() == 88 * 88


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "m.tif"
    path.write_bytes(b"the old one")

    def fail_halfway() -> None:
        with open_mask_writer(path, 600, 600) as writer:
            writer.write(Window(0, 0, 512, 512), np.ones((512, 512), bool))
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()
    assert path.read_bytes() == b"the old one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.tif"]


@pytest.mark.parametrize(
    ("window", "shape", "dtype"),
    [
        (Window(0, 0, 500, 512), (500, 512), bool),
        (Window(0, 1, 512, 512), (512, 512), bool),
        (Window(0, 0, 512, 512), (512, 511), bool),
        (Window(512, 0, 512, 512), (512, 512), bool),
        (Window(0, 0, 512, 512), (512, 512), np.uint8),
    ],
)
def test_blocks_off_the_grid_are_wrong_use(tmp_path, window, shape, dtype):
    with (
        pytest.raises(UsageError),
        open_mask_writer(tmp_path / "m.tif", 600, 700) as writer,
    ):
        writer.write(window, np.zeros(shape, dtype))


def test_names_and_sizes(tmp_path):
    with pytest.raises(UsageError, match=r"\.tif"):
        open_mask_writer(tmp_path / "m.png", 10, 10)
    with pytest.raises(UsageError):
        open_mask_writer(tmp_path / "m.tif", 0, 10)
    with pytest.raises(UsageError):
        open_probability_writer(tmp_path / "m.tif", 5, 5, dtype="float64")
