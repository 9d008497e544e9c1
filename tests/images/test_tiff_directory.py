from __future__ import annotations

import struct

import pytest
import tifffile

from crackgauge.errors import InputRefused
from crackgauge.images import read_image


def test_a_cut_within_a_tag_is_not_decoded_with_its_default(rgb, write):
    # Pillow writes BitsPerSample last: without it tifffile would take 1 bit.
    path = write("i.tif", rgb, "TIFF", compression="tiff_lzw")
    content = path.read_bytes()
    for missing in (1, 3, 6):
        path.write_bytes(content[:-missing])
        with pytest.raises(InputRefused) as caught:
            read_image(path)
        assert caught.value.reason == "truncated"


def test_a_tag_of_an_unknown_type_is_not_replaced_by_its_default(rgb, write_tiff):
    path = write_tiff("i.tif", rgb, photometric="rgb", planarconfig="contig")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages.first.tags[258].offset
    content = bytearray(path.read_bytes())
    content[offset + 2 : offset + 4] = struct.pack("<H", 99)
    path.write_bytes(content)
    with pytest.raises(InputRefused) as caught:
        read_image(path)
    assert caught.value.reason == "corrupt"
