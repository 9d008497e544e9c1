from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import InputRefused
from crackgauge.images import read_image

OPTIONS = [{}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 1}]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("grey", [False, True])
def test_a_cut_jpeg_that_was_closed_with_an_end_marker_is_refused(write, options, grey):
    pixels = np.random.default_rng(8).integers(0, 256, (96, 112, 3), dtype=np.uint8)
    path = write("i.jpg", pixels[..., 0] if grey else pixels, "JPEG", quality=85, **options)
    content = path.read_bytes()
    for share in (0.6, 0.8, 0.9):
        for end in (b"\xff\xd9", b"\xff\xff\xd9"):
            path.write_bytes(content[: int(share * len(content))] + end)
            with pytest.raises(InputRefused) as caught:
                read_image(path)
            assert caught.value.reason == "truncated"


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_whole_jpeg_with_a_mid_grey_corner_is_read(write, options, progressive):
    pixels = np.full((96, 112, 3), 128, np.uint8)
    pixels[:40] = 10
    path = write("i.jpg", pixels, "JPEG", quality=90, progressive=progressive, **options)
    assert read_image(path)[-1, -1].tolist() == [128, 128, 128]
