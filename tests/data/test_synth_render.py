"""The rendered photograph and its truth."""

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import skeletonize

from crackgauge.data.synth import (
    DISTRACTORS,
    FILLINGS,
    PATTERNS,
    SURFACES,
    Camera,
    Stroke,
    render,
)
from crackgauge.errors import UsageError

SMALL = (96, 128)


def straight(width=5.0, angle_deg=17.0, length=200.0, middle=(128.0, 128.0)):
    way = length / 2 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    return Stroke(np.array([middle - way, middle + way]), np.array([width, width]))


@pytest.mark.parametrize("width", [2.0, 5.0, 9.0])
def test_mask_of_a_straight_crack_has_its_area(width):
    picture = render(0, size=(256, 256), cracks=[straight(width)], distractors=())
    assert picture.mask.sum() == pytest.approx(200 * width, rel=0.02)
    assert picture.length_px == pytest.approx(200)


def test_centre_line_runs_along_the_middle_of_the_mask():
    picture = render(0, size=(256, 256), cracks=[straight(7.0)], distractors=())
    start, end = picture.centre_lines[0]
    across = np.array([-(end - start)[1], (end - start)[0]]) / 200

    def offsets(pixels):
        row, col = np.nonzero(pixels)
        inner = np.abs(col + 0.5 - 128) < 80  # the ends are square, a skeleton forks there
        return ((np.stack([col + 0.5, row + 0.5], axis=1) - start) @ across)[inner]

    assert abs(offsets(picture.mask).mean()) < 0.05
    assert np.abs(offsets(picture.mask)).max() == pytest.approx(3.5, abs=0.3)
    assert np.abs(offsets(skeletonize(picture.mask))).max() <= 1.0


def test_width_measured_on_the_mask_is_the_width_told():
    picture = render(0, size=(256, 256), cracks=[straight(8.0, 90.0)], distractors=())
    distance = ndimage.distance_transform_edt(picture.mask)
    assert 2 * distance.max() == pytest.approx(8, abs=1)
    assert picture.mask[128].sum() == 8
    assert set(picture.widths_px[0].tolist()) == {8.0}


@pytest.mark.parametrize("surface", SURFACES)
def test_drawn_cracks_are_darker_than_beside_them(surface):
    picture = render(
        5, surface=surface, size=(256, 256), cracks=[straight(4.0)], distractors=(),
        filling="open", camera=Camera(),
    )  # fmt: skip
    grey = picture.image.mean(axis=2)
    distance = ndimage.distance_transform_edt(~picture.mask)
    beside = (distance > 3) & (distance < 10)
    assert grey[picture.mask].mean() < 0.9 * grey[beside].mean()


def test_same_seed_gives_the_same_bytes():
    first, again, other = (render(seed, size=SMALL) for seed in (7, 7, 8))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.mask.tobytes() == again.mask.tobytes()
    assert [a.tolist() for a in first.centre_lines] == [a.tolist() for a in again.centre_lines]
    assert first.image.tobytes() != other.image.tobytes()


def test_threads_of_opencv_do_not_change_the_bytes():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = render(3, size=(256, 256), surface="concrete")
        cv2.setNumThreads(4)
        four = render(3, size=(256, 256), surface="concrete")
    finally:
        cv2.setNumThreads(before)
    assert one.image.tobytes() == four.image.tobytes()


@pytest.mark.parametrize("surface", SURFACES)
def test_without_cracks_the_truth_is_empty(surface):
    for seed in range(3):
        picture = render(seed, surface=surface, size=SMALL, cracks=0)
        assert not picture.mask.any()
        assert picture.centre_lines == []
        assert picture.widths_px == []
        assert picture.length_px == 0
        assert picture.filling == ""


@pytest.mark.parametrize("distractor", DISTRACTORS)
def test_every_distractor_changes_the_picture_and_not_the_truth(distractor):
    options = {"size": (160, 160), "cracks": 0, "camera": Camera()}
    changed = 0
    for seed in range(3):
        with_it = render(seed, distractors=(distractor,), **options)
        without = render(seed, distractors=(), **options)
        changed += (with_it.image != without.image).any(axis=2).mean() > 0.001
        assert with_it.distractors == (distractor,)
        assert not with_it.mask.any()
    assert changed >= 2  # one may have fallen beside the picture


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_on_every_surface(surface, pattern):
    picture = render(2, surface=surface, size=(200, 240), cracks=pattern)
    assert picture.image.dtype == np.uint8
    assert picture.image.shape == (200, 240, 3)
    assert picture.mask.dtype == np.bool_
    assert picture.mask.shape == (200, 240)
    assert len(picture.centre_lines) == len(picture.widths_px) > 0
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in picture.centre_lines]
    assert picture.length_px == pytest.approx(sum(lengths))
    assert 0 < picture.mask.mean() < 0.5


@pytest.mark.parametrize("filling", FILLINGS)
def test_every_filling_can_be_seen(filling):
    options = {"size": (256, 256), "surface": "concrete", "distractors": (), "camera": Camera()}
    for seed in range(3):
        crack = render(seed, cracks=[straight(6.0)], filling=filling, **options)
        bare = render(seed, cracks=0, **options)
        change = np.abs(crack.image.astype(float) - bare.image).mean(axis=2)
        assert change[crack.mask].mean() > 0.08 * bare.image.mean()


@pytest.mark.parametrize("seed", range(8))
def test_drawn_cracks_can_be_seen_in_the_photograph(seed):
    options = {"surface": ("asphalt", "concrete")[seed % 2], "size": (160, 160)}
    crack = render(seed, **options)
    bare = render(seed, cracks=0, distractors=crack.distractors, **options)
    change = (crack.image.astype(float) - bare.image).mean(axis=2)[crack.mask]
    assert abs(change.mean()) > 0.1 * bare.image.mean(axis=2)[crack.mask].mean()


def test_what_an_object_hides_is_not_in_the_truth():
    hidden = 0
    for seed in range(6):
        options = {"size": (256, 256), "cracks": [straight(6.0)]}
        bare = render(seed, distractors=(), **options)
        ledge = render(seed, distractors=("ledge", "leaf"), **options)
        assert not (ledge.mask & ~bare.mask).any()
        gone = bare.mask & ~ledge.mask
        hidden += int(gone.any())
        for points in ledge.centre_lines:
            col, row = (points.astype(int).clip(0, 255)).T
            assert not gone[row, col].any()
        lost = 1 - ledge.length_px / bare.length_px
        assert lost == pytest.approx(gone.sum() / bare.mask.sum(), abs=0.05)
    assert hidden > 0


def test_a_number_of_cracks_and_a_width():
    picture = render(4, size=(256, 256), cracks=2, width_px=8.0, distractors=())
    assert 5 < np.mean(np.concatenate(picture.widths_px)) < 12


def test_a_plain_camera_adds_no_noise():
    bare = render(1, size=SMALL, surface="steel", cracks=0, distractors=(), camera=Camera())
    noisy = render(
        1, size=SMALL, surface="steel", cracks=0, distractors=(), camera=Camera(noise=0.05)
    )
    difference = noisy.image.astype(float) - bare.image
    assert difference.std() == pytest.approx(0.05 * 255, rel=0.15)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"surface": "asfalt"}, "surface: got 'asfalt'.*did you mean 'asphalt'"),
        ({"cracks": "singel"}, "cracks: got 'singel'.*did you mean 'single'"),
        ({"distractors": ("leef",)}, "distractor: got 'leef'.*did you mean 'leaf'"),
        ({"filling": "mos"}, "filling: got 'mos'.*did you mean 'moss'"),
        ({"size": (16, 448)}, "size: got 16x448"),
        ({"seed": -1}, "seed: got -1"),
        ({"width_px": 40.0}, "width_px: got 40"),
        ({"cracks": -2}, "cracks: got -2"),
    ],
)
def test_wrong_options_are_answered(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        render(options.pop("seed", 0), **options)


def test_wrong_jpeg_quality_is_answered():
    with pytest.raises(UsageError, match="jpeg_quality: got 0"):
        Camera(jpeg_quality=0)
