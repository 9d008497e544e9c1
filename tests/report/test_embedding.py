from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from crackgauge.images import write_image
from crackgauge.report.embedding import as_data_uri, embed

START = "data:image/jpeg;base64,"


def test_a_picture_is_scaled_down_and_stays_itself(tmp_path):
    image = np.zeros((80, 160, 3), dtype=np.uint8)
    image[:, 80:] = 200
    write_image(tmp_path / "a.png", image)
    uri = embed(tmp_path / "a.png", longest_px=40)
    assert uri.startswith(START)
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix(START)))))
    assert decoded.shape == (20, 40, 3)
    assert (decoded[:, :16] < 20).all()
    assert (abs(decoded[:, 24:].astype(int) - 200) < 20).all()
    assert embed(tmp_path / "a.png", longest_px=160) == as_data_uri(image)


def test_no_picture_is_an_empty_text(tmp_path):
    (tmp_path / "empty.jpg").touch()
    for path in (None, tmp_path / "gone.jpg", tmp_path / "empty.jpg", tmp_path):
        assert embed(path, longest_px=40) == ""
