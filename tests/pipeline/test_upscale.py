"""The verbs with a model that enlarges: what is written, in which size, and measured in which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from crackgauge.errors import UsageError
from crackgauge.images import read_image, read_mask, read_probability
from crackgauge.inference.predictor import Predictor
from crackgauge.measure import Settings
from crackgauge.measure.region import Region, Zone
from crackgauge.pipeline import inspect, predict

Photos = Callable[..., Path]


def repeated(array: np.ndarray) -> np.ndarray:
    return array.repeat(4, axis=0).repeat(4, axis=1)


def row_of(table: Path) -> pd.Series:
    return pd.read_csv(table).iloc[0]


def test_predict_writes_the_enlarged_photo_and_its_mask(
    photos: Photos, enlarging: Predictor, predictor: Predictor, tmp_path: Path
) -> None:
    source, out = photos(a=(30,)), tmp_path / "out"
    predict(source, out, model=enlarging, upscale=4)
    photo = read_image(source / "a.png")
    assert np.array_equal(read_image(out / "enlarged/a.png"), repeated(photo))
    expected = repeated(predictor.predict(photo) >= enlarging.threshold)
    assert np.array_equal(read_mask(out / "masks/a.png").mask, expected)
    probability = read_probability(out / "probabilities/a.png")
    np.testing.assert_allclose(probability, repeated(predictor.predict(photo)), atol=1e-4)


def test_by_window_it_writes_the_same(photos: Photos, enlarging: Predictor, tmp_path: Path) -> None:
    source = photos(a=(30,))
    # The photo has 6,144 px, its enlargement 98,304.
    predict(source, tmp_path / "whole", model=enlarging, upscale=4, big_px=98_304)
    predict(source, tmp_path / "windows", model=enlarging, upscale=4, big_px=98_303)
    for room in ("masks", "enlarged"):
        whole = read_image(tmp_path / f"whole/{room}/a.png")
        assert np.array_equal(read_image(tmp_path / f"windows/{room}/a.tif"), whole)
    with tifffile.TiffFile(tmp_path / "windows/enlarged/a.tif") as tif:
        assert tif.is_bigtiff


def test_other_models_write_no_enlarged_photo(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    predict(photos(a=(30,)), tmp_path / "out", model=predictor)
    assert not (tmp_path / "out/enlarged").exists()


@pytest.mark.parametrize("verb", [predict, inspect])
def test_it_must_be_asked_for_and_be_what_the_model_does(
    verb: Callable[..., object],
    photos: Photos,
    predictor: Predictor,
    enlarging: Predictor,
    tmp_path: Path,
) -> None:
    source, out = photos(a=(30,)), tmp_path / "out"
    with pytest.raises(UsageError, match="say so with --upscale 4"):
        verb(source, out, model=enlarging)
    with pytest.raises(UsageError, match="got 2, but contrast enlarges 4 times; use --upscale 4"):
        verb(source, out, model=enlarging, upscale=2)
    with pytest.raises(UsageError, match=r"contrast does not enlarge; .* give --model .* cssr"):
        verb(source, out, model=predictor, upscale=4)
    assert not out.exists()


def test_tiles_are_multiples_of_a_block_of_the_enlarged_photo(
    photos: Photos, enlarging: Predictor, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="got 100 px, expected a multiple of 128"):
        predict(photos(a=(30,)), tmp_path / "out", model=enlarging, upscale=4, tile=100)


def test_inspect_measures_in_the_enlarged_photo(
    photos: Photos, predictor: Predictor, enlarging: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    inspect(source, tmp_path / "small", model=predictor, mm_per_px=0.5)
    inspect(source, tmp_path / "large", model=enlarging, upscale=4, mm_per_px=0.5)
    small, large = (
        pd.read_csv(tmp_path / name / "images.csv").iloc[0] for name in ("small", "large")
    )
    assert (large["height_px"], large["width_px"]) == (4 * 64, 4 * 96)
    assert large["crack_area_px2"] == 16 * small["crack_area_px2"]
    assert large["crack_area_mm2"] == pytest.approx(small["crack_area_mm2"])
    cracks = [row_of(tmp_path / name / "cracks.csv") for name in ("small", "large")]
    assert cracks[1]["length_px"] == pytest.approx(4 * cracks[0]["length_px"], rel=0.05)
    assert cracks[1]["length_mm"] == pytest.approx(cracks[0]["length_mm"], rel=0.05)
    assert read_mask(tmp_path / "large/masks/a.png").mask.shape == (4 * 64, 4 * 96)
    assert "4 times" in (tmp_path / "large/report.html").read_text("utf-8")


def test_inspect_by_window_measures_the_same(
    photos: Photos, enlarging: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    for name, big_px in (("whole", 98_304), ("windows", 98_303)):
        out = tmp_path / name
        inspect(source, out, model=enlarging, upscale=4, mm_per_px=0.5, big_px=big_px)
    whole, windows = (
        pd.read_csv(tmp_path / name / "images.csv").iloc[0] for name in ("whole", "windows")
    )
    for key in ("height_px", "width_px", "crack_area_px2", "crack_area_mm2", "crack_count"):
        assert whole[key] == windows[key]


@pytest.mark.parametrize("big_px", [98_304, 98_303], ids=["whole", "windows"])
def test_areas_are_those_of_the_photo(
    photos: Photos, enlarging: Predictor, tmp_path: Path, big_px: int
) -> None:
    """The upper half of the photo is looked at, whose crack is in row 20; the other is in 45."""
    source, upper = photos(a=(20, 45)), ((0.0, 0.0), (96.0, 0.0), (96.0, 32.0), (0.0, 32.0))
    region = Region(include=(Zone("", (upper,)),), zones=(Zone("upper", (upper,)),))
    out = tmp_path / "out"
    inspect(
        source,
        out,
        model=enlarging,
        upscale=4,
        mm_per_px=0.5,
        settings=Settings(region=region),
        big_px=big_px,
    )
    crack = row_of(out / "cracks.csv")
    assert row_of(out / "images.csv")["crack_count"] == 1
    assert 4 * 18 <= crack["bbox_top_px"] < crack["bbox_bottom_px"] <= 4 * 23
    zone = row_of(out / "zones.csv")
    assert zone["zone_area_px2"] == 16 * 96 * 32
    assert zone["crack_count"] == 1
