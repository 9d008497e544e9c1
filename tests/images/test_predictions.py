from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from crackgauge.errors import InputRefused, UsageError
from crackgauge.images.predictions import (
    examine_prediction,
    read_prediction,
    resize_prediction,
    settle_kind,
)

CRACK = np.array([[0, 1, 0, 0], [0, 1, 1, 0]], np.uint8)
SOFT = np.array([[0.0, 0.25, 0.5, 0.75], [1.0, 0.125, 0.1, 0.2]], np.float32)
STEPS = np.array([[0, 10, 20, 30], [40, 50, 60, 255]], np.uint8)


def save(folder: Path, name: str, values: npt.NDArray[np.generic]) -> Path:
    path = folder / name
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
@pytest.mark.parametrize("values", [CRACK, CRACK * 255, CRACK.astype(np.uint16) * 65535])
def test_two_values_are_a_mask(tmp_path: Path, name: str, values: npt.NDArray[np.generic]) -> None:
    path = save(tmp_path, name, values)
    assert settle_kind([examine_prediction(path)]) == "masks"
    reading = read_prediction(path, "masks")
    assert reading.prediction.dtype == np.bool_
    assert np.array_equal(reading.prediction, CRACK == 1)
    assert reading.encoding == f"0/{values.max()}"


@pytest.mark.parametrize("value", [0, 255])
def test_one_value_is_a_mask(tmp_path: Path, value: int) -> None:
    path = save(tmp_path, "a.png", np.full((2, 3), value, np.uint8))
    assert settle_kind([examine_prediction(path)]) == "masks"
    assert bool((read_prediction(path, "masks").prediction == (value > 0)).all())


@pytest.mark.parametrize("name", ["a.tif", "a.npy"])
def test_floats_from_0_to_1_are_probabilities(tmp_path: Path, name: str) -> None:
    path = save(tmp_path, name, SOFT)
    assert settle_kind([examine_prediction(path)]) == "probabilities"
    reading = read_prediction(path, "probabilities")
    assert reading.prediction.dtype == np.float32
    assert np.array_equal(reading.prediction, SOFT)
    assert (reading.low, reading.high) == (0.0, 1.0)


def test_hard_floats_are_what_their_neighbours_are(tmp_path: Path) -> None:
    hard = examine_prediction(save(tmp_path, "a.npy", CRACK.astype(np.float64)))
    soft = examine_prediction(save(tmp_path, "b.npy", SOFT))
    assert settle_kind([hard]) == "masks"
    assert settle_kind([hard, soft]) == settle_kind([soft, hard]) == "probabilities"


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        (
            "a.png",
            STEPS,
            r"a\.png: holds uint8 values 0 to 255 \(8 different\), .*"
            "--predictions-are probabilities-255 or --predictions-are masks$",
        ),
        (
            "a.png",
            STEPS.astype(np.uint16) * 257,
            r"uint16 values 0 to 65535 \(8 different\).*probabilities-65535 or ",
        ),
        (
            "a.png",
            STEPS.astype(np.uint16),
            "uint16 values 0 to 255.*probabilities-255 or .*probabilities-65535",
        ),
        (
            "a.tif",
            SOFT * 8 - 4,
            "float32 values -4 to 4 .*--predictions-are logits",
        ),
        ("a.npy", SOFT * 200, "0 to 200 .*probabilities-255 or --predictions-are logits"),
        ("a.npy", SOFT * 7e4, "0 to 70000 .*--predictions-are logits"),
        ("a.png", CRACK * 128, "uint8 values 0, 128, which could mean"),
    ],
)
def test_what_is_not_certain_names_its_choices(
    tmp_path: Path, name: str, values: npt.NDArray[np.generic], sentence: str
) -> None:
    finding = examine_prediction(save(tmp_path, name, values))
    with pytest.raises(UsageError, match=sentence):
        settle_kind([finding])


def test_a_mixture_names_two_files(tmp_path: Path) -> None:
    files = save(tmp_path, "a.png", CRACK * 255), save(tmp_path, "b.tif", SOFT)
    with pytest.raises(UsageError, match=r"a\.png holds .*masks.*b\.tif holds .*probabilities"):
        settle_kind(examine_prediction(file) for file in files)


def test_no_prediction_is_no_kind() -> None:
    with pytest.raises(UsageError, match="no prediction"):
        settle_kind([])


def test_sixteen_bits_of_predict_need_no_word(tmp_path: Path) -> None:
    path = save(tmp_path, "a.png", STEPS.astype(np.uint16) * 257)
    kind = settle_kind([examine_prediction(path, written_by_predict=True)])
    assert kind == "probabilities-65535"
    expected = STEPS.astype(np.float32) / 255
    np.testing.assert_allclose(read_prediction(path, kind).prediction, expected, rtol=1e-6)


def test_named_kinds(tmp_path: Path) -> None:
    eight = read_prediction(save(tmp_path, "a.png", STEPS), "probabilities-255").prediction
    assert eight[1].tolist() == pytest.approx([40 / 255, 50 / 255, 60 / 255, 1.0])
    logits = np.array([[0.0, 1.0], [-2.0, 200.0]])
    sigmoid = read_prediction(save(tmp_path, "b.npy", logits), "logits").prediction
    assert sigmoid.dtype == np.float32
    assert sigmoid.ravel().tolist() == pytest.approx([0.5, 0.7310586, 0.1192029, 1.0])


@pytest.mark.parametrize("kind", ["probabilities", "probabilities-255"])
def test_numbers_that_do_not_fit_the_kind(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path, "a.png", STEPS.astype(np.uint16) * 257)
    with pytest.raises(UsageError, match=f"0 to 65535 .*{kind} are .*probabilities-65535"):
        read_prediction(path, kind)


def test_unknown_kinds(tmp_path: Path) -> None:
    path = save(tmp_path, "a.png", STEPS)
    for kind in ("auto", "percent"):
        with pytest.raises(UsageError, match="expected one of masks, probabilities"):
            read_prediction(path, kind)


def test_three_equal_channels_are_grey(tmp_path: Path) -> None:
    path = save(tmp_path, "a.png", np.repeat(CRACK[..., None] * np.uint8(255), 3, axis=2))
    assert settle_kind([examine_prediction(path)]) == "masks"


def test_colours_are_refused_but_for_marks(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    path = save(tmp_path, "a.png", colours)
    for read in (examine_prediction, lambda file: read_prediction(file, "probabilities-255")):
        with pytest.raises(InputRefused, match="expected one grey channel"):
            read(path)
    marks = np.zeros((8, 8, 3), np.uint8)
    marks[3] = (255, 0, 0)
    red = save(tmp_path, "b.png", marks)
    assert settle_kind([examine_prediction(red)]) == "masks"
    assert int(read_prediction(red, "masks").prediction.sum()) == 8


def test_jpeg_masks_are_read_when_they_are_named(tmp_path: Path) -> None:
    drawn = np.zeros((64, 64), np.uint8)
    drawn[:, 20:26] = 255
    path = save(tmp_path, "a.jpg", drawn)
    with pytest.raises(UsageError, match="--predictions-are masks"):
        settle_kind([examine_prediction(path)])
    reading = read_prediction(path, "masks")
    assert reading.encoding == "above-half"
    assert np.array_equal(reading.prediction, drawn > 0)


def test_arrays_of_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(pickle.dumps([1, 2]))
    for name in ("a.npy", "b.npy"):
        with pytest.raises(InputRefused, match=r"Python objects(, which)? are never loaded"):
            examine_prediction(tmp_path / name)


def test_a_text_named_as_an_array_is_no_array(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_text("0 1 0 1")
    with pytest.raises(InputRefused, match="the file is no array of numpy"):
        examine_prediction(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["a.tif", "a.npy"])
def test_probabilities_are_no_masks(tmp_path: Path, name: str) -> None:
    path = save(tmp_path, name, SOFT)
    with pytest.raises(InputRefused, match=r"float32 values .*; save the crack as 255") as refused:
        read_prediction(path, "masks")
    assert "rule" not in str(refused.value)  # predictions have none


def test_damaged_arrays_and_archives(tmp_path: Path) -> None:
    whole = save(tmp_path, "a.npy", SOFT).read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-4])
    np.savez(tmp_path / "many.npz", SOFT)
    for name, sentence in (("cut.npy", "damaged"), ("many.npz", "archive of arrays")):
        with pytest.raises(InputRefused, match=sentence):
            examine_prediction(tmp_path / name)


@pytest.mark.parametrize(
    "values", [np.zeros((2, 4, 4)), np.zeros(5), np.zeros((4, 4), complex), np.zeros((0, 4))]
)
def test_arrays_of_other_shapes(tmp_path: Path, values: npt.NDArray[np.generic]) -> None:
    path = save(tmp_path, "a.npy", values)
    with pytest.raises(InputRefused, match=r"expected one number a pixel|damaged"):
        examine_prediction(path)


def test_axes_of_length_one_are_dropped(tmp_path: Path) -> None:
    path = save(tmp_path, "a.npy", SOFT[None, None])
    assert read_prediction(path, "probabilities").prediction.shape == (2, 4)


def test_too_many_numbers(tmp_path: Path) -> None:
    path = save(tmp_path, "a.npy", SOFT)
    with pytest.raises(InputRefused, match="the limit is 7 numbers"):
        read_prediction(path, "probabilities", max_pixels=7)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none(tmp_path: Path, bad: float) -> None:
    values = SOFT.copy()
    values[0, 0] = bad
    path = save(tmp_path, "a.npy", values)
    with pytest.raises(InputRefused, match="NaN or infinity"):
        examine_prediction(path)


def test_resizing() -> None:
    half = np.array([[0.0, 1.0]], np.float32)
    assert resize_prediction(half, (2, 4), method="nearest").tolist() == [[0, 0, 1, 1]] * 2
    bilinear = resize_prediction(half, (1, 4), method="bilinear")
    assert bilinear.dtype == np.float32
    assert bilinear.tolist() == [[0.0, 0.25, 0.75, 1.0]]
    mask = resize_prediction(half > 0.5, (1, 4), method="bilinear")
    assert (mask.dtype, mask.tolist()) == (np.bool_, [[False, False, True, True]])
    with pytest.raises(UsageError, match="expected one of nearest, bilinear"):
        resize_prediction(half, (1, 4), method="cubic")


def test_eight_bits_are_no_16_bit_probability(tmp_path: Path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([[0, 200, 255]], np.uint8))
    with pytest.raises(UsageError, match="expected --predictions-are probabilities-255"):
        read_prediction(path, "probabilities-65535")
    assert read_prediction(path, "probabilities-255").prediction.max() == 1.0
