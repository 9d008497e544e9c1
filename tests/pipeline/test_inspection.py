from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image as PillowImage

from crackgauge.errors import UsageError
from crackgauge.images import read_image, read_mask
from crackgauge.inference.predictor import Predictor
from crackgauge.measure import measure
from crackgauge.pipeline import ProgressEvent, inspect

Photos = Callable[..., Path]


def tree(out: Path) -> dict[str, bytes]:
    """Every file of a run but the one that holds times."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "timings.csv"
    }


def test_a_folder_becomes_a_report(photos: Photos, predictor: Predictor, tmp_path: Path) -> None:
    source = photos(a=(15, 45), b=(30,), sound=())
    (source / "bad.jpg").write_bytes(b"")
    out = tmp_path / "out"
    summary = inspect(source, out, model=predictor, mm_per_px=0.5)
    assert (summary.done, summary.skipped, len(summary.set_aside)) == (3, 0, 1)
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "branches.csv",
        "cracks.csv",
        "images.csv",
        "masks",
        "overlays",
        "report.html",
        "run.json",
        "set_aside.csv",
        "survey.json",
        "timings.csv",
    ]
    images = pd.read_csv(out / "images.csv").set_index("image")
    assert images.index.tolist() == ["a.png", "b.png", "sound.png"]
    assert images["crack_count"].tolist() == [2, 1, 0]
    # Each crack is drawn 3 x 76 px, and found with three pixels more at either end.
    assert images["crack_area_px2"].tolist() == [468, 234, 0]
    assert images["crack_area_mm2"].tolist() == [117.0, 58.5, 0.0]
    cracks = pd.read_csv(out / "cracks.csv")
    assert cracks["image"].tolist() == ["a.png", "a.png", "b.png"]
    assert cracks["width_median_px"].tolist() == pytest.approx([3, 3, 3], abs=0.1)
    assert np.allclose(cracks["width_max_mm"], cracks["width_max_px"] / 2)
    assert cracks["length_px"].between(76, 79).all()
    assert (cracks["confidence"] > 0.9).all()


def test_masks_and_overlays(photos: Photos, predictor: Predictor, tmp_path: Path) -> None:
    source = photos(a=(30,))
    inspect(source, tmp_path / "out", model=predictor)
    mask = read_mask(tmp_path / "out/masks/a.png").mask
    overlay = read_image(tmp_path / "out/overlays/a.png").astype(int)
    photo = read_image(source / "a.png").astype(int)
    change = np.abs(overlay - photo).max(axis=2)
    assert mask.sum() == 234
    assert change[mask].mean() > 60
    assert change[:10].mean() < 5


def test_the_report_is_one_file_that_loads_nothing(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    (source / "bad.jpg").write_bytes(b"")
    inspect(source, tmp_path / "out", model=predictor, mm_per_px=0.5, threshold=0.7)
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "a.png" in page
    assert "bad.jpg" in page
    assert "data:image/jpeg;base64," in page
    assert "given by the user" in page
    assert "Apache-2.0" in page
    for outside in ("http://", "https://", "<script src", "<link ", str(tmp_path)):
        assert outside not in page


class _Interrupt:
    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, event: ProgressEvent) -> None:
        if event.status == "done":
            self.count -= 1
            if self.count == 0:
                raise KeyboardInterrupt


def test_a_stopped_run_ends_as_an_undisturbed_one(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,), b=(20, 40), c=(), d=(10,), e=(50,))
    inspect(source, tmp_path / "whole", model=predictor, mm_per_px=0.2)
    with pytest.raises(KeyboardInterrupt):
        inspect(source, tmp_path / "out", model=predictor, mm_per_px=0.2, progress=_Interrupt(2))
    assert not (tmp_path / "out/report.html").exists()
    summary = inspect(source, tmp_path / "out", model=predictor, mm_per_px=0.2)
    assert summary.skipped >= 2
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_another_scale_is_another_run(photos: Photos, predictor: Predictor, tmp_path: Path) -> None:
    source = photos(a=(30,))
    inspect(source, tmp_path / "out", model=predictor, mm_per_px=0.2)
    with pytest.raises(UsageError, match=r"mm_per_px was 0\.2 and is now 0\.3"):
        inspect(source, tmp_path / "out", model=predictor, mm_per_px=0.3)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_is_positive(predictor: Predictor, tmp_path: Path, scale: float) -> None:
    with pytest.raises(UsageError, match="expected a positive number"):
        inspect(tmp_path, tmp_path / "out", model=predictor, mm_per_px=scale)


def test_place_and_time_of_the_photo(predictor: Predictor, tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x8825] = {1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (8.0, 15.0, 0.0)}
    exif[0x8769] = {0x9003: "2024:05:06 07:08:09"}
    image = np.full((64, 96, 3), 180, np.uint8)
    (tmp_path / "photos").mkdir()
    PillowImage.fromarray(image).save(tmp_path / "photos/a.jpg", exif=exif)
    inspect(tmp_path / "photos", tmp_path / "out", model=predictor)
    (row,) = pd.read_csv(tmp_path / "out/images.csv").to_dict("records")
    assert (row["latitude_deg"], row["longitude_deg"]) == (47.5, 8.25)
    assert row["captured_at"] == "2024-05-06T07:08:09"


def test_a_big_image_is_measured_as_the_whole_would_be(
    predictor: Predictor, tmp_path: Path
) -> None:
    image = np.full((1100, 1300, 3), 180, np.uint8)
    image[500:503, 100:1200] = 60  # through three windows
    image[20:300, 700:703] = 60
    for step in range(600):  # diagonally over the corner of four windows
        image[724 + step // 2 : 727 + step // 2, 724 + step // 2] = 60
    (tmp_path / "photos").mkdir()
    tifffile.imwrite(tmp_path / "photos/big.tif", image, tile=(256, 256))
    inspect(tmp_path / "photos", tmp_path / "out", model=predictor, big_px=1_000_000, mm_per_px=0.1)
    probability = predictor.predict(image)
    expected = measure(probability >= 0.5, probability=probability, mm_per_px=0.1, image="big.tif")
    cracks = pd.read_csv(tmp_path / "out/cracks.csv")
    assert len(cracks) == len(expected.cracks) == 3
    compared = ["length_px", "area_px2", "bbox_left_px", "bbox_top_px", "area_mm2"]
    order = ["bbox_top_px", "bbox_left_px"]
    assert np.allclose(
        cracks.sort_values(order)[compared], expected.cracks.sort_values(order)[compared], rtol=1e-3
    )
    images = pd.read_csv(tmp_path / "out/images.csv")
    for column in ("crack_count", "crack_area_px2", "crack_length_px"):
        assert images[column][0] == pytest.approx(expected.images[column][0], rel=1e-3)
    # The probability of a huge image is stored to 1 / 255 while it is measured.
    for column in ("width_mean_px", "width_max_px"):
        assert images[column][0] == pytest.approx(expected.images[column][0], abs=0.02)
    assert np.allclose(
        cracks.sort_values(order)["confidence"],
        expected.cracks.sort_values(order)["confidence"],
        atol=1 / 255,
    )
    assert images["width_method"][0] == "probability"
    assert not (tmp_path / "out/.state/big.probability.tif").exists()
    stored = tifffile.imread(tmp_path / "out/masks/big.tif")
    assert int((stored > 0).sum()) == int(images["crack_area_px2"][0])
    assert cv2.imread(str(tmp_path / "out/overlays/big.png")) is not None


def test_same_names_in_two_folders_stay_apart(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    (source / "deeper").mkdir()
    cv2.imwrite(str(source / "deeper/a.png"), np.full((64, 96, 3), 180, np.uint8))
    cv2.imwrite(str(source / "a.jpg"), np.full((64, 96, 3), 180, np.uint8))
    inspect(source, tmp_path / "out", model=predictor)
    images = pd.read_csv(tmp_path / "out/images.csv").set_index("image")
    assert images["crack_count"].to_dict() == {"a.jpg": 0, "a.png": 1, "deeper/a.png": 0}
    assert read_mask(tmp_path / "out/masks/a_png.png").mask.any()
    assert not read_mask(tmp_path / "out/masks/a_jpg.png").mask.any()
    assert not read_mask(tmp_path / "out/masks/deeper/a.png").mask.any()


def test_what_made_the_results_is_written_down(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    inspect(photos(a=(30,)), tmp_path / "out", model=predictor)
    stored = json.loads((tmp_path / "out/run.json").read_text())
    assert stored["command"] == "inspect"
    assert stored["model"] == predictor.digest
    assert stored["threshold"] == 0.5
