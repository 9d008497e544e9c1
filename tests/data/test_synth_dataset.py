"""Folders of rendered photographs."""

import json

import numpy as np
import pytest
from PIL import Image

from crackgauge.data.synth import render_sample_photos, write_dataset
from crackgauge.errors import UsageError

SIZE = (64, 96)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_images_masks_and_truths_belong_together(tmp_path):
    images = write_dataset(tmp_path, 8, 3, size=SIZE, suffix=".png")
    assert [image.parent.name for image in images] == ["images"] * 8
    empty = 0
    for image in images:
        truth = json.loads((tmp_path / "truth" / f"{image.stem}.json").read_text())
        mask = pixels(tmp_path / "masks" / f"{image.stem}.png")
        assert pixels(image).shape == (*SIZE, 3)
        assert mask.shape == SIZE
        assert set(np.unique(mask)) <= {0, 255}
        assert (mask > 0).sum() == truth["crack_pixels"]
        assert image.stem.startswith(truth["surface"])
        assert len(truth["centre_lines"]) == len(truth["widths_px"])
        lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in truth["centre_lines"]]
        assert truth["length_px"] == pytest.approx(sum(lengths), abs=0.1)
        empty += not truth["centre_lines"]
    assert empty == 2  # a quarter of eight


def test_same_seed_same_files_and_more_jobs_change_nothing(tmp_path):
    write_dataset(tmp_path / "one", 4, 3, size=SIZE)
    write_dataset(tmp_path / "two", 4, 3, size=SIZE, jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_larger_count_only_adds(tmp_path):
    write_dataset(tmp_path, 2, 3, size=SIZE)
    before = contents(tmp_path)
    seen = []
    write_dataset(
        tmp_path, 3, 3, size=SIZE, progress=lambda done, count: seen.append((done, count))
    )
    after = contents(tmp_path)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 3
    assert seen == [(3, 3)]


def test_a_lost_picture_is_rendered_again(tmp_path):
    images = write_dataset(tmp_path, 3, 3, size=SIZE)
    before = contents(tmp_path)
    (tmp_path / "truth" / f"{images[1].stem}.json").unlink()
    images[1].unlink()
    write_dataset(tmp_path, 3, 3, size=SIZE)
    assert contents(tmp_path) == before


def test_other_settings_in_the_same_folder_are_refused(tmp_path):
    write_dataset(tmp_path, 1, 3, size=SIZE)
    with pytest.raises(UsageError, match="rendered with other settings"):
        write_dataset(tmp_path, 1, 4, size=SIZE)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"negatives": 1.5}, "negatives: got 1.5"),
        ({"surfaces": ()}, "surfaces: got none"),
        ({"surfaces": ("woood",)}, "surface: got 'woood'"),
        ({"suffix": ".bmp"}, "suffix: got '.bmp'"),
        ({"jobs": 0}, "jobs 0"),
        ({"size": (8, 8)}, "size: got 8x8"),
    ],
)
def test_wrong_settings_are_answered_before_anything_is_written(tmp_path, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        write_dataset(tmp_path / "out", 2, 0, **options)
    assert not (tmp_path / "out").exists()


def test_sample_photos_carry_place_and_time(tmp_path):
    photos = render_sample_photos(tmp_path, size=(96, 128))
    assert len(photos) == 6
    tagged = []
    for photo in photos:
        with Image.open(photo) as image:
            assert image.format == "JPEG"
            assert image.size == (128, 96)
            exif = image.getexif()
        gps = exif.get_ifd(0x8825)
        if gps:
            degrees, minutes, seconds = (float(part) for part in gps[2])
            assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(46.948, abs=0.001)
            assert exif.get_ifd(0x8769)[0x9003].startswith("2025:04:16")
            tagged.append(photo.name)
    assert tagged == ["deck_01.jpg", "deck_02.jpg"]


def test_sample_photos_are_the_same_each_time(tmp_path):
    render_sample_photos(tmp_path / "a", size=(64, 64))
    render_sample_photos(tmp_path / "b", size=(64, 64))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
