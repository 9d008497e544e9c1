from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from crackgauge.errors import StorageError, UsageError
from crackgauge.images import open_image, read_mask
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import ProgressEvent, predict

Photos = Callable[..., Path]


def tree(out: Path) -> dict[str, bytes]:
    """Every file of a run but the one that holds times."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "timings.csv"
    }


def test_masks_and_probabilities_of_a_folder(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(one=(30,), none=())
    summary = predict(source, tmp_path / "out", model=predictor)
    assert (summary.done, summary.skipped, summary.set_aside, summary.exit_code) == (2, 0, [], 0)
    mask = cv2.imread(str(tmp_path / "out/masks/one.png"), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (64, 96)
    assert np.flatnonzero(mask[:, 48]).tolist() == [29, 30, 31]
    assert set(np.unique(mask)) == {0, 255}
    steps = cv2.imread(str(tmp_path / "out/probabilities/one.png"), cv2.IMREAD_UNCHANGED)
    expected = predictor.predict(source / "one.png")
    assert steps.dtype == np.uint16
    assert np.array_equal(steps, np.rint(expected * np.float32(65535)).astype(np.uint16))
    assert not read_mask(tmp_path / "out/masks/none.png").mask.any()


def test_probability_formats(photos: Photos, predictor: Predictor, tmp_path: Path) -> None:
    source = photos(one=(30,))
    predict(source, tmp_path / "tif", model=predictor, probability_format="tif")
    predict(source, tmp_path / "none", model=predictor, probability_format="none")
    stored = tifffile.imread(tmp_path / "tif/probabilities/one.tif")
    assert np.array_equal(stored, predictor.predict(source / "one.png"))
    assert not (tmp_path / "none/probabilities").exists()


def test_the_threshold_decides(photos: Photos, predictor: Predictor, tmp_path: Path) -> None:
    source = photos(one=(30,))
    predict(source, tmp_path / "out", model=predictor, threshold=0.999)
    mask = read_mask(tmp_path / "out/masks/one.png").mask
    assert np.flatnonzero(mask[:, 48]).tolist() == [30]


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,), z=(30,))
    (source / "empty.jpg").write_bytes(b"")
    (source / "cut.png").write_bytes((source / "a.png").read_bytes()[:-60])
    (source / "folder.jpg").mkdir()
    (source / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    summary = predict(source, tmp_path / "out", model=predictor)
    assert summary.done == 2
    assert summary.exit_code == 3
    assert [(name, reason) for name, reason, _ in summary.set_aside] == [
        ("cut.png", "truncated"),
        ("empty.jpg", "empty"),
        ("folder.jpg", "not-a-file"),
        ("phone.heic", "unsupported"),
    ]
    lines = (tmp_path / "out/set_aside.csv").read_text().splitlines()
    assert lines[0] == "path,reason,sentence"
    assert [line.split(",")[0] for line in lines[1:]] == [
        "cut.png",
        "empty.jpg",
        "folder.jpg",
        "phone.heic",
    ]
    assert sorted(path.name for path in (tmp_path / "out/masks").iterdir()) == ["a.png", "z.png"]


def test_an_input_that_was_good_and_is_not_any_more_leaves_no_old_mask(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,), b=(30,))
    predict(source, tmp_path / "out", model=predictor)
    (source / "a.png").write_bytes(b"")
    summary = predict(source, tmp_path / "out", model=predictor)
    assert (summary.done, summary.skipped, len(summary.set_aside)) == (0, 1, 1)
    assert sorted(path.name for path in (tmp_path / "out/masks").iterdir()) == ["b.png"]


class _Interrupt:
    """Press Ctrl-C once `count` images are done."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, event: ProgressEvent) -> None:
        if event.status == "done":
            self.count -= 1
            if self.count == 0:
                raise KeyboardInterrupt


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_stopped_run_ends_as_an_undisturbed_one(
    photos: Photos, predictor: Predictor, tmp_path: Path, count: int
) -> None:
    source = photos(a=(30,), b=(20, 40), c=(), d=(10,), e=(50,))
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    predict(source, tmp_path / "whole", model=predictor)
    with pytest.raises(KeyboardInterrupt):
        predict(source, tmp_path / "stopped", model=predictor, progress=_Interrupt(count))
    left = [name for name in tree(tmp_path / "stopped") if ".tmp" in name]
    summary = predict(source, tmp_path / "stopped", model=predictor)
    assert left == []
    assert summary.skipped >= count
    assert summary.done + summary.skipped == 5
    assert tree(tmp_path / "stopped") == tree(tmp_path / "whole")


def test_a_finished_run_has_nothing_to_do_again(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    events: list[ProgressEvent] = []
    predict(source, tmp_path / "out", model=predictor)
    before = tree(tmp_path / "out")
    summary = predict(source, tmp_path / "out", model=predictor, progress=events.append)
    assert (summary.done, summary.skipped) == (0, 1)
    assert [(event.status, event.finished, event.total) for event in events] == [("begun", 1, 1)]
    assert tree(tmp_path / "out") == before


def test_other_settings_do_not_mix_with_what_is_there(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,))
    predict(source, tmp_path / "out", model=predictor)
    with pytest.raises(UsageError, match=r"threshold was 0\.5 and is now 0\.04"):
        predict(source, tmp_path / "out", model=predictor, threshold=0.04)
    predict(source, tmp_path / "out", model=predictor, threshold=0.04, overwrite=True)
    predict(source, tmp_path / "fresh", model=predictor, threshold=0.04)
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.mark.parametrize("augmentation", ["flips", "flips+scales"])
def test_augmentation_reaches_the_network(
    photos: Photos, predictor: Predictor, tmp_path: Path, augmentation: str
) -> None:
    source = photos(a=(30,))
    predict(
        source,
        tmp_path / "out",
        model=predictor,
        augmentation=augmentation,  # type: ignore[arg-type]
        probability_format="tif",
    )
    stored = tifffile.imread(tmp_path / "out/probabilities/a.tif")
    expected = predictor.predict(source / "a.png", augmentation=augmentation)
    assert np.array_equal(stored, expected)


@pytest.mark.parametrize("probability_format", ["png", "tif"])
def test_a_big_image_gives_by_window_what_it_gives_whole(
    predictor: Predictor, tmp_path: Path, probability_format: str
) -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(100, 200, (1100, 1300, 3), dtype=np.uint8)
    image[500:503] = 20
    (tmp_path / "photos").mkdir()
    tifffile.imwrite(tmp_path / "photos/big.tif", image, tile=(256, 256))
    events: list[ProgressEvent] = []
    summary = predict(
        tmp_path / "photos",
        tmp_path / "out",
        model=predictor,
        big_px=1_000_000,
        probability_format=probability_format,  # type: ignore[arg-type]
        progress=events.append,
    )
    expected = predictor.predict(image)
    with open_image(tmp_path / "out/masks/big.tif") as mask:
        assert (mask.height, mask.width) == (1100, 1300)
    stored = tifffile.imread(tmp_path / "out/masks/big.tif")
    assert np.array_equal(stored > 0, expected >= 0.5)
    with tifffile.TiffFile(tmp_path / "out/probabilities/big.tif") as file:
        assert file.is_bigtiff
        probability = file.asarray()
    if probability_format == "tif":
        assert np.array_equal(probability, expected)
    else:
        assert np.array_equal(probability, np.rint(expected * np.float32(65535)))
    assert summary.done == 1
    shares = [event.share for event in events if event.status == "working"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_memory_that_does_not_suffice_sets_the_image_aside(
    photos: Photos, predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    source = photos(a=(30,))
    monkeypatch.setattr("crackgauge.pipeline.prediction.write_probability", too_much)
    summary = predict(source, tmp_path / "out", model=predictor)
    ((name, reason, sentence),) = summary.set_aside
    assert (name, reason) == ("a.png", "too-large")
    assert "more memory than there is" in sentence
    assert not list((tmp_path / "out/masks").iterdir())


def test_a_full_disk_stops_and_what_is_finished_stays(
    photos: Photos, predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = photos(a=(30,), b=(30,), c=(30,))
    sync = os.fsync
    calls = 0

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 8:  # within the second image or the third
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StorageError, match="disk is full"):
            predict(source, tmp_path / "out", model=predictor)
    assert (tmp_path / "out/masks/a.png").exists()
    predict(source, tmp_path / "out", model=predictor)
    predict(source, tmp_path / "whole", model=predictor)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_times_are_kept_apart_and_survive_a_second_run(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(a=(30,), b=())
    predict(source, tmp_path / "out", model=predictor)
    first = (tmp_path / "out/timings.csv").read_text().splitlines()
    predict(photos(c=()), tmp_path / "out", model=predictor)
    second = (tmp_path / "out/timings.csv").read_text().splitlines()
    assert first[0] == "image,megapixels,decode_s,network_s,finish_s"
    assert [line.split(",")[:2] for line in first[1:]] == [["a.png", "0.006"], ["b.png", "0.006"]]
    assert second[:3] == first
    assert second[3].startswith("c.png,")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 1.5}, "threshold: got 1.5"),
        ({"tile": 500}, "tile: got 500 px, expected a multiple of 512"),
        ({"augmentation": "mirrors"}, "mirrors"),
    ],
)
def test_wrong_settings_are_named(
    photos: Photos, predictor: Predictor, tmp_path: Path, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        predict(photos(a=(30,)), tmp_path / "out", model=predictor, **options)  # type: ignore[arg-type]


def test_images_that_are_worked_on_alone_give_the_same(
    photos: Photos, predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = photos(a=(30,), b=(20,), c=())
    predict(source, tmp_path / "together", model=predictor)
    monkeypatch.setattr("crackgauge.pipeline.stream._ALONE_PX", 1000)
    events: list[ProgressEvent] = []
    predict(source, tmp_path / "alone", model=predictor, progress=events.append)
    assert [event.name for event in events] == ["", "a.png", "b.png", "c.png"]
    assert tree(tmp_path / "alone") == tree(tmp_path / "together")


def test_stopping_within_a_big_image_leaves_nothing_of_it(
    predictor: Predictor, tmp_path: Path
) -> None:
    def interrupt(event: ProgressEvent) -> None:
        if event.status == "working":
            raise KeyboardInterrupt

    (tmp_path / "photos").mkdir()
    for name in ("a.tif", "b.tif"):  # the second is open already when the first is stopped
        image = np.full((1100, 1100, 3), 180, np.uint8)
        tifffile.imwrite(tmp_path / "photos" / name, image, tile=(256, 256))
    with pytest.raises(KeyboardInterrupt):
        predict(
            tmp_path / "photos",
            tmp_path / "out",
            model=predictor,
            big_px=1_000_000,
            progress=interrupt,
        )
    assert sorted(tree(tmp_path / "out")) == [".lock", "run.json"]
    summary = predict(tmp_path / "photos", tmp_path / "out", model=predictor, big_px=1_000_000)
    assert summary.done == 2


def test_a_big_image_that_is_damaged_within_is_set_aside(
    predictor: Predictor, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    path = tmp_path / "photos/a.tif"
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (1100, 1100, 3), dtype=np.uint8)
    tifffile.imwrite(path, image, tile=(256, 256), compression="zlib")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    summary = predict(tmp_path / "photos", tmp_path / "out", model=predictor, big_px=1_000_000)
    assert [(name, reason) for name, reason, _ in summary.set_aside] == [("a.tif", "corrupt")]
    assert sorted(tree(tmp_path / "out")) == [".lock", "run.json", "set_aside.csv"]


def test_masks_are_thinned_where_that_is_asked_for(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(one=(30,))
    predict(source, tmp_path / "out", model=predictor, thin=True)
    mask = read_mask(tmp_path / "out/masks/one.png").mask
    assert np.flatnonzero(mask[:, 48]).tolist() == [30]
    # The probability stays; a run that is not thinned is another one.
    assert np.count_nonzero(cv2.imread(str(tmp_path / "out/probabilities/one.png"), -1)[:, 48]) > 1
    with pytest.raises(UsageError, match="thin was true and is now null"):
        predict(source, tmp_path / "out", model=predictor)


def test_a_model_may_say_that_its_masks_are_thinned(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(one=(30,))
    described = predictor.metadata.model_copy(update={"postprocessing": ("thin",)})
    backend = predictor.network().backend
    model = Predictor(described, backend, digest=predictor.digest)
    predict(source, tmp_path / "own", model=model)
    predict(source, tmp_path / "raw", model=model, thin=False)
    counts = [
        int(read_mask(tmp_path / name / "masks/one.png").mask[:, 48].sum())
        for name in ("own", "raw")
    ]
    assert counts == [1, 3]


def test_what_is_too_large_to_be_thinned_is_set_aside(
    photos: Photos, predictor: Predictor, tmp_path: Path
) -> None:
    source = photos(one=(30,))
    summary = predict(source, tmp_path / "out", model=predictor, thin=True, big_px=100)
    assert (summary.done, len(summary.set_aside)) == (0, 1)
    assert "--no-thin" in (tmp_path / "out/set_aside.csv").read_text()
    assert not (tmp_path / "out/masks/one.tif").exists()
