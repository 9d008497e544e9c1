"""Tiles from whole images and from large TIFFs, against plain means and maxima."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from crackgauge.arrays import Window
from crackgauge.images import write_probability
from crackgauge.web import pyramid
from crackgauge.web.drawing import COARSE_FACTOR, describe, make_coarse
from crackgauge.web.overviews import overview_offsets
from crackgauge.web.pyramid import largest_of, mean_of, open_probability, open_pyramid
from crackgauge.web.refusals import Refused
from crackgauge.web.tiles import level_of, top_level

HEIGHT, WIDTH = 300, 515


@pytest.fixture(scope="module")
def image() -> Any:
    """Smooth, so that means of means are near means."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([rows % 256, cols // 3, (rows + cols) // 4], axis=2).astype(np.uint8)


def whole_level(opened: pyramid.Pyramid, factor: int) -> Any:
    number = top_level(HEIGHT, WIDTH) - factor.bit_length() + 1
    level = level_of(HEIGHT, WIDTH, number)
    assert level.factor == factor
    return opened.cut(Window(0, 0, level.height, level.width), level)


def plain_means(image: Any, factor: int) -> Any:
    """Means over squares, the last rows and columns repeated to whole squares."""
    pad = [(0, -image.shape[0] % factor), (0, -image.shape[1] % factor), (0, 0)]
    padded = np.pad(image, pad, mode="edge").astype(float)
    height, width = padded.shape[0] // factor, padded.shape[1] // factor
    return padded.reshape(height, factor, width, factor, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("factor", [1, 2, 4, 16])
def test_a_photo_at_each_level(image: Any, factor: int, tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", image)
    got = whole_level(open_pyramid(tmp_path / "a.tif", None), factor)
    expected = plain_means(image, factor)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= 2


@pytest.mark.parametrize("subifds", [False, True])
def test_a_large_tiff_is_read_from_its_smaller_copies(
    image: Any, subifds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The copies are marked by their brightness: which level was read is seen at once."""
    monkeypatch.setattr(pyramid, "WHOLE_PX", 0)
    path, options = tmp_path / "a.tif", {"tile": (64, 64), "compression": "deflate"}
    copies = [plain_means(image, 4).astype(np.uint8) // 2 + 100, None]
    with tifffile.TiffWriter(path) as tif:
        tif.write(image, photometric="rgb", subifds=1 if subifds else None, **options)
        tif.write(copies[0], photometric="rgb", subfiletype=1, **options)
    assert len(overview_offsets(path, HEIGHT, WIDTH)) == 1
    opened = open_pyramid(path, None)
    assert [copy.factor for copy in opened.copies] == [1, 4]
    assert np.array_equal(whole_level(opened, 1), image)
    assert np.abs(whole_level(opened, 2) - plain_means(image, 2)).max() <= 1
    assert np.array_equal(whole_level(opened, 4), copies[0])
    assert np.abs(whole_level(opened, 8) - plain_means(copies[0], 2)).max() <= 1
    opened.close()


def test_other_pages_are_no_smaller_copies(image: Any, tmp_path: Path):
    """A thumbnail of another shape, and a picture that is not marked as a copy."""
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(image, photometric="rgb")
        tif.write(image[:50, :50], photometric="rgb", subfiletype=1)
        tif.write(image[::2, ::2])
    assert overview_offsets(path, HEIGHT, WIDTH) == []


def test_a_damaged_copy_is_left_aside(image: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its tiles are 0 px wide; the image itself is read."""
    monkeypatch.setattr(pyramid, "WHOLE_PX", 0)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(image, photometric="rgb", tile=(64, 64))
        tif.write(image[::2, ::2], photometric="rgb", tile=(64, 64), subfiletype=1)
    with tifffile.TiffFile(path) as written:
        place = written.pages[1].tags["TileWidth"].valueoffset
    with path.open("rb+") as stream:
        stream.seek(place)
        stream.write(b"\0\0")
    opened = open_pyramid(path, None)
    assert [copy.factor for copy in opened.copies] == [1]
    assert np.array_equal(whole_level(opened, 1), image)
    opened.close()


def test_coarse_levels_wait_for_the_small_copy(
    image: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pyramid, "WHOLE_PX", 0)
    monkeypatch.setattr(pyramid, "READ_AT_ONCE_PX", 100 * 100)
    path, coarse = tmp_path / "a.tif", tmp_path / "coarse.png"
    tifffile.imwrite(path, image, tile=(64, 64))
    assert describe({"photo": path, "most_px": 10**9})["coarse"]
    opened = open_pyramid(path, coarse)
    with pytest.raises(Refused) as refused:
        whole_level(opened, 16)
    assert refused.value.status == 503
    shares: list[float] = []
    make_coarse({"photo": path, "coarse": coarse}, shares.append)
    assert shares[-1] == 1.0
    again = open_pyramid(path, coarse)
    assert [copy.factor for copy in again.copies] == [1, COARSE_FACTOR]
    assert np.abs(whole_level(again, 16) - plain_means(image, 16)).max() <= 1
    assert np.abs(whole_level(again, 32) - plain_means(image, 32)).max() <= 3
    opened.close()
    again.close()


def test_a_thin_crack_is_seen_at_every_level(tmp_path: Path):
    """One px of probability 0.6 stays 153 = round(255 x 0.6) down to the last level."""
    probability = np.zeros((HEIGHT, WIDTH), np.float32)
    probability[123, 45] = 0.6
    for name in ("p.png", "p.tif"):
        write_probability(tmp_path / name, probability)
    for number in range(top_level(HEIGHT, WIDTH) + 1):
        factor = 1 << number
        opened = [open_probability(tmp_path / name, None) for name in ("p.png", "p.tif")]
        got, by_window = (whole_level(each, factor) for each in opened)
        assert got.max() == 153
        assert got[123 // factor, 45 // factor] == 153
        assert np.count_nonzero(got) == 1
        assert np.array_equal(by_window, got)
        for each in opened:
            each.close()


def test_reducing_by_hand():
    pixels = np.array([[0, 4, 9], [8, 4, 3]], np.uint8)
    assert mean_of(pixels, 2).tolist() == [[4, 6]]
    assert largest_of(pixels, 2).tolist() == [[8, 9]]
