from __future__ import annotations

import itertools
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image

from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.images import image_size, open_image, read_image, read_mask
from crackgauge.images.orientation import turn_upright
from crackgauge.images.tiff import TiffReader

LAYOUTS = {"one strip": {}, "strips": {"rowsperstrip": 7}, "tiles": {"tile": (16, 32)}}
WINDOWS = [Window(0, 0, 40, 56), Window(3, 5, 1, 1), Window(9, 15, 20, 33), Window(39, 55, 1, 1)]


def reason(path) -> str:
    with pytest.raises(InputRefused) as caught:
        read_image(path)
    return caught.value.reason


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits", "zstd"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_layouts_and_compressions_by_window(rgb, write_tiff, layout, compression, bigtiff):
    path = write_tiff(
        "i.tif",
        rgb,
        photometric="rgb",
        compression=compression,
        predictor=compression in ("zlib", "lzw") or None,
        bigtiff=bigtiff,
        **LAYOUTS[layout],
    )
    assert np.array_equal(read_image(path), rgb)
    with open_image(path) as source:
        for window in WINDOWS:
            assert np.array_equal(source.read(window), rgb[window.slices])


@pytest.mark.parametrize(
    ("dtype", "byteorder", "layout"),
    list(itertools.product(["u1", "u2", "f4"], ["<", ">"], LAYOUTS)),
)
def test_depths_and_byte_orders(write_tiff, dtype, byteorder, layout):
    generator = np.random.default_rng(5)
    top = {"u1": 255, "u2": 65535, "f4": 1}[dtype]
    values = (generator.random((40, 56)) * top).astype(dtype)
    path = write_tiff("i.tif", values, byteorder=byteorder, **LAYOUTS[layout])
    expected = np.rint(values.astype(np.float64) * 255 / top).astype(np.uint8)
    assert np.array_equal(read_image(path)[..., 1], expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_orientation_by_window(rgb, write_tiff, orientation, layout):
    path = write_tiff("i.tif", rgb, photometric="rgb", orientation=orientation, **LAYOUTS[layout])
    upright = turn_upright(rgb, orientation)
    height, width = image_size(path)
    assert (height, width) == upright.shape[:2]
    with open_image(path) as source:
        window = Window(2, 3, height - 7, width - 4)
        assert np.array_equal(source.read(window), upright[window.slices])


def test_planes_of_their_own(rgb, write_tiff):
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1))
    for compression in (None, "zlib"):
        path = write_tiff(
            "i.tif", planes, photometric="rgb", planarconfig="separate", compression=compression
        )
        assert np.array_equal(read_image(path), rgb)


def test_alpha_is_ignored(rgb, write_tiff):
    rgba = np.dstack([rgb, np.zeros((40, 56), np.uint8)])
    path = write_tiff("i.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    assert np.array_equal(read_image(path), rgb)


def test_white_is_zero_is_turned(write, write_tiff):
    path = write_tiff("i.tif", np.array([[0, 255]], np.uint8), photometric="miniswhite")
    assert read_image(path)[0, :, 0].tolist() == [255, 0]
    fax = write("fax.tif", np.array([[True, False]]), "TIFF", compression="group4")
    assert read_mask(fax).mask.tolist() == [[True, False]]


def test_palette(rgb, write):
    image = Image.fromarray(rgb).quantize(16)
    path = write("i.tif", image, "TIFF")
    assert np.array_equal(read_image(path), np.asarray(image.convert("RGB")))


def test_jpeg_in_tiff(rgb, write):
    path = write("i.tif", rgb, "TIFF", compression="jpeg", quality=95)
    assert np.abs(read_image(path).astype(int) - rgb).mean() < 2


def test_a_cut_tiff_is_truncated_whether_its_directory_or_its_pixels_are_gone(rgb, write_tiff):
    for options in ({"tile": (16, 16), "compression": "zlib"}, {}):
        path = write_tiff("i.tif", rgb, photometric="rgb", **options)
        path.write_bytes(path.read_bytes()[:-600])
        assert reason(path) == "truncated"
    content = bytearray(path.read_bytes())
    content[4:8] = struct.pack("<I", 10**6)
    path.write_bytes(content)
    assert reason(path) == "truncated"


def test_a_damaged_tile_is_refused_and_the_others_are_read(rgb, write_tiff):
    path = write_tiff("i.tif", rgb, photometric="rgb", tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages.first.dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 20] = bytes(20)
    path.write_bytes(content)
    assert reason(path) == "corrupt"
    with open_image(path) as source:
        assert np.array_equal(source.read(Window(20, 20, 5, 5)), rgb[20:25, 20:25])
        with pytest.raises(InputRefused):
            source.read(Window(0, 0, 5, 5))


def test_previews_beside_the_picture_are_fine_and_other_pictures_are_not(rgb, tmp_path):
    path = tmp_path / "i.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(rgb, photometric="rgb", metadata=None)
        writer.write(rgb[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    assert np.array_equal(read_image(path), rgb)
    with tifffile.TiffWriter(path) as writer:
        writer.write(rgb, photometric="rgb", metadata=None)
        writer.write(rgb, photometric="rgb", metadata=None)
    assert reason(path) == "unsupported"


def test_raw_files_are_not_read_as_their_preview(rgb, tmp_path, write_tiff):
    dng = tmp_path / "photo.dng"
    tifffile.imwrite(
        dng, rgb, photometric="rgb", metadata=None, extratags=[(50706, "B", 4, (1, 4, 0, 0), True)]
    )
    preview = write_tiff("photo.nef", rgb, photometric="rgb", subfiletype=1)
    for path in (dng, preview):
        with pytest.raises(InputRefused, match="darktable-cli"):
            read_image(path)


@pytest.mark.parametrize("dtype", ["i2", "u4", "c8"])
def test_other_types_are_refused(write_tiff, dtype):
    assert reason(write_tiff("i.tif", np.ones((4, 4), dtype))) == "bad-encoding"


def test_bands_without_names_are_refused(write_tiff):
    values = np.ones((8, 8, 5), np.uint8)
    path = write_tiff("i.tif", values, photometric="minisblack", planarconfig="contig")
    assert reason(path) == "bad-encoding"


def test_the_cache_is_bounded(rgb, write_tiff):
    path = write_tiff("i.tif", rgb, photometric="rgb", tile=(16, 16), compression="zlib")
    tile_bytes = 16 * 16 * 3
    with TiffReader(path, cache_bytes=3 * tile_bytes) as reader:
        for _ in range(2):
            pixels = reader.read(Window(0, 0, 40, 56))
            assert np.array_equal(pixels.values, rgb)
        assert reader.cached_bytes == 3 * tile_bytes


def test_a_huge_tiff_is_read_by_window_and_never_whole(tmp_path):
    """300 megapixels in one strip (a sparse file): more than may be read whole."""
    path = tmp_path / "huge.tif"
    side = 17_320
    image = tifffile.memmap(path, shape=(side, side), dtype=np.uint8, bigtiff=True)
    image[12_345, 4_000:4_010] = 77
    image.flush()
    with open_image(path) as source:
        window = source.read(Window(12_344, 3_999, 3, 5))
        assert window[:, :, 0].tolist() == [[0] * 5, [0, 77, 77, 77, 77], [0] * 5]
    assert reason(path) == "too-large"


def test_a_huge_compressed_strip_is_refused_with_advice(tmp_path):
    path = tmp_path / "huge.tif"
    tifffile.imwrite(
        path,
        iter([b"x"]),
        shape=(20_000, 20_000),
        dtype=np.uint8,
        compression="zlib",
        rowsperstrip=20_000,
        metadata=None,
    )
    with pytest.raises(InputRefused, match="gdal_translate"):
        open_image(path)


def test_threads_may_share_a_reader(rgb, write_tiff):
    path = write_tiff("i.tif", rgb, photometric="rgb", tile=(16, 16), compression="zlib")
    windows = [Window(row, col, 9, 9) for row in range(0, 31, 3) for col in range(0, 47, 3)]
    with open_image(path, cache_bytes=2000) as source, ThreadPoolExecutor(4) as pool:
        for window, pixels in zip(windows, pool.map(source.read, windows), strict=True):
            assert np.array_equal(pixels, rgb[window.slices])
