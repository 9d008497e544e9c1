"""Draw how the metrics count, by the functions themselves: draw_metrics.py [--out DIR].

Writes the five pictures of docs/metrics.md. Masks are small enough to count the pixels by eye.
"""

import argparse
import io
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Patch, Rectangle
from PIL import Image
from scipy.ndimage import distance_transform_edt

from crackgauge.metrics.centreline import (
    CENTRELINE_TOLERANCE_PX,
    centreline_iou,
    cldice,
    cldice_counts,
    skeleton_of,
)
from crackgauge.metrics.curves import THRESHOLDS, pool
from crackgauge.metrics.distance import HD_LIMIT_PX, distances, hausdorff_distance, hd_score
from crackgauge.metrics.evaluate import EvaluationItem, evaluate_pairs
from crackgauge.metrics.regions import REGION_PX, region_counts, region_map
from crackgauge.metrics.tolerance import (
    Tolerance,
    disk_maximum,
    levels_of,
    match_counts,
    threshold_counts,
)

PICTURES = Path(__file__).parent.parent / "docs" / "images" / "metrics"
# Okabe and Ito 2008: told apart with any colour vision.
HIT, MISS, FALSE_ALARM, PREDICTION = "#009E73", "#56B4E9", "#D55E00", "#0072B2"
TRUTH, GREY, FAINT = "#BDBDBD", "#555555", "#DDDDDD"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
}
TOLERANCE_PX = 2

# T truth alone, P prediction alone, B both
TOLERANCE = """
.P....................
..................PPP.
...TTT..........PPP...
...P.TT...............
....PPTT..............
......PBT.............
.......PBTT...........
........PPTTT.........
..........PPBT........
............BBTT......
..............BTT.....
...P............TTT...
..................TT..
......................
"""
CENTRELINE = """
......................
.................PPPP.
.TTT............PPPP..
.TTTTT..........PPP...
.BBBTTTT..............
.PBBBBTTTT............
..PPBBBBBTTT..........
....PPBBBBBTTT........
......PPBBBBBTTT......
........PPPBBBTTTTT...
..........PPPPTTTTTT..
..............TTTTTTT.
.................TTTT.
......................
"""


def read(art):
    """Prediction and truth of a drawing, bool (H, W) each."""
    letters = np.array([list(line) for line in art.split()])
    return np.isin(letters, ("P", "B")), np.isin(letters, ("T", "B"))


def draw_tolerance():
    prediction, truth = read(TOLERANCE)
    near_truth = disk_maximum(truth, TOLERANCE_PX)
    found = truth & disk_maximum(prediction, TOLERANCE_PX)
    counts = [match_counts(prediction, truth, tolerance_px=px) for px in (0, TOLERANCE_PX)]
    at_0, at_2 = counts

    figure, ((both, numbers), (left, right)) = new_figure(5.5, 2, 2)
    pixels(both, truth.shape, "truth (grey) and prediction (blue)")
    cells(both, truth, TRUTH)
    cells(both, prediction, PREDICTION, side=0.6)

    hits = f"{at_2.predicted_hits} of {at_2.predicted}"
    pixels(left, truth.shape, f"predicted pixels: {hits} are hits")
    outline(left, truth)
    cells(left, prediction & near_truth, HIT)
    cells(left, prediction & ~near_truth, FALSE_ALARM)
    row, column = (int(each[0]) for each in np.nonzero(truth))
    left.add_patch(Circle((column, row), TOLERANCE_PX, fill=False, linewidth=1.5, zorder=4))
    square = Rectangle((column - 2.5, row - 2.5), 5, 5, fill=False, linestyle=":", zorder=4)
    left.add_patch(square)
    left.plot(column, row, "k.", zorder=4)

    pixels(right, truth.shape, f"truth pixels: {at_2.truth_hits} of {at_2.truth} are found")
    outline(right, prediction)
    cells(right, found, HIT)
    cells(right, truth & ~found, MISS)

    rows = [
        ["", "0 px", "2 px"],
        ["precision", *(f"{c.predicted_hits}/{c.predicted} = {c.precision:.3f}" for c in counts)],
        ["recall", *(f"{c.truth_hits}/{c.truth} = {c.recall:.3f}" for c in counts)],
        ["F1", *(f"{c.f1:.3f}" for c in counts)],
    ]
    write_table(numbers, rows, (0.02, 0.3, 0.67))
    patches = {HIT: "within 2 px: hit, found", FALSE_ALARM: "false alarm", MISS: "missed"}
    note = "circle: 2 px around a truth pixel; a corner of the dotted 5 x 5 square is 2.83 px away"
    swatches(figure, patches, note)
    return figure, [f"F1 at 0 px {at_0.f1:.4f}", f"F1 at 2 px {at_2.f1:.4f}"]


def two_predictions():
    """A crack that fades out beside a stain, and a clear one beside a joint that looks like one."""
    noise = np.random.default_rng(4)
    faint, stain, clear, joint = np.zeros((4, 14, 22), np.uint8)
    cv2.polylines(faint, [np.array([(1, 3), (6, 6), (12, 7), (18, 11)])], False, 1)
    cv2.circle(stain, (17, 2), 1, 1, -1)
    cv2.polylines(clear, [np.array([(1, 8), (8, 4), (14, 5), (20, 2)])], False, 1, 2)
    cv2.rectangle(joint, (4, 11), (20, 12), 1, -1)
    first, second = noise.uniform(0.0, 0.12, (2, 14, 22))
    fading = np.linspace(0.4, 0.0, 22) + noise.uniform(0.08, 0.2, faint.shape)
    first = np.where(faint, fading, np.where(stain, fading + 0.05, first))
    second = np.where(joint, noise.uniform(0.3, 0.6, joint.shape), second)
    second = np.where(clear, fading[:, ::-1] + 0.38, second)
    return [
        EvaluationItem("image A", first.astype(np.float32), faint > 0),
        EvaluationItem("image B", second.astype(np.float32), clear > 0),
    ]


def draw_thresholds():
    items = two_predictions()
    each = [threshold_counts(i.prediction, i.truth, TOLERANCE_PX, THRESHOLDS) for i in items]
    f1 = np.array([[counts.f1 for counts in row] for row in (*each, pool(each))])
    evaluation = evaluate_pairs(items, threshold=0.5, tolerances=[Tolerance(TOLERANCE_PX)])
    best = [row["best_threshold@2px"] for row in evaluation.per_image()]
    ods, ods_mean, ois = (evaluation.scores[f"{key}@2px"] for key in ("ods", "ods_mean", "ois"))

    figure = Figure(figsize=(7.8, 5.2), dpi=144, layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.75))
    curves = figure.add_subplot(grid[:, 1])
    for row, item in enumerate(items):
        axes = figure.add_subplot(grid[row, 0])
        pixels(axes, item.truth.shape, f"{item.name}; outlined: truth")
        axes.imshow(item.prediction, cmap="Greys", vmin=0, vmax=1)
        outline(axes, item.truth, PREDICTION)
    for row, (item, colour, at) in enumerate(zip(items, (MISS, FALSE_ALARM), best, strict=True)):
        highest = f1[row, THRESHOLDS.index(at)]
        words = f"{item.name}: best F1 {highest:.3f} at {at:.2f}"
        curves.plot(THRESHOLDS, f1[row], color=colour, linewidth=2, label=words)
        curves.plot(at, highest, "o", color=colour, markersize=8)
    words = f"counts pooled: ODS {ods.value:.3f} at {ods.threshold:.2f}"
    curves.plot(THRESHOLDS, f1[2], color="black", linewidth=2.4, label=words)
    curves.plot(ods.threshold, ods.value, "o", color="black", markersize=8)
    words = f"mean of both: ods_mean {ods_mean.value:.3f} at {ods_mean.threshold:.2f}"
    curves.plot(THRESHOLDS, f1[:2].mean(axis=0), color=GREY, linestyle="--", label=words)
    curves.plot(ods_mean.threshold, ods_mean.value, "D", color=GREY, markersize=7)
    words = f"OIS {ois.value:.3f}: mean of the two best F1"
    curves.axhline(ois.value, color=HIT, linestyle=":", linewidth=2.2, label=words)
    curves.set(xlim=(0, 1), ylim=(0, 1.03), xlabel="threshold", ylabel="F1 within 2 px")
    curves.grid(color=FAINT)
    figure.legend(loc="outside lower center", ncols=2)
    return figure, [f"{score.key} {score.value:.4f}" for score in (ods, ods_mean, ois)]


def draw_one_pass():
    _, item = two_predictions()
    probability, truth = item.prediction, item.truth
    steps, threshold = np.arange(1, 20, dtype=np.float32) / 20, 0.65
    near_truth = disk_maximum(truth, TOLERANCE_PX)
    highest = disk_maximum(probability, TOLERANCE_PX)
    counts = threshold_counts(probability, truth, TOLERANCE_PX, [threshold])[0]

    figure, panels = new_figure(6.1, 2, 2)
    shown = (
        (probability, "probability; outlined: {D ≤ 2 px}", near_truth),
        (np.where(truth, highest, 0), "its maximum over the disk, at the truth", truth),
    )
    parts = (
        (probability[near_truth], "pixels in {D ≤ 2 px}", counts.predicted_hits, "hP", HIT),
        (highest[truth], "truth pixels", counts.truth_hits, "hT", MISS),
    )
    for (picture, histogram), (values, title, area), part in zip(panels, shown, parts, strict=True):
        pixels(picture, truth.shape, title)
        picture.imshow(values, cmap="Greys", vmin=0, vmax=1)
        outline(picture, area, FALSE_ALARM, 2.2)
        draw_histogram(histogram, *part, steps, threshold)
    panels[1, 1].set_xlabel("probability")
    return figure, [f"hP {counts.predicted_hits}", f"hT {counts.truth_hits}"]


def draw_histogram(axes, values, what, hits, name, colour, steps, threshold):
    """Pixels over probability; the tail from the threshold on is shaded."""
    heights = np.bincount(levels_of(values, steps), minlength=len(steps) + 1)
    edges = np.concatenate(([0], steps, [1]))
    tail = edges[:-1] >= np.float32(threshold)
    width = edges[1] - edges[0]
    axes.bar(edges[:-1], heights, width, align="edge", color=FAINT, edgecolor=GREY)
    axes.bar(edges[:-1][tail], heights[tail], width, align="edge", color=colour, edgecolor=GREY)
    axes.axvline(threshold, color="black", linewidth=1.8)
    axes.set_box_aspect(14 / 22)
    axes.set(xlim=(0, 1), ylabel=what, title=f"shaded: {name} = {hits} at threshold {threshold}")


def draw_centreline():
    prediction, truth = read(CENTRELINE)
    predicted_line, true_line = skeleton_of(prediction), skeleton_of(truth)
    counts = cldice_counts(prediction, truth, predicted_line, true_line)
    near = match_counts(predicted_line, true_line, tolerance_px=CENTRELINE_TOLERANCE_PX)
    near_truth = disk_maximum(true_line, CENTRELINE_TOLERANCE_PX)
    found = disk_maximum(predicted_line, CENTRELINE_TOLERANCE_PX)

    figure, ((left, right), (lines, numbers)) = new_figure(5.9, 2, 2)
    pixels(left, truth.shape, f"truth; S(T): {counts.truth_hits} of {counts.truth} px in P")
    cells(left, truth, FAINT)
    cells(left, true_line & prediction, HIT)
    cells(left, true_line & ~prediction, MISS)
    outline(left, prediction)
    words = f"{counts.predicted_hits} of {counts.predicted} px in T"
    pixels(right, truth.shape, f"prediction; S(P): {words}")
    cells(right, prediction, FAINT)
    cells(right, predicted_line & truth, HIT)
    cells(right, predicted_line & ~truth, FALSE_ALARM)
    outline(right, truth)
    pixels(lines, truth.shape, "S(T) as cells, S(P) as dots, within 4 px")
    cells(lines, true_line & found, HIT)
    cells(lines, true_line & ~found, MISS)
    cells(lines, predicted_line & near_truth, GREY, side=0.5)
    cells(lines, predicted_line & ~near_truth, FALSE_ALARM, side=0.5)

    dice, iou = cldice(prediction, truth), centreline_iou(prediction, truth)
    precision, recall = f"{counts.precision:.3f}", f"{counts.recall:.3f}"
    false_alarms, missed = near.predicted - near.predicted_hits, near.truth - near.truth_hits
    rows = [
        ["|S(P) and T| / |S(P)|", precision],
        ["|S(T) and P| / |S(T)|", recall],
        ["clDice", f"{dice:.3f}"],
        ["", ""],
        ["TP, FP, FN", f"{near.truth_hits}, {false_alarms}, {missed}"],
        ["centre-line IoU", f"{iou:.3f}"],
    ]
    write_table(numbers, rows, (0.02, 0.72))
    patches = {HIT: "in the other mask; TP", FALSE_ALARM: "false alarm; FP", MISS: "missed; FN"}
    swatches(figure, patches, "outlined: the other mask; dark dots: S(P) within 4 px of S(T)")
    return figure, [f"clDice {dice:.4f}", f"centre-line IoU {iou:.4f}"]


def draw_regions():
    truth, prediction = np.zeros((2, 160, 220), np.uint8)
    bends = [(0, 22), (60, 34), (110, 80), (160, 92), (219, 142)]
    cv2.polylines(truth, [np.array(bends)], False, 1)
    bends = [(6, 38), (56, 48), (100, 90), (148, 108)]
    cv2.polylines(prediction, [np.array(bends)], False, 1, 3)
    cv2.line(prediction, (172, 14), (204, 24), 1, 3)
    truth, prediction = truth > 0, prediction > 0
    counts = region_counts(prediction, truth)
    found = distances(prediction, truth)
    score, hd95 = hd_score(prediction, truth), hausdorff_distance(prediction, truth)
    h_p, h_t = (np.minimum(side, HD_LIMIT_PX).mean() for side in found)

    figure, (left, right) = new_figure(3.8, 1, 2)
    left.set_title(f"cells of {REGION_PX} px, cut at the border")
    tint_cells(left, region_map(prediction), region_map(truth))
    right.set_title("distances to the other side, px")
    for axes in (left, right):
        cells(axes, prediction, PREDICTION, edge="none")
        cells(axes, truth, "black", edge="none")
        axes.set(xlim=(-0.5, 219.5), ylim=(159.5, -0.5), aspect="equal", xticks=[], yticks=[])
    draw_arrows(
        right, prediction, truth, found.from_prediction, {30: (0, 11), 90: (-16, 8), 194: (-58, 36)}
    )
    draw_arrows(right, truth, prediction, found.from_truth, {130: (10, -9), 219: (-62, -2)})

    words = (
        f"blue: prediction P, black: truth T; region precision {counts.precision:.3f}, "
        f"recall {counts.recall:.3f}, F1 {counts.f1:.3f}\n"
        f"h(P, T) = {h_p:.2f} px, h(T, P) = {h_t:.2f} px, HD-score {score:.2f}, HD95 {hd95:.1f} px"
    )
    patches = {HIT: "cell with crack in both", FALSE_ALARM: "in P alone", MISS: "in T alone"}
    swatches(figure, patches, words)
    return figure, [f"region F1 {counts.f1:.4f}", f"HD-score {score:.2f}", f"HD95 {hd95:.2f}"]


def tint_cells(axes, predicted, true):
    """Draw the grid of regions and colour those that hold a crack."""
    kinds = {HIT: predicted & true, FALSE_ALARM: predicted & ~true, MISS: true & ~predicted}
    for colour, kind in kinds.items():
        for y, x in np.argwhere(kind) * REGION_PX - 0.5:
            axes.add_patch(Rectangle((x, y), REGION_PX, REGION_PX, color=colour, alpha=0.35, lw=0))
    rows, columns = predicted.shape
    for at in range(1, max(rows, columns)):
        axes.axvline(at * REGION_PX - 0.5, color=GREY, linewidth=0.8)
        axes.axhline(at * REGION_PX - 0.5, color=GREY, linewidth=0.8)


def draw_arrows(axes, start, goal, lengths, places):
    """From the first pixel of `start` in some columns to the nearest of `goal`, words beside it."""
    length = np.zeros(start.shape)
    length[start] = lengths
    _, nearest = distance_transform_edt(~goal, return_indices=True)
    for column, (right, down) in places.items():
        row = int(np.argmax(start[:, column]))
        to_row, to_column = nearest[:, row, column]
        arrow = {"arrowstyle": "->", "color": FALSE_ALARM, "linewidth": 1.8, "shrinkA": 0}
        ends = {"xy": (to_column, to_row), "xytext": (column, row)}
        axes.annotate("", **ends, arrowprops={**arrow, "shrinkB": 0}, zorder=4)
        far = length[row, column] > HD_LIMIT_PX
        words = f"{length[row, column]:.1f}" + (f", counts {HD_LIMIT_PX:g}" if far else "")
        axes.text(column + right, row + down, words, ha="center", va="center", color=FALSE_ALARM)


def new_figure(height_in, rows, columns):
    figure = Figure(figsize=(7.8, height_in), dpi=144, layout="constrained")
    return figure, figure.subplots(rows, columns)


def pixels(axes, shape, title):
    """Axes with one unit a pixel, pixel centres at whole numbers, the grid faint."""
    height, width = shape
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    axes.set(xticks=[], yticks=[], title=title)
    axes.hlines(np.arange(height + 1) - 0.5, -0.5, width - 0.5, color=FAINT, linewidth=0.6)
    axes.vlines(np.arange(width + 1) - 0.5, -0.5, height - 0.5, color=FAINT, linewidth=0.6)


def cells(axes, mask, colour, side=1.0, edge="white"):
    """Fill the pixels of a mask with squares."""
    squares = [Rectangle((x - side / 2, y - side / 2), side, side) for y, x in np.argwhere(mask)]
    style = {"facecolor": colour, "edgecolor": edge, "linewidth": 0.5, "zorder": 2}
    axes.add_collection(PatchCollection(squares, **style))


def outline(axes, mask, colour=GREY, linewidth=1.4):
    """Draw the border between a mask and what lies outside, along the pixels' edges."""
    padded = np.pad(mask, 1)
    upright = np.argwhere(padded[:, 1:] != padded[:, :-1]) - (1, 0)
    level = np.argwhere(padded[1:] != padded[:-1]) - (0, 1)
    lines = [((x - 0.5, y - 0.5), (x - 0.5, y + 0.5)) for y, x in upright]
    lines += [((x - 0.5, y - 0.5), (x + 0.5, y - 0.5)) for y, x in level]
    axes.add_collection(LineCollection(lines, color=colour, linewidth=linewidth, zorder=3))


def write_table(axes, rows, columns):
    """Write rows of words from the given places on."""
    axes.axis("off")
    for y, row in zip(np.linspace(0.85, 0.2, len(rows)), rows, strict=True):
        for x, words in zip(columns, row, strict=True):
            axes.text(x, y, words, transform=axes.transAxes, fontsize=12)


def swatches(figure, patches, note):
    """A legend of colours below the panels, with a note of any lines above it."""
    handles = [Patch(color=colour, label=words) for colour, words in patches.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title=note)


def save(figure, path):
    """Write a palette, which is a third of the bytes."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE, kmeans=1).save(
            path, optimize=True
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=PICTURES)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    matplotlib.rcParams.update(STYLE)
    for draw in (draw_tolerance, draw_thresholds, draw_one_pass, draw_centreline, draw_regions):
        figure, figures = draw()
        name = draw.__name__.removeprefix("draw_")
        save(figure, out / f"{name}.png")
        print(f"{name}: {', '.join(figures)}")
