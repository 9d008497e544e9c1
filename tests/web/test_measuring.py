"""One photo measured whole and by window, from the probability that `predict` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.web.conftest import write_wall

from crackgauge.annotate import Brush, Erase, Session
from crackgauge.arrays import Window
from crackgauge.errors import InputRefused, UsageError
from crackgauge.images import open_image, open_probability_writer, write_probability
from crackgauge.inference.predictor import open_model
from crackgauge.measure import measure
from crackgauge.web import exporting, measuring
from crackgauge.web.measuring import find_cracks, measure_photo, probability_file, scale_rule

HEIGHT, WIDTH = 560, 600  # four blocks of 512 px and less


@pytest.fixture(scope="module")
def probability() -> Any:
    """Two cracks of 0.9, 3 px wide and 580 px long, and one of 0.3; the last crosses blocks."""
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, value in ((20, 0.9), (300, 0.3), (512, 0.9)):
        values[row - 1 : row + 2, 10:590] = value
    return values


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    photo = write_wall(tmp_path / "photo.png", HEIGHT, WIDTH, 20, 300, 512)
    out = tmp_path / "found"
    (out / "probabilities").mkdir(parents=True)
    return {
        "photo": str(photo),
        "name": "photo.png",
        "out": str(out),
        "threshold": 0.5,
        "scale": {"mm_per_px": 0.5},
        "standard": "aci-224r",
        "survey_file": str(out / "survey.json"),
    }


def write_big(folder: Path, probability: Any) -> None:
    file = folder / "probabilities" / "photo.tif"
    with open_probability_writer(file, HEIGHT, WIDTH, dtype="uint16") as writer:
        writer.write(Window(0, 0, HEIGHT, WIDTH), probability)


def test_whole_and_by_window(
    arguments: dict[str, Any], probability: Any, monkeypatch: pytest.MonkeyPatch
):
    """By window the mask is measured, as `inspect` does with large images: the same numbers."""
    out = Path(arguments["out"])
    write_probability(out / "probabilities" / "photo.png", probability)
    row = measure_photo(arguments)
    assert (row["crack_count"], row["width_method"]) == (2, "probability")
    assert row["crack_length_mm"] == pytest.approx(2 * 290, abs=2)

    (out / "probabilities" / "photo.png").unlink()
    write_big(out, probability)
    monkeypatch.setattr(measuring, "BIG_OUTPUT_PX", 0)
    monkeypatch.setattr("crackgauge.web.blocks.BLOCK_PX", 512)
    row = measure_photo(arguments)
    expected = measure(probability >= 0.5, mm_per_px=0.5, image="photo.png", standard="aci-224r")
    values = json.loads(Path(arguments["survey_file"]).read_text())
    assert values["survey"]["cracks"] == expected.to_json()["cracks"]
    assert row["crack_length_mm"] == expected.images["crack_length_mm"][0]


@pytest.mark.parametrize(("threshold", "count"), [(0.2, 3), (0.5, 2), (0.95, 0)])
def test_the_threshold_decides(
    arguments: dict[str, Any], probability: Any, threshold: float, count: int
):
    write_probability(Path(arguments["out"]) / "probabilities" / "photo.png", probability)
    assert measure_photo({**arguments, "threshold": threshold})["crack_count"] == count


def test_find_first(arguments: dict[str, Any]):
    with pytest.raises(InputRefused, match="find them first"):
        measure_photo(arguments)


def test_find_leaves_a_probability_and_begins_again(
    arguments: dict[str, Any], contrast_model: Path
):
    out, predictor = Path(arguments["out"]), open_model(contrast_model, threads=1)
    for _ in range(2):
        find_cracks(Path(arguments["photo"]), out, predictor, lambda _: None)
        assert probability_file(out) == out / "probabilities" / "photo.png"
    Path(arguments["photo"]).write_bytes(b"no image")
    with pytest.raises(InputRefused):
        find_cracks(Path(arguments["photo"]), out, predictor, lambda _: None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (None, "not given"),
        ({"mm_per_px": 0.2}, "0.2 mm per pixel"),
        ({"points_px": [0, 0, 3, 4], "points_mm": 10}, "two points 10 mm apart"),
        ({"marker_mm": 50}, "markers of 50 mm"),
    ],
)
def test_scales(values: dict[str, Any] | None, expected: str):
    assert expected in scale_rule(values).words()


def test_no_scale():
    with pytest.raises(UsageError):
        scale_rule({"mm_per_px": 0.2, "marker_mm": 50})


@pytest.mark.parametrize("rejected", [[], [1]])
def test_a_large_image_is_exported_as_a_small_one(
    arguments: dict[str, Any],
    probability: Any,
    rejected: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """The mask, the tables and which pictures there are; rejected cracks are in none."""
    out = Path(arguments["out"])
    image = {
        "name": "photo.png",
        "key": "day 1/photo",
        "photo": arguments["photo"],
        "out": str(out),
        "survey_file": arguments["survey_file"],
        "rejected": rejected,
    }
    wanted = {"threshold": 0.5, "standard": "aci-224r"}
    write_probability(out / "probabilities" / "photo.png", probability)
    measure_photo(arguments)
    small = exporting._prepare(image, wanted, tmp_path / "small", pictured=True)
    (out / "probabilities" / "photo.png").unlink()
    write_big(out, probability)
    monkeypatch.setattr(exporting, "BIG_OUTPUT_PX", 0)
    monkeypatch.setattr("crackgauge.web.blocks.BLOCK_PX", 512)
    big = exporting._prepare(image, wanted, tmp_path / "big", pictured=True)
    assert big["result"] == small["result"]
    assert big["outputs"][0] == "masks/day 1/photo.tif"
    assert big["outputs"][1:] == small["outputs"][1:]
    expected = probability >= 0.5
    if rejected:
        expected[:40] = False
    for top, record in (("small", small), ("big", big)):
        with open_image(tmp_path / top / record["outputs"][0]) as source:
            mask = source.read(Window(0, 0, HEIGHT, WIDTH))[:, :, 0] > 0
        assert np.array_equal(mask, expected)
        assert all((tmp_path / top / name).is_file() for name in record["outputs"])


@pytest.fixture
def session_file(tmp_path: Path) -> Path:
    """Two brush strokes, of which one crosses blocks, with a hole in it."""
    session = Session(HEIGHT, WIDTH, image="photo.png")
    session.add(Brush(points=((20.0, 40.0), (580.0, 40.0)), radius_px=3.0))
    session.add(Brush(points=((100.0, 480.0), (560.0, 545.0)), radius_px=2.0))
    session.add(Erase(points=((300.0, 40.0),), radius_px=40.0))
    session.save(tmp_path / "session.json")
    return tmp_path / "session.json"


def test_strokes_whole_and_by_window(
    arguments: dict[str, Any],
    probability: Any,
    session_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """What `measure` gives of their mask, whatever the probability says; exports show it."""
    out = Path(arguments["out"])
    write_probability(out / "probabilities" / "photo.png", probability)
    wanted = {**arguments, "session_file": str(session_file)}
    mask = Session.load(session_file).mask()
    expected = measure(mask, mm_per_px=0.5, image="photo.png", standard="aci-224r").to_json()
    image = {
        "name": "photo.png",
        "key": "photo",
        "photo": arguments["photo"],
        "out": str(out),
        "survey_file": arguments["survey_file"],
        "session_file": str(session_file),
        "rejected": [],
    }
    for top in ("small", "big"):
        row = measure_photo(wanted)
        assert row["crack_length_mm"] == expected["images"][0]["crack_length_mm"]
        survey = json.loads(Path(arguments["survey_file"]).read_text())["survey"]
        assert survey["cracks"] == expected["cracks"]
        settings = {"threshold": 0.5, "standard": "aci-224r"}
        record = exporting._prepare(image, settings, tmp_path / top, pictured=False)
        with open_image(tmp_path / top / record["outputs"][0]) as source:
            shown = source.read(Window(0, 0, HEIGHT, WIDTH))[:, :, 0] > 0
        assert np.array_equal(shown, mask)
        monkeypatch.setattr(measuring, "BIG_OUTPUT_PX", 0)
        monkeypatch.setattr(exporting, "BIG_OUTPUT_PX", 0)
        monkeypatch.setattr("crackgauge.web.blocks.BLOCK_PX", 512)


def test_strokes_need_no_probability(arguments: dict[str, Any], session_file: Path):
    assert measure_photo({**arguments, "session_file": str(session_file)})["crack_count"] == 3


def test_strokes_of_another_size(arguments: dict[str, Any], tmp_path: Path):
    Session(HEIGHT, WIDTH + 1).save(tmp_path / "other.json")
    with pytest.raises(InputRefused, match="601 x 560 px, this one has 600 x 560"):
        measure_photo({**arguments, "session_file": str(tmp_path / "other.json")})
