"""A photo too large to be read at once: rough first, sharp when its small copy is made."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, wait_until

Open = Callable[..., Opened]
SIDE = 11264
# Of the brightness in the left upper part: tiles at the other edges are small enough to be exact.
SPREAD = """() => {
    const from = document.querySelector(".stage .photo canvas");
    const copy = new OffscreenCanvas(from.width, from.height).getContext("2d");
    copy.drawImage(from, 0, 0);
    const { data } = copy.getImageData(0, 0, from.width / 2, from.height / 2);
    let [count, sum, squares] = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) {
        if (!data[i + 3]) continue;
        count += 1;
        sum += data[i];
        squares += data[i] ** 2;
    }
    return Math.sqrt(squares / count - (sum / count) ** 2);
}"""


def test_a_large_photo_is_rough_and_gets_sharp(walls: Running, tmp_path: Path, open_page: Open):
    """Black and white stripes of half a tile: grey as long as only means of tiles are known."""
    stripes = (np.arange(SIDE) // 256 % 2 * 255).astype(np.uint8)
    image = np.broadcast_to(stripes, (SIDE, SIDE))
    path = tmp_path / "stripes.tif"
    tifffile.imwrite(path, image, tile=(512, 512), compression="deflate")
    wait_until(lambda: None not in walls.get("/api/health").json["workers"], 30)
    (worker,) = walls.get("/api/health").json["workers"]
    os.kill(worker, signal.SIGSTOP)  # which makes the small copy
    try:
        photo = walls.upload(path.read_bytes(), name="stripes.tif").json["id"]
        # On so small a screen only levels are drawn that need the small copy.
        opened = open_page(walls, place=f"#photo={photo}", viewport={"width": 900, "height": 420})
        opened.wait_for_photo()
        assert opened.page.evaluate(SPREAD) < 30
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: opened.page.evaluate(SPREAD) > 90, 60)
    thumbnail = opened.photo("stripes.tif").locator("img[src$='prepared']")
    thumbnail.wait_for()
