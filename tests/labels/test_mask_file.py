"""Masks as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crackgauge.images import read_mask, write_mask
from crackgauge.labels import ImageLabels, MaskShape, Polyline, read_labels, write_labels
from crackgauge.labels.mask_file import write_mask_file

MASK = np.random.default_rng(0).random((600, 700)) < 0.3


def test_a_mask_is_one_shape(tmp_path: Path):
    write_mask(tmp_path / "a.png", MASK)
    found = read_labels(tmp_path / "a.png")
    assert found.format == "mask"
    assert found.images == (ImageLabels("a.png", 700, 600, (MaskShape.of(MASK, label="crack"),)),)


def test_an_empty_mask_is_an_image_without_shapes(tmp_path: Path):
    write_mask(tmp_path / "a.png", np.zeros((4, 5), np.bool_))
    assert read_labels(tmp_path / "a.png").images == (ImageLabels("a.png", 5, 4, ()),)


def test_all_shapes_become_one_mask(tmp_path: Path):
    shapes = (MaskShape.of(MASK, label="crack"), Polyline(((0.5, 0.5), (699.5, 0.5)), "joint"))
    image = ImageLabels("a.jpg", 700, 600, shapes)
    assert write_labels(tmp_path / "a.png", [image], to="mask") == {"line-to-curve": 1, "merged": 2}
    found = read_mask(tmp_path / "a.png").mask
    assert found[0].all()
    assert np.array_equal(found[1:], MASK[1:])


def test_a_large_mask_is_a_tiled_tiff(tmp_path: Path):
    image = ImageLabels("a.jpg", 700, 600, (MaskShape.of(MASK),))
    write_mask_file(tmp_path / "a.tif", image)
    assert (tmp_path / "a.tif").read_bytes()[:4] == b"II+\x00"
    assert np.array_equal(read_mask(tmp_path / "a.tif").mask, MASK)
