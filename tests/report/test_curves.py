from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crackgauge.errors import StorageError, UsageError
from crackgauge.report.curves import (
    IouCurve,
    PrecisionRecallCurve,
    ReliabilityBins,
    write_iou_curves,
    write_precision_recall,
    write_reliability,
)

THRESHOLDS = np.arange(1, 100) / 100
BLUE, ORANGE, GREY = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x55, 0x55, 0x55)
BINS = ReliabilityBins(
    "all pixels",
    np.array([0, 0.25, 0.5, 0.75, 1.0]),
    np.array([0.01, 0.3, np.nan, 0.9]),
    np.array([0.0, 0.1, np.nan, 0.8]),
    np.array([1_000_000, 500, 0, 1]),
)


def level(precision: float, label: str = "2 px") -> PrecisionRecallCurve:
    """A level line; its ODS point is that of the highest recall."""
    recall = 1 - THRESHOLDS / 2
    return PrecisionRecallCurve(label, np.full(99, precision), recall, 0)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert set(image.info) == {"dpi"}  # no date, no version
        return np.asarray(image.convert("RGB"))


def where(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (picture == np.array(colour)).all(axis=2)


def line_row(picture: np.ndarray) -> float:
    """Row of the longest blue line, between its upper and its lower border."""
    lengths = where(picture, BLUE).sum(axis=1)
    return float(np.flatnonzero(lengths == lengths.max()).mean())


def line_column(picture: np.ndarray) -> float:
    lengths = where(picture, GREY).sum(axis=0)
    return float(np.flatnonzero(lengths == lengths.max()).mean())


def test_precision_goes_up_evenly(tmp_path):
    rows = []
    for precision in (0.25, 0.5, 0.75):
        path = tmp_path / "pr.png"
        write_precision_recall(path, [level(precision)], thresholds=THRESHOLDS, title="Title")
        rows.append(line_row(read(path)))
    assert rows[0] - rows[1] == pytest.approx(rows[1] - rows[2], abs=1.0)
    assert rows[1] - rows[2] > 150


def test_the_ods_point_is_marked_where_it_lies(tmp_path):
    rising = np.linspace(0.2, 0.8, 99)
    centres = []
    for best in (10, 88):
        curve = PrecisionRecallCurve("2 px", rising, rising, best)
        write_precision_recall(tmp_path / "pr.png", [curve], thresholds=THRESHOLDS, title="Title")
        blue = where(read(tmp_path / "pr.png"), BLUE)
        # The marker is the only place where 12 rows of one column are blue.
        runs = np.stack([blue[start : start - 12 or None] for start in range(12)]).all(axis=0)
        rows, columns = np.nonzero(runs)
        centres.append((rows.mean(), columns.mean()))
    assert centres[0][0] > centres[1][0] + 200
    assert centres[0][1] < centres[1][1] - 200


def test_thresholds_that_find_nothing_are_left_out(tmp_path):
    whole = level(0.5)
    nothing = np.arange(99) >= 60
    falling = whole._replace(
        precision=np.where(nothing, 0.0, whole.precision),
        recall=np.where(nothing, 0.0, whole.recall),
    )
    cut = whole._replace(
        precision=np.where(nothing, 0.5, whole.precision),
        recall=np.where(nothing, whole.recall[59], whole.recall),
    )
    for name, curve in (("falling", falling), ("cut", cut)):
        write_precision_recall(tmp_path / f"{name}.png", [curve], thresholds=THRESHOLDS, title="T")
    pictures = [where(read(tmp_path / f"{name}.png"), BLUE) for name in ("falling", "cut")]
    assert abs(int(pictures[0].sum()) - int(pictures[1].sum())) < 20


def test_the_note_is_printed_and_the_picture_stays_as_wide(tmp_path):
    for name, note in (("without", ""), ("with", "threshold chosen on the evaluated images")):
        write_precision_recall(
            tmp_path / f"{name}.png", [level(0.5)], thresholds=THRESHOLDS, title="Title", note=note
        )
    warning = (0xA3, 0x3B, 0x00)
    without, with_note = read(tmp_path / "without.png"), read(tmp_path / "with.png")
    assert without.shape == with_note.shape
    assert not where(without, warning).any()
    note_rows = np.flatnonzero(where(with_note, warning).any(axis=1))
    assert note_rows.min() > 40  # below the title
    assert note_rows.max() < line_row(with_note)


@pytest.mark.parametrize("sentences", [0, 1, 2, 3])
def test_the_title_is_whole_however_long_the_note_is(tmp_path, sentences):
    options = {"title": "Title", "note": "The threshold was chosen on the images. " * sentences}
    over_thresholds = {"thresholds": THRESHOLDS, **options}
    for count in (1, 3):
        curves = [level(0.5, f"{number} px") for number in range(count)]
        write_precision_recall(tmp_path / f"pr{count}.png", curves, **over_thresholds)
    iou = [IouCurve("a", THRESHOLDS)]
    write_iou_curves(tmp_path / "iou.png", iou, threshold=0.5, **over_thresholds)
    write_reliability(tmp_path / "reliability.png", [BINS], **options)
    for path in tmp_path.iterdir():
        assert (read(path)[:8] > 128).all()  # no ink at the very top


def test_the_fixed_threshold_is_an_upright_line(tmp_path):
    curve = IouCurve("default", 0.6 - (THRESHOLDS - 0.4) ** 2)
    columns = []
    for threshold in (0.25, 0.5, 0.75):
        write_iou_curves(
            tmp_path / "iou.png",
            [curve],
            thresholds=THRESHOLDS,
            threshold=threshold,
            title="IoU over the threshold",
        )
        columns.append(line_column(read(tmp_path / "iou.png")))
    assert columns[1] - columns[0] == pytest.approx(columns[2] - columns[1], abs=1.0)
    assert columns[1] - columns[0] > 150
    write_iou_curves(
        tmp_path / "none.png", [curve], thresholds=THRESHOLDS, threshold=None, title="IoU"
    )
    assert where(read(tmp_path / "none.png"), GREY).sum(axis=0).max() < 60


def test_the_mean_is_drawn_in_the_colour_of_its_curve(tmp_path):
    # Half of the thresholds at 0.8, half at 0.2: no line at the mean but that of the mean.
    curve = IouCurve("default", np.where(THRESHOLDS < 0.5, 0.8, 0.2))
    flat = IouCurve("default", np.full(99, float(curve.iou.mean())))
    for name, drawn in (("steps", curve), ("flat", flat)):
        write_iou_curves(
            tmp_path / f"{name}.png", [drawn], thresholds=THRESHOLDS, threshold=None, title="IoU"
        )
    row = round(line_row(read(tmp_path / "flat.png")))
    blue = where(read(tmp_path / "steps.png"), BLUE)
    assert blue[row - 1 : row + 2].any(axis=0).sum() > 200  # dotted


def test_bins_without_a_pixel_and_curves_without_a_value_are_drawn(tmp_path):
    write_reliability(tmp_path / "a.png", [BINS, BINS._replace(label="B")], title="Reliability")
    assert where(read(tmp_path / "a.png"), ORANGE).any()
    write_reliability(
        tmp_path / "b.png", [BINS._replace(pixels=np.zeros(4, np.int64))], title="Reliability"
    )
    write_iou_curves(
        tmp_path / "c.png",
        [IouCurve("a", np.full(99, np.nan))],
        thresholds=THRESHOLDS,
        threshold=0.5,
        title="IoU",
    )


def test_names_are_drawn_as_they_are(tmp_path):
    labels = ["$x$ \\frac{", "_hidden", "中文 caf\udce9", "long " * 60]
    write_precision_recall(
        tmp_path / "pr.png",
        [level(0.1 + 0.2 * index, label) for index, label in enumerate(labels)],
        thresholds=THRESHOLDS,
        title="$\\frac{ 中文",
        note="_$^",
    )
    picture = read(tmp_path / "pr.png")
    # The sample of the second curve in the legend, below the axes.
    assert where(picture, ORANGE)[1000:].any()


def test_equal_curves_give_equal_bytes_whatever_the_style_of_the_user(tmp_path):
    import matplotlib

    curves = [level(0.5), level(0.6, "5 px")]
    write_precision_recall(tmp_path / "a.png", curves, thresholds=THRESHOLDS, title="Title")
    with matplotlib.rc_context({"lines.linewidth": 9.0, "axes.facecolor": "black"}):
        write_precision_recall(tmp_path / "b.png", curves, thresholds=THRESHOLDS, title="Title")
        assert matplotlib.rcParams["lines.linewidth"] == 9.0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_matplotlib_is_loaded_late_without_pyplot_and_without_a_word(tmp_path):
    code = """
import sys
import numpy as np
from crackgauge.report.curves import IouCurve, write_iou_curves
import crackgauge.report.error_sheet
assert "matplotlib" not in sys.modules
curve = IouCurve("a", np.linspace(0, 1, 9))
write_iou_curves(sys.argv[1], [curve], thresholds=np.arange(1, 10) / 10, threshold=None, title="中")
assert "matplotlib.pyplot" not in sys.modules
"""
    blocked = tmp_path / "file"
    blocked.touch()
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "iou.png")],
        env={**os.environ, "MPLCONFIGDIR": str(blocked / "folder")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "iou.png").exists()


def test_what_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "x.png"
    options = {"thresholds": THRESHOLDS, "title": "Title"}
    with pytest.raises(UsageError, match="no curve"):
        write_precision_recall(path, [], **options)
    with pytest.raises(UsageError, match=r"recall: got the shape \(3,\), expected \(99,\)"):
        write_precision_recall(path, [level(0.5)._replace(recall=np.zeros(3))], **options)
    with pytest.raises(UsageError, match="index below 99"):
        write_precision_recall(path, [level(0.5)._replace(best=99)], **options)
    with pytest.raises(UsageError, match="iou"):
        write_iou_curves(path, [IouCurve("a", np.zeros(98))], threshold=None, **options)
    with pytest.raises(UsageError, match="share"):
        write_reliability(path, [BINS._replace(share=np.zeros(3))], title="Title")
    with pytest.raises(UsageError, match=r"\.png"):
        write_precision_recall(tmp_path / "x.pdf", [level(0.5)], **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        write_reliability(tmp_path / "file" / "x.png", [BINS], title="Title")
