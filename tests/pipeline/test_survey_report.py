from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image as PillowImage
from tests.pipeline.conftest import draw_photo

from crackgauge.errors import InputRefused, UsageError
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import inspect
from crackgauge.pipeline.measurement import measure_files
from crackgauge.pipeline.survey_folder import read_survey_folder
from crackgauge.pipeline.survey_report import report_survey

Photos = Callable[..., Path]


@pytest.fixture
def survey(photos: Photos, predictor: Predictor, tmp_path: Path) -> Path:
    """Two photos with three cracks, one without, and one that cannot be read."""
    source = photos(a=(15, 45), b=(30,), sound=())
    (source / "bad.jpg").write_bytes(b"")
    inspect(source, tmp_path / "survey", model=predictor, mm_per_px=0.5)
    return tmp_path / "survey"


def test_the_report_made_anew_is_the_same(survey: Path, tmp_path: Path) -> None:
    summary = report_survey(survey, out=tmp_path / "again", formats="csv,html")
    assert summary.files == ["branches.csv", "cracks.csv", "images.csv", "report.html"]
    for name in summary.files:
        assert (tmp_path / "again" / name).read_bytes() == (survey / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == summary.files


def test_exports_need_neither_the_photos_nor_a_network(survey: Path, photos: Photos) -> None:
    for path in photos().iterdir():
        path.unlink()
    summary = report_survey(survey, formats="xlsx,geojson,dxf,coco")
    assert summary.files == [
        "coco.json",
        "dxf/a.dxf",
        "dxf/b.dxf",
        "geojson/a.geojson",
        "geojson/b.geojson",
        "survey.xlsx",
    ]
    assert len(json.loads((survey / "coco.json").read_text("utf-8"))["annotations"]) == 3
    sheet = openpyxl.load_workbook(survey / "survey.xlsx")["cracks"]
    assert sheet.max_row == 4
    again = read_survey_folder(survey)
    assert set(again.exports) == {*summary.files, "images.csv", "cracks.csv", "branches.csv"} | {
        "report.html"
    }
    assert [each.path for each in again.set_aside] == ["bad.jpg"]


def test_a_geotiff_keeps_its_place(predictor: Predictor, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    pyogrio = pytest.importorskip("pyogrio")
    (tmp_path / "photos").mkdir()
    transform = rasterio.Affine(0.01, 0, 500000, 0, -0.01, 5400000)
    options = {"count": 3, "dtype": "uint8", "crs": "EPSG:25832", "transform": transform}
    file = tmp_path / "photos/ortho.tif"
    with rasterio.open(file, "w", driver="GTiff", width=96, height=64, **options) as dataset:
        dataset.write(draw_photo(64, 96, 30).transpose(2, 0, 1))
    out = tmp_path / "out"
    inspect(tmp_path / "photos", out, model=predictor, mm_per_px=10, formats="geojson,gpkg,geotiff")
    west, south, east, north = pyogrio.read_info(out / "survey.gpkg", layer="branches")[
        "total_bounds"
    ]
    assert (west, east) == pytest.approx((500000.10, 500000.86), abs=0.04)
    assert (south + north) / 2 == pytest.approx(5400000 - 0.305, abs=0.01)
    assert pyogrio.read_info(out / "branches.geojson")["total_bounds"][0] == pytest.approx(
        9, abs=1e-4
    )
    with rasterio.open(out / "geotiff/ortho.tif") as dataset:
        assert dataset.transform == transform
        found = dataset.read(1)
    with PillowImage.open(out / "masks/ortho.png") as mask:
        assert (found == np.asarray(mask)).all()


def test_photos_of_a_drone_are_points(predictor: Predictor, tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x8825] = {1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (8.0, 15.0, 0.0)}
    (tmp_path / "photos").mkdir()
    PillowImage.fromarray(draw_photo(64, 96, 30)).save(tmp_path / "photos/a.jpg", exif=exif)
    inspect(tmp_path / "photos", tmp_path / "out", model=predictor, formats="geojson")
    tree = json.loads((tmp_path / "out/photos.geojson").read_text("utf-8"))
    assert tree["features"][0]["geometry"]["coordinates"] == [8.25, 47.5]
    assert tree["features"][0]["properties"]["crack_count"] == 1


def test_no_survey_is_refused_and_says_what_is_expected(tmp_path: Path, survey: Path) -> None:
    with pytest.raises(UsageError, match="does not exist, expected a folder"):
        report_survey(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file, expected a folder"):
        report_survey(tmp_path / "file")
    with pytest.raises(UsageError, match=r"holds no survey\.json"):
        report_survey(tmp_path)
    with pytest.raises(UsageError, match="choose another --out"):
        report_survey(survey, out=tmp_path / "file")


@pytest.mark.parametrize("damage", ["{", "[]", '{"images": ["a.png"]}', ""])
def test_a_damaged_survey_is_refused(survey: Path, damage: str) -> None:
    (survey / "survey.json").write_text(damage)
    with pytest.raises(UsageError, match="is damaged or was written by another version"):
        report_survey(survey)


def test_a_missing_record_is_refused(survey: Path) -> None:
    (survey / ".state/a.json").unlink()
    with pytest.raises(UsageError, match="damaged"):
        report_survey(survey)


def test_a_mask_that_is_gone_is_named(survey: Path) -> None:
    (survey / "masks/b.png").unlink()
    with pytest.raises(InputRefused, match="is not there any more"):
        report_survey(survey, formats="coco")
    assert report_survey(survey, formats="csv").files[0] == "branches.csv"


def test_no_image_has_a_place(survey: Path) -> None:
    with pytest.raises(UsageError, match="none of the 3 images"):
        report_survey(survey, formats="geotiff,csv")


def test_exports_of_an_earlier_state_are_removed(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    inspect(photos(a=(30,), b=(20,)), out, model=predictor, formats="csv,dxf")
    report_survey(out, formats="xlsx")
    assert (out / "dxf/b.dxf").is_file()
    inspect(photos(a=(30,), b=(20,), c=(40,)), out, model=predictor, formats="csv")
    assert not (out / "survey.xlsx").exists()
    assert not list(out.glob("dxf/*"))
    inspect(photos(), out, model=predictor, formats="geojson")
    inspect(photos(), out, model=predictor, formats="csv", threshold=0.6, overwrite=True)
    assert not (out / "geojson").exists()


def test_all_formats_of_a_survey_without_cracks(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    inspect(photos(sound=()), tmp_path / "out", model=predictor, formats="all")
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.html", "survey.xlsx", "coco.json"} <= found
    assert not {"dxf", "geojson", "geotiff"} & found
    assert len(pd.read_csv(tmp_path / "out/cracks.csv")) == 0


@pytest.mark.parametrize("given", ["mask", "dark mask", "probability"])
def test_masks_that_were_given_are_read_as_they_were_measured(tmp_path: Path, given: str) -> None:
    mask = np.zeros((64, 96), dtype=np.uint8)
    mask[20:25, 10:80] = 255
    mask[40:45, 10:80] = 100  # below the threshold of a probability
    options: dict[str, object] = {"probabilities": True, "threshold": 0.6}
    if given != "probability":
        mask[mask < 255] = 0
        options = {}
    if given == "dark mask":
        mask, options = 255 - mask, {"mask_rule": "below-half"}
    (tmp_path / "masks").mkdir()
    PillowImage.fromarray(mask).save(tmp_path / "masks/a.png")
    measure_files(tmp_path / "masks", tmp_path / "survey", formats="csv", **options)
    summary = report_survey(tmp_path / "survey", formats="coco,html,xlsx")
    assert summary.files == ["coco.json", "report.html", "survey.xlsx"]
    tree = json.loads((tmp_path / "survey/coco.json").read_text("utf-8"))
    assert [each["area"] for each in tree["annotations"]] == [350]
    assert "none: the masks were given" in (tmp_path / "survey/report.html").read_text("utf-8")
