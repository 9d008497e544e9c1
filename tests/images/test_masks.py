from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from crackgauge.errors import InputRefused, UsageError
from crackgauge.images import read_mask, read_probability

CRACK = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool)


def ambiguity(path: Path) -> str:
    with pytest.raises(InputRefused) as caught:
        read_mask(path)
    assert caught.value.reason == "bad-encoding"
    assert "mask rule" in caught.value.sentence
    return caught.value.sentence


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (CRACK.astype(np.uint8), "0/1"),
        (CRACK.astype(np.uint8) * 255, "0/255"),
        (CRACK.astype(np.uint16) * 65535, "0/65535"),
        (CRACK.astype(np.uint16), "0/1"),
        (CRACK, "0/1"),
    ],
)
def test_two_values(write, values, rule):
    reading = read_mask(write("mask.png", Image.fromarray(values), "PNG"))
    assert reading.rule == rule
    assert reading.mask.dtype == np.bool_
    assert np.array_equal(reading.mask, CRACK)


def test_empty_and_full(write):
    zeros = read_mask(write("a.png", np.zeros((3, 4), np.uint8), "PNG"))
    full = read_mask(write("b.png", np.full((3, 4), 255, np.uint8), "PNG"))
    assert (zeros.rule, zeros.mask.sum()) == ("empty", 0)
    assert (full.rule, full.mask.sum()) == ("0/255", 12)


def test_jpeg_noise(write):
    drawn = np.zeros((64, 64), np.uint8)
    drawn[:, 20:26] = 255
    reading = read_mask(write("mask.jpg", drawn, "JPEG", quality=80))
    assert reading.rule == "above-half"
    assert np.array_equal(reading.mask, drawn == 255)


def test_resized_edges_are_cut_at_half(write):
    drawn = np.zeros((40, 40), np.uint8)
    drawn[:, 10:13] = 255
    drawn[:, 9], drawn[:, 13] = 127, 128
    drawn[0, 0], drawn[0, 1] = 3, 250  # more than four values: no label file
    mask, rule = read_mask(write("mask.png", drawn, "PNG"))
    assert rule == "above-half"
    assert mask[5].nonzero()[0].tolist() == [10, 11, 12, 13]


def test_rgb_of_three_equal_channels_is_grey(write):
    reading = read_mask(write("m.png", np.repeat(CRACK[..., None] * np.uint8(255), 3, 2), "PNG"))
    assert reading.rule == "0/255"
    assert np.array_equal(reading.mask, CRACK)


def test_one_colour_on_black(write):
    red = np.zeros((3, 4, 3), np.uint8)
    red[CRACK] = (200, 0, 0)
    reading = read_mask(write("m.png", red, "PNG"))
    assert reading.rule == "one colour on black"
    assert np.array_equal(reading.mask, CRACK)


def test_opaque_rgba_is_read_by_its_colour(write):
    values = np.zeros((3, 4, 4), np.uint8)
    values[CRACK] = 255
    values[..., 3] = 255
    values[0, 0, 3] = 160  # soft, yet more opaque than not, as in one mask of uav315
    reading = read_mask(write("m.png", values, "PNG"))
    assert reading.rule == "0/255"
    assert np.array_equal(reading.mask, CRACK)


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 0, 0)])
def test_one_colour_on_transparency_is_read_by_its_alpha(write, hidden):
    values = np.zeros((3, 4, 4), np.uint8)
    values[..., :3] = hidden
    values[CRACK] = (255, 0, 0, 255)
    reading = read_mask(write("m.png", values, "PNG"))
    assert reading.rule == "alpha"
    assert np.array_equal(reading.mask, CRACK)


def test_palette_of_black_and_a_colour(write):
    image = Image.fromarray(CRACK.astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 128, 0, 0])
    reading = read_mask(write("m.png", image, "PNG"))
    assert reading.rule == "palette 0/1"
    assert np.array_equal(reading.mask, CRACK)


def test_palette_whose_index_0_is_white_is_ambiguous(write):
    image = Image.fromarray(CRACK.astype(np.uint8), "P")
    image.putpalette([255, 255, 255, 0, 0, 0])
    assert "opposite" in ambiguity(write("m.png", image, "PNG"))


def test_labels_are_ambiguous_and_can_be_named(write):
    labels = np.array([[0, 1, 2], [3, 2, 0]], np.uint8)
    path = write("m.png", labels, "PNG")
    assert "0, 1, 2, 3" in ambiguity(path)
    reading = read_mask(path, crack_labels=(2, 3))
    assert reading.rule == "labels 2,3"
    assert reading.mask.tolist() == [[False, False, True], [True, True, False]]


def test_palette_indices_can_be_named(write):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    path = write("m.png", image, "PNG")
    assert "palette" in ambiguity(path)
    assert read_mask(path, rule="labels", crack_labels=[2]).mask.tolist() == [[False, False, True]]


@pytest.mark.parametrize("values", [[0, 2], [0, 38], [1, 2], [0, 127, 255], [0, 85, 170, 255]])
def test_values_that_could_be_labels_are_ambiguous(write, values):
    ambiguity(write("m.png", np.array([values], np.uint8), "PNG"))


def test_a_photo_is_no_mask(rgb, write):
    ambiguity(write("m.png", rgb[..., 1], "PNG"))
    ambiguity(write("m.png", rgb, "PNG"))


def test_rules_that_are_set(write):
    path = write("m.png", np.array([[0, 2, 127, 128, 255]], np.uint8), "PNG")
    above = [False, False, False, True, True]
    assert read_mask(path, rule="above-half").mask[0].tolist() == above
    assert read_mask(path, rule="below-half").mask[0].tolist() == [not value for value in above]
    assert read_mask(path, rule="nonzero").mask[0].tolist() == [False, True, True, True, True]
    with pytest.raises(InputRefused, match="no alpha"):
        read_mask(path, rule="alpha")


def test_wrong_rules(write):
    path = write("m.png", CRACK.astype(np.uint8), "PNG")
    with pytest.raises(UsageError, match="above-half"):
        read_mask(path, rule="above")
    with pytest.raises(UsageError):
        read_mask(path, rule="labels")
    with pytest.raises(UsageError):
        read_mask(path, rule="nonzero", crack_labels=(1,))


def test_masks_are_turned_like_their_photos(write):
    path = write("m.png", CRACK.astype(np.uint8), "PNG", orientation=6)
    assert np.array_equal(read_mask(path).mask, np.rot90(CRACK, -1))


def truth(folder: Path, labels: np.ndarray) -> Path:
    path = folder / "001.mat"
    field = np.zeros((1, 1), dtype=[("Segmentation", object), ("Boundaries", object)])
    field["Segmentation"][0, 0] = labels
    field["Boundaries"][0, 0] = labels
    savemat(path, {"groundTruth": field}, do_compression=True)
    return path


def test_label_2_alone_is_crack_in_cfd_truths(tmp_path):
    path = truth(tmp_path, np.array([[1, 2, 3], [4, 2, 1]], np.uint8))
    reading = read_mask(path)
    assert reading.rule == "matlab label 2"
    assert reading.mask.tolist() == [[False, True, False], [False, True, False]]
    assert read_mask(path, crack_labels=(3,)).mask.sum() == 1


def test_other_matlab_files_are_refused(tmp_path):
    path = tmp_path / "other.mat"
    savemat(path, {"mask": CRACK})
    with pytest.raises(InputRefused, match=r"groundTruth\.Segmentation"):
        read_mask(path)


def test_a_matlab_bomb_is_refused(tmp_path):
    path = truth(tmp_path, np.zeros((2000, 2000), np.uint8))
    assert path.stat().st_size < 100_000
    with pytest.raises(InputRefused) as caught:
        read_mask(path, max_pixels=10_000)
    assert caught.value.reason == "too-large"


def test_probabilities_by_full_scale(write, write_tiff):
    eight = write("p.png", np.array([[0, 51, 255]], np.uint8), "PNG")
    sixteen = write("q.png", Image.fromarray(np.array([[0, 13107, 65535]], np.uint16)), "PNG")
    floats = write_tiff("r.tif", np.array([[0, 0.2, 1]], np.float32))
    for path in (eight, sixteen, floats):
        probability = read_probability(path)
        assert probability.dtype == np.float32
        assert probability[0].tolist() == pytest.approx([0, 0.2, 1], abs=1e-7)


def test_what_is_no_probability(rgb, write, write_tiff):
    with pytest.raises(InputRefused, match="sigmoid"):
        read_probability(write_tiff("p.tif", np.array([[-3, 4]], np.float32)))
    with pytest.raises(InputRefused, match="one grey channel"):
        read_probability(write("p.png", rgb, "PNG"))
    with pytest.raises(InputRefused, match="expected 16-bit"):
        read_probability(write("q.png", np.zeros((2, 2), np.uint8), "PNG"), scale="16-bit")
    with pytest.raises(UsageError):
        read_probability("p.png", scale="32-bit")


@pytest.mark.data
@pytest.mark.parametrize(
    ("pattern", "count", "rule"),
    [
        ("uav315/masks/*.png", 315, "0/255"),
        ("deepcrack256/*_lab/*.png", 537, "above-half"),
        ("crack500_256/*_lab/*.png", 379, "above-half"),
        ("aiglern_tiles/*_lab/*.jpg", 269, "above-half"),
        ("cfd/groundTruth/*.mat", 118, "matlab label 2"),
    ],
)
def test_every_mask_of_the_public_sets(data_dir, pattern, count, rule):
    readings = [read_mask(path) for path in sorted(data_dir.glob(pattern))]
    assert len(readings) == count
    assert {reading.rule for reading in readings} == {rule}
    assert all(0 < reading.mask.mean() < 0.5 for reading in readings)


@pytest.mark.data
def test_cfd_has_one_crack_pixel_among_61(data_dir):
    masks = [read_mask(path).mask for path in sorted(data_dir.glob("cfd/groundTruth/*.mat"))]
    crack = sum(int(mask.sum()) for mask in masks)
    assert sum(mask.size for mask in masks) / crack - 1 == pytest.approx(60.9, abs=0.6)
