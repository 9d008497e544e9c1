from __future__ import annotations

import contextlib

import numpy as np
import pytest
from pycocotools.coco import COCO
from tests.report.surveys import two_bars

from crackgauge.arrays import Window
from crackgauge.measure import measure
from crackgauge.report.coco import CocoImage, own_pixels, write_coco

# pycocotools was built for an older numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def image_of(name: str, mask: np.ndarray) -> CocoImage:
    survey = measure(mask, image=name)
    lines: dict[int, list[np.ndarray]] = {}
    for crack, line in survey.branches[["crack_id", "line_px"]].itertuples(index=False):
        lines.setdefault(crack, []).append(line)

    @contextlib.contextmanager
    def open_mask():
        yield lambda window: mask[window.slices]

    return CocoImage(name, *mask.shape, survey.cracks, lines, open_mask)


def test_pycocotools_loads_every_crack_with_its_pixels(tmp_path, capsys):
    # A ring around a bar: the bounding box of the one holds the other.
    mask = np.zeros((100, 120), dtype=bool)
    mask[10:90, 10:110] = True
    mask[15:85, 15:105] = False
    mask[40:44, 30:90] = True
    write_coco(tmp_path / "coco.json", [image_of("a.png", two_bars()), image_of("b.png", mask)])
    coco = COCO(str(tmp_path / "coco.json"))
    assert "index created" in capsys.readouterr().out
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == ["a.png", "b.png"]
    assert coco.loadCats(1)[0]["name"] == "crack"
    for image_id, drawn in ((1, two_bars()), (2, mask)):
        found = [coco.annToMask(each).astype(bool) for each in coco.imgToAnns[image_id]]
        assert len(found) == 2
        assert not (found[0] & found[1]).any()
        assert ((found[0] | found[1]) == drawn).all()
    ring, bar = coco.imgToAnns[2]
    assert ring["bbox"] == [10, 10, 100, 80]
    assert bar["bbox"] == [30, 40, 60, 4]
    assert (ring["area"], bar["area"]) == (8000 - 70 * 90, 240)
    assert bar["attributes"]["crack_id"] == 2
    assert bar["attributes"]["length_px"] == pytest.approx(60, abs=1)
    assert bar["attributes"]["length_mm"] is None


def test_no_image_and_no_crack(tmp_path, capsys):
    write_coco(tmp_path / "none.json", [])
    assert COCO(str(tmp_path / "none.json")).getImgIds() == []
    write_coco(tmp_path / "clear.json", [image_of("a.png", np.zeros((5, 7), dtype=bool))])
    coco = COCO(str(tmp_path / "clear.json"))
    assert (coco.getImgIds(), coco.getAnnIds()) == ([1], [])
    capsys.readouterr()


def test_without_lines_all_pixels_in_the_box_are_the_crack():
    mask = two_bars()
    assert own_pixels(mask, Window(0, 0, 100, 120), []) is mask
