from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from crackgauge.errors import UsageError
from crackgauge.images import read_image
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import inspect
from crackgauge.pipeline.visits import compare
from crackgauge.report.change_overlay import STATUS_COLOURS

Crack = tuple[int, int, int, int]

KEPT: Crack = (60, 63, 40, 340)  # rows, columns
SHORT: Crack = (120, 123, 40, 140)
LONG: Crack = (120, 123, 40, 240)
GONE: Crack = (180, 183, 60, 200)
NEW: Crack = (240, 243, 60, 200)
# Turned by some degrees and shifted: the later camera stood elsewhere.
MOVED = np.array([[0.99, -0.06, 12.0], [0.06, 0.99, -8.0], [0.0, 0.0, 1.0]])


def wall(*cracks: Crack, seed: int = 1) -> np.ndarray:
    """A wall with faint stains, which features are found on, and dark cracks."""
    rng = np.random.default_rng(seed)
    stains = sum(cv2.GaussianBlur(rng.normal(size=(300, 400)), None, s) * s for s in (2, 4, 8))
    image = np.clip(165 + 9 * stains / stains.std(), 120, 210)
    for top, bottom, left, right in cracks:
        image[top:bottom, left:right] = 40
    return np.repeat(image.astype(np.uint8)[:, :, None], 3, axis=2)


def survey(
    folder: Path, predictor: Predictor, photos: dict[str, np.ndarray], **options: object
) -> Path:
    (folder / "photos").mkdir(parents=True)
    for name, image in photos.items():
        cv2.imwrite(str(folder / "photos" / name), image)
    inspect(folder / "photos", folder / "survey", model=predictor, **options)
    return folder / "survey"


def by_status(changes: pd.DataFrame) -> dict[str, pd.Series]:
    """The longest change of each status."""
    ranked = changes.assign(size=changes[["length_before_px", "length_after_px"]].max(axis=1))
    return {row["status"]: row for _, row in ranked.sort_values("size").iterrows()}


@pytest.fixture(scope="module")
def visits(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("visits")
    before = wall(KEPT, SHORT, GONE)
    after = cv2.warpAffine(wall(KEPT, LONG, NEW), MOVED[:2], (400, 300), borderMode=1)
    return (
        survey(folder / "a", predictor, {"deck.png": before}),
        survey(folder / "b", predictor, {"deck.png": after}),
    )


def test_another_view_of_a_place_that_changed(visits: tuple[Path, Path], tmp_path: Path) -> None:
    summary = compare(*visits, tmp_path / "out")
    assert (summary.pairs, summary.exit_code) == (1, 0)
    changes = pd.read_csv(tmp_path / "out/changes.csv", dtype={"cracks_before": str})
    found = by_status(changes)
    assert {"new", "grown", "unchanged", "gone"} <= set(found)
    assert found["grown"]["length_change_px"] == pytest.approx(100, abs=8)
    assert found["unchanged"]["length_before_px"] == pytest.approx(300, abs=10)
    assert found["new"]["length_after_px"] == pytest.approx(140, abs=8)
    assert found["gone"]["length_before_px"] == pytest.approx(140, abs=8)
    # The new crack lies in the middle of its place in the later image.
    place = MOVED @ (130, 241.5, 1)
    assert (found["new"]["x_px"], found["new"]["y_px"]) == pytest.approx(place[:2], abs=6)
    (pair,) = pd.read_csv(tmp_path / "out/pairs.csv").to_dict("records")
    assert pair["registration"] == "features"
    assert pair["inlier_count"] > 100
    assert pair["zoom_ratio"] == pytest.approx(0.992, abs=0.01)
    overlay = read_image(tmp_path / "out/overlays/deck.png")
    for status in ("new", "grown", "unchanged", "gone"):
        assert (overlay == STATUS_COLOURS[status]).all(axis=2).sum() > 100
    page = (tmp_path / "out/comparison.html").read_text("utf-8")
    assert "data:image/jpeg;base64," in page
    assert "http" not in page.replace("http-equiv", "")
    assert str(tmp_path) not in page


def test_again_gives_the_same_files(visits: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        compare(*visits, tmp_path / name)
    for name in ("changes.csv", "pairs.csv", "comparison.html", "overlays/deck.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_small_pictures_serve_where_the_photos_are_gone(
    visits: tuple[Path, Path], tmp_path: Path
) -> None:
    copies = [
        shutil.copytree(visit, tmp_path / name) for visit, name in zip(visits, "ab", strict=True)
    ]
    (tmp_path / "none").mkdir()
    nowhere = tmp_path / "none"
    summary = compare(*copies, tmp_path / "out", photos_before=nowhere, photos_after=nowhere)
    assert summary.counts["grown"] >= 1
    (pair,) = pd.read_csv(tmp_path / "out/pairs.csv").to_dict("records")
    assert "small pictures" in pair["note"]


def test_a_camera_that_did_not_move(predictor: Predictor, tmp_path: Path) -> None:
    a = survey(tmp_path / "a", predictor, {"x.png": wall(KEPT), "y.png": wall(GONE, seed=2)})
    b = survey(tmp_path / "b", predictor, {"x.png": wall(KEPT, NEW), "z.png": wall(seed=3)})
    summary = compare(a, b, tmp_path / "out", register_by="none")
    assert (summary.pairs, summary.exit_code) == (1, 3)
    assert {status: n for status, n in summary.counts.items() if n} == {"new": 1, "unchanged": 1}
    assert [(each.path, each.sentence) for each in summary.set_aside] == [
        ("y.png", "the later visit has no image of this name"),
        ("z.png", "the earlier visit has no image of this name"),
    ]
    assert len((tmp_path / "out/set_aside.csv").read_text().splitlines()) == 3


def test_scales_that_do_not_fit_are_pointed_out(predictor: Predictor, tmp_path: Path) -> None:
    photos = {"x.png": wall(KEPT)}
    a = survey(tmp_path / "a", predictor, photos, mm_per_px=0.5)
    b = survey(tmp_path / "b", predictor, photos, mm_per_px=0.4)
    compare(a, b, tmp_path / "out")
    (pair,) = pd.read_csv(tmp_path / "out/pairs.csv").to_dict("records")
    assert pair["scale_ratio"] == pytest.approx(1.25)
    assert "differ by 20 %" in pair["note"]


def test_the_map_lays_geotiffs_over_each_other(predictor: Predictor, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")

    def write(folder: Path, east: float, *cracks: Crack) -> Path:
        (folder / "photos").mkdir(parents=True)
        transform = rasterio.Affine(0.01, 0, east, 0, -0.01, 5400000)
        options = {"count": 3, "dtype": "uint8", "crs": "EPSG:25832", "transform": transform}
        with rasterio.open(
            folder / "photos/o.tif", "w", driver="GTiff", width=400, height=300, **options
        ) as dataset:
            image = np.full((3, 300, 400), 165, np.uint8)
            for top, bottom, left, right in cracks:
                image[:, top:bottom, left:right] = 40
            dataset.write(image)
        inspect(folder / "photos", folder / "survey", model=predictor)
        return folder / "survey"

    a = write(tmp_path / "a", 500000.0, (60, 63, 140, 340))
    b = write(tmp_path / "b", 500001.0, (60, 63, 40, 240))  # 1 m to the east: 100 px
    summary = compare(a, b, tmp_path / "out")
    assert summary.counts["unchanged"] == 1
    assert summary.changes["length_before_px"][0] == pytest.approx(200, abs=8)
    assert pd.read_csv(tmp_path / "out/pairs.csv")["registration"].tolist() == ["map"]


def test_what_cannot_be_compared_is_refused(
    visits: tuple[Path, Path], predictor: Predictor, tmp_path: Path
) -> None:
    other = survey(tmp_path / "c", predictor, {"deck.png": wall(KEPT, seed=9)[:280]})
    with pytest.raises(UsageError, match=r"no pair of images can be compared; only \d+ points"):
        compare(visits[0], other, tmp_path / "out")
    with pytest.raises(UsageError, match="400 x 300 and 400 x 280 px"):
        compare(visits[0], other, tmp_path / "out2", register_by="none")
    with pytest.raises(UsageError, match="the reference systems are none and none"):
        compare(visits[0], other, tmp_path / "out3", register_by="map")
    with pytest.raises(UsageError, match="register 'hand' is unknown; known: auto, none"):
        compare(*visits, tmp_path / "out4", register_by="hand")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"holds no survey\.json"):
        compare(visits[0], tmp_path, tmp_path / "out5")
    with pytest.raises(UsageError, match="is no folder"):
        compare(*visits, tmp_path / "out6", photos_after=tmp_path / "nothing")
    two = survey(tmp_path / "d", predictor, {"p.png": wall(KEPT), "q.png": wall(KEPT)})
    with pytest.raises(UsageError, match="no image of the same name"):
        compare(visits[0], two, tmp_path / "out7")
    with pytest.raises(UsageError, match=r"holds the results of another run|holds overlays"):
        compare(*visits, visits[0])
