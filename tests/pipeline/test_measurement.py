from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from benchmarks.rendered_markers import photograph

import crackgauge
from crackgauge.errors import UsageError
from crackgauge.images import open_mask_writer, write_mask, write_probability
from crackgauge.measure import Settings, load_standard, measure, read_region
from crackgauge.pipeline import measure_files
from crackgauge.pipeline.scaling import ScaleRule


def drawn(*rows: int, height: int = 80, width: int = 160) -> np.ndarray:
    """Cracks of 120 x 4 px in these rows."""
    mask = np.zeros((height, width), dtype=bool)
    for row in rows:
        mask[row : row + 4, 20:140] = True
    return mask


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    write_mask(folder / "a.png", drawn(20))
    write_mask(folder / "day2/b.png", drawn(20, 50))
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_masks_become_tables_and_a_report(masks, tmp_path):
    summary = measure_files(masks, tmp_path / "out", mm_per_px=0.5)
    assert (summary.done, summary.exit_code) == (2, 0)
    cracks = rows_of(tmp_path / "out/cracks.csv")
    assert [row["image"] for row in cracks] == ["a.png", "day2/b.png", "day2/b.png"]
    assert [float(row["length_mm"]) for row in cracks] == pytest.approx([60] * 3)
    assert {row["width_method"] for row in cracks} == {"mask"}
    assert {row["scale_source"] for row in rows_of(tmp_path / "out/images.csv")} == {"given"}
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "0.5 mm per pixel" in page


def test_the_tables_are_those_of_the_array(masks, tmp_path):
    settings = Settings(standard=load_standard("aci-224r"), direction_deg=0)
    measure_files(masks, tmp_path / "out", mm_per_px=0.11, settings=settings)
    alone = measure(
        drawn(20), mm_per_px=0.11, standard="aci-224r", direction_deg=0, image="a.png"
    ).cracks.iloc[0]
    row = rows_of(tmp_path / "out/cracks.csv")[0]
    for name in ("severity", "severity_reason", "crack_type", "standard_verified"):
        assert row[name] == alone[name] != ""
    assert float(row["width_max_sd_mm"]) == pytest.approx(alone["width_max_sd_mm"], abs=1e-4)


def test_probabilities_are_measured_between_the_pixels(tmp_path):
    probability = drawn(20).astype(np.float32)
    probability[24, 20:140] = 0.3
    for suffix in ("png", "tif"):
        write_probability(tmp_path / f"p/{suffix}.{suffix}", probability)
    summary = measure_files(tmp_path / "p", tmp_path / "out", probabilities=True)
    assert summary.exit_code == 0
    for row in rows_of(tmp_path / "out/cracks.csv"):
        assert row["width_method"] == "probability"
        assert float(row["width_mean_px"]) == pytest.approx(4.3, abs=0.02)
        assert float(row["confidence"]) == pytest.approx(1, abs=1e-4)
    lower = measure_files(tmp_path / "p", tmp_path / "low", probabilities=True, threshold=0.2)
    assert lower.done == 2
    assert float(rows_of(tmp_path / "low/cracks.csv")[0]["area_px2"]) == 600


def test_bad_inputs_are_set_aside_with_their_reason(masks, tmp_path):
    (masks / "junk.png").write_bytes(b"junk")
    cv2.imwrite(str(masks / "photo.png"), np.random.default_rng(0).integers(0, 255, (9, 9, 3)))
    summary = measure_files(masks, tmp_path / "out")
    assert (summary.done, summary.exit_code) == (2, 3)
    assert [(row.path, row.reason) for row in summary.set_aside] == [
        ("junk.png", "corrupt"),
        ("photo.png", "bad-encoding"),
    ]


def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(masks, tmp_path):
    class Enough(Exception):
        pass

    def stop(event):
        if event.status == "done":
            raise Enough

    with pytest.raises(Enough):
        measure_files(masks, tmp_path / "out", mm_per_px=0.5, progress=stop)
    again = measure_files(masks, tmp_path / "out", mm_per_px=0.5)
    assert (again.skipped, again.done) == (1, 1)
    measure_files(masks, tmp_path / "once", mm_per_px=0.5)
    for name in ("cracks.csv", "images.csv", "branches.csv", "report.html"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()
    with pytest.raises(UsageError, match=r"mm_per_px was 0\.5 and is now 0\.6"):
        measure_files(masks, tmp_path / "out", mm_per_px=0.6)


def test_a_big_mask_is_measured_as_the_whole_would_be(tmp_path):
    mask = np.zeros((5000, 300), dtype=bool)
    mask[4000:4200, 100:104] = True  # over the border of two blocks
    mask[300:304, 20:280] = True
    (tmp_path / "m").mkdir()
    from crackgauge.arrays import Window

    with open_mask_writer(tmp_path / "m/big.tif", 5000, 300) as writer:
        for row in range(0, 5000, 1024):
            height = min(1024, 5000 - row)
            writer.write(Window(row, 0, height, 300), mask[row : row + height])
    settings = Settings(direction_deg=0)
    measure_files(tmp_path / "m", tmp_path / "whole", settings=settings)
    measure_files(tmp_path / "m", tmp_path / "parts", settings=settings, big_px=100_000)
    for name in ("cracks.csv", "branches.csv", "images.csv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    refused = measure_files(tmp_path / "m", tmp_path / "p", probabilities=True, big_px=100_000)
    assert "expected a mask" in refused.set_aside[0].sentence


def test_a_marker_in_the_photo_scales_its_mask(tmp_path):
    taken = photograph(30, turn_deg=20, seed=0, size=(300, 400), focal_px=400, marker_mm=90)
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos/wall.png"), taken.image)
    mask = np.zeros((300, 400), dtype=bool)
    mask[60:64, 100:200] = True
    write_mask(tmp_path / "masks/wall.png", mask)
    measure_files(
        tmp_path / "masks",
        tmp_path / "out",
        photos=tmp_path / "photos",
        scale=ScaleRule(marker_mm=90, known_sd_mm=0.9),
    )
    image, crack = (rows_of(tmp_path / f"out/{name}.csv")[0] for name in ("images", "cracks"))
    assert (image["scale_source"], image["view"]) == ("marker 0 of 90 mm", "oblique")
    ends = np.array([[100, 62, 1], [200, 62, 1]]) @ np.linalg.inv(taken.to_image).T
    length = np.hypot(*np.diff(ends[:, :2] / ends[:, 2:], axis=0)[0])
    assert float(crack["length_mm"]) == pytest.approx(length, rel=0.01)
    assert float(crack["length_sd_mm"]) >= 0.01 * length
    assert (tmp_path / "out/overlays/wall.png").is_file()


def test_masks_and_photos_that_do_not_belong_together(masks, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.zeros((40, 160, 3), np.uint8))
    summary = measure_files(masks, tmp_path / "out", photos=folder)
    assert [row.reason for row in summary.set_aside] == ["size-mismatch", "missing"]
    assert "80 x 160 and its photo 40 x 160" in summary.set_aside[0].sentence


def test_a_geotiff_mask_has_its_scale_and_place(tmp_path):
    (tmp_path / "m").mkdir()
    tags = [
        (33550, "d", 3, (0.002, 0.002, 0.0), True),
        (33922, "d", 6, (0, 0, 0, 5e5, 5e6, 0), True),
        (34735, "H", 12, (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 25832), True),
    ]
    data = drawn(20).astype(np.uint8) * 255
    tifffile.imwrite(tmp_path / "m/ortho.tif", data, extratags=tags)
    measure_files(tmp_path / "m", tmp_path / "out")
    image = rows_of(tmp_path / "out/images.csv")[0]
    assert image["scale_source"] == "geotiff EPSG:25832"
    assert float(image["crack_length_mm"]) == pytest.approx(240)
    record = json.loads((tmp_path / "out/.state/ortho.json").read_text("utf-8"))
    assert record["result"]["georeference"]["crs"] == "EPSG:25832"
    assert record["result"]["mask"] == str(tmp_path / "m/ortho.tif")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 0.5}, "goes with probabilities"),
        ({"probabilities": True, "threshold": 2.0}, "at most 1"),
        ({"mask_rule": "dark"}, "mask rule 'dark' is unknown"),
        ({"mm_per_px": 1.0, "scale": ScaleRule()}, "leave one out"),
    ],
)
def test_what_cannot_be_asked_for(masks, tmp_path, options, words):
    with pytest.raises(UsageError, match=words):
        measure_files(masks, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_it_is_a_public_name():
    assert crackgauge.measure_files is measure_files


def test_a_zone_without_a_crack_counts_nothing(tmp_path: Path) -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:14, 10:50] = True
    write_mask(tmp_path / "masks" / "a.png", mask)
    square = [[[0, 30], [80, 30], [80, 60], [0, 60], [0, 30]]]
    zone = {
        "type": "Feature",
        "properties": {"name": "lane", "role": "zone"},
        "geometry": {"type": "Polygon", "coordinates": square},
    }
    region = tmp_path / "region.geojson"
    region.write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    settings = Settings(region=read_region(region))
    measure_files(tmp_path / "masks", tmp_path / "out", mm_per_px=1.0, settings=settings)
    with (tmp_path / "out" / "zones.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["zone"], row["crack_count"]) for row in rows] == [("lane", "0")]
    assert float(rows[0]["rose_000_px"]) == 0


def test_a_mask_that_marks_its_ground_is_set_aside(tmp_path: Path) -> None:
    mask = np.ones((40, 50), bool)
    mask[10:14] = False
    write_mask(tmp_path / "masks" / "a.png", mask)
    summary = measure_files(tmp_path / "masks", tmp_path / "out")
    assert [aside.reason for aside in summary.set_aside] == ["bad-encoding"]
    assert "90.0 % of the mask is crack" in summary.set_aside[0].sentence
    again = measure_files(tmp_path / "masks", tmp_path / "right", mask_rule="below-half")
    assert again.exit_code == 0


def test_a_scale_that_was_not_found_is_said(tmp_path: Path) -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:14, 10:50] = True
    write_mask(tmp_path / "masks" / "a.png", mask)
    out = tmp_path / "out"
    summary = measure_files(tmp_path / "masks", out, scale=ScaleRule(marker_mm=50.0))
    assert summary.notes == (
        "no scale was found, measures are in pixels: 1 image: no photo of this size to look for "
        "markers in",
    )
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "A scale was looked for and not found" in page
    assert "No scale was given" not in page
    assert measure_files(tmp_path / "masks", tmp_path / "px").notes == ()
