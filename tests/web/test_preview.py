"""The rough picture of a large photo, against what is known of the photo by hand."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.web.conftest import Running, wait_until

from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.images import ImageSource, array_source, open_image, write_image
from crackgauge.web import preview
from crackgauge.web.preview import Preview, blurred, draft_of


class Counted(ImageSource):
    """An image in pieces that notes what is read of it; some pieces are damaged."""

    def __init__(self, image: Any, piece: tuple[int, int], damaged: tuple[int, ...] = ()) -> None:
        self.path = None
        self.height, self.width = image.shape[:2]
        self.piece = piece
        self.image = image
        self.read_px = 0
        self.windows: list[Window] = []
        self.damaged = damaged

    def _read(self, window: Window) -> Any:
        self.windows.append(window)
        self.read_px += window.height * window.width
        if len(self.windows) in self.damaged:
            raise InputRefused("a.tif", "corrupt", "damaged")
        return self.image[window.slices]


def ramp(height: int, width: int) -> Any:
    """Brighter to the right and, half as much, downwards."""
    rows, cols = np.mgrid[:height, :width]
    return np.repeat((cols * 160 / width + rows * 80 / height)[:, :, None], 3, 2).astype(np.uint8)


@pytest.mark.parametrize(
    "piece", [(64, 64), (100, 60), (1, 1500), (8, 1500), (900, 4), (900, 1500)]
)
def test_a_smooth_photo_is_known_from_few_pieces(
    piece: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preview, "_DECODED_PX", 300_000)
    source = Counted(ramp(900, 1500), piece)
    got = blurred(source).astype(float)
    assert got.shape == (math.ceil(900 / 16), math.ceil(1500 / 16), 3)
    assert source.read_px <= max(300_000, piece[0] * piece[1])
    expected = ramp(57, 94).astype(float)
    # Within a piece or two of the edge the next mean stands for what is beyond it.
    error = np.abs(got - expected).mean()
    assert error < 10


def test_along_a_strip_everything_is_seen():
    """A bright column of 16 px lies in each strip of the whole width."""
    image = np.zeros((400, 640, 3), np.uint8)
    image[:, 160:176] = 200
    got = blurred(Counted(image, (1, 640)))
    assert (got[:, 10] == 200).all()
    assert not got[:, :10].any()
    assert not got[:, 11:].any()


def test_pieces_are_as_far_apart_as_the_bounds_ask(monkeypatch: pytest.MonkeyPatch):
    """Of 10 x 10 pieces of 100 px, 25 may be read: every second, in both directions."""
    monkeypatch.setattr(preview, "_DECODED_PX", 25 * 100)
    source = Counted(ramp(100, 100), (10, 10))
    blurred(source)
    assert len(source.windows) == 25
    assert {window.row for window in source.windows} == {10, 30, 50, 70, 90}
    assert {window.col for window in source.windows} == {10, 30, 50, 70, 90}


def test_one_damaged_piece_hides_no_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preview, "_DECODED_PX", 25 * 100)
    image = np.full((100, 100, 3), 90, np.uint8)
    got = blurred(Counted(image, (10, 10), damaged=(1,)))
    assert got[3:, 3:].min() == 90
    with pytest.raises(InputRefused):
        blurred(Counted(image, (10, 10), damaged=tuple(range(1, 26))))


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        ({"tile": (64, 48), "compression": "deflate"}, (64, 48)),
        ({"tile": (64, 48)}, (64, 48)),
        ({"rowsperstrip": 8, "compression": "deflate"}, (8, 300)),
        ({"rowsperstrip": 500, "compression": "deflate"}, (200, 300)),
        ({"rowsperstrip": 8}, (1, 300)),
        ({"rowsperstrip": 8, "compression": "deflate", "turned": 6}, (300, 8)),
    ],
)
def test_the_pieces_of_a_tiff(options: dict[str, Any], piece: tuple[int, int], tmp_path: Path):
    turned = options.pop("turned", 1)
    image = ramp(200, 300)
    tag = (274, "H", 1, turned, True)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", extratags=[tag], **options)
    with open_image(tmp_path / "a.tif") as source:
        assert source.piece == piece
        expected = image if turned == 1 else np.rot90(image, -1)
        whole = blurred(array_source(np.ascontiguousarray(expected)))
        assert np.abs(blurred(source).astype(int) - whole).max() <= 12


def test_the_draft_replaces_what_is_blurred(tmp_path: Path):
    shown = Preview(Counted(np.full((160, 160, 3), 90, np.uint8), (160, 160)), tmp_path / "d.png")
    assert (shown.pyramid().copies[0].read(Window(0, 0, 10, 10)) == 90).all()
    for rows in (4, 7):
        write_image(tmp_path / "d.png", np.full((rows, 10, 3), 30, np.uint8))
        got = shown.pyramid().copies[0].read(Window(0, 0, 10, 10))
        assert (got[:rows] == 30).all()
        assert (got[rows:] == 90).all()
    assert shown.pyramid().copies[0].factor == 16


def test_a_draft_that_goes_is_not_missed(tmp_path: Path):
    """It is removed when the small copy is made, also between a look at it and reading it."""
    shown = Preview(Counted(np.full((160, 160, 3), 90, np.uint8), (160, 160)), tmp_path / "d.png")
    (tmp_path / "d.png").write_bytes(b"")  # there for whoever looks, not for whoever reads
    assert (shown.pyramid().copies[0].read(Window(0, 0, 10, 10)) == 90).all()


def test_a_large_photo_is_seen_before_it_was_read(served: Running, tmp_path: Path):
    """Its worker is held: there is no small copy; then it goes on."""

    wait_until(lambda: None not in served.get("/api/health").json["workers"], 30)
    (worker,) = served.get("/api/health").json["workers"]
    os.kill(worker, signal.SIGSTOP)
    try:
        columns = np.arange(8192, dtype=np.uint8) // 128 * 2
        image = np.broadcast_to(columns, (8192, 8192))
        tifffile.imwrite(tmp_path / "a.tif", image, tile=(256, 256), compression="deflate")
        made = served.upload((tmp_path / "a.tif").read_bytes(), name="large.tif").json
        tile = f"/api/images/{made['id']}/tiles/8/0/0"
        waiting = served.get(tile)
        assert (waiting.status, waiting.json["reason"]) == (503, "busy")
        rough = served.get(f"{tile}?rough=true")
        assert rough.status == 200
        assert rough.headers["crackgauge-rough"] == "true"
        assert rough.headers["cache-control"] == "no-store"
        small = served.get(f"/api/images/{made['id']}/thumbnail")
        assert small.headers["crackgauge-rough"] == "true"
    finally:
        os.kill(worker, signal.SIGCONT)
    served.wait_for_all()
    for address in (f"{tile}?rough=true", tile, f"/api/images/{made['id']}/thumbnail"):
        sharp = served.get(address)
        assert sharp.status == 200
        assert "crackgauge-rough" not in sharp.headers
        assert "no-store" not in sharp.headers["cache-control"]
    assert draft_of(tmp_path / "coarse-1.png").name == "coarse-1.draft.png"
