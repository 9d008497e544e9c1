"""Draw how cracks are measured, by the functions themselves: draw_measures.py [--out DIR].

Writes two pictures of docs/measure.md.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy.ndimage import gaussian_filter, map_coordinates

from crackgauge.measure import Bridging, measure
from crackgauge.measure.pieces import measure_pieces, put_together
from crackgauge.measure.profile import EDGE_PX

PICTURES = Path(__file__).parent.parent / "docs" / "images" / "measure"
MASK, LINE, WIDTH, GAP = "0.82", "#0072B2", "#D55E00", "#009E73"
FINE = 8


def draw_crack() -> np.ndarray:
    """Coverage in [0, 1] of a bent crack with a branch, a gap and a bulge."""
    y, x = (np.mgrid[: 56 * FINE, : 120 * FINE] + 0.5) / FINE
    bend = 30 + 6 * np.sin(x / 17)
    half = 2.2 + 1.6 * np.exp(-(((x - 84) / 7) ** 2))
    inside = (np.abs(y - bend) < half) & (x > 8) & (x < 112) & ~((x > 58) & (x < 65))
    inside |= (np.abs(y - bend + 0.8 * (x - 26)) < 2.4) & (x > 24) & (x < 52)
    return inside.reshape(56, FINE, 120, FINE).mean(axis=(1, 3))


def draw_lines(out: Path) -> str:
    """The mask, its centre lines up to the ends of the mask, some widths, the gap, the spot."""
    coverage = draw_crack()
    mask = coverage >= 0.5
    pieces = put_together(
        [measure_pieces(mask, probability=None, threshold=0.5, min_area_px2=20)], Bridging()
    )
    survey = measure(mask)
    crack = survey.cracks.iloc[0]
    figure = Figure(figsize=(10, 4.9), layout="constrained")
    axis = figure.subplots()
    axis.imshow(~mask, cmap="gray", vmin=-3.5, vmax=1, extent=(0, 120, 56, 0), interpolation="none")
    for line in survey.branches["line_px"]:
        axis.plot(line[:, 0], line[:, 1], color=LINE, lw=1.8)
    samples = pieces.samples
    for index in np.flatnonzero(~samples.at_junction)[::7]:
        x, y = samples.position[index]
        across = np.array([-samples.tangent[index, 1], samples.tangent[index, 0]])
        ends = np.array(
            [
                (x, y) - across * samples.width_px[index] / 2,
                (x, y) + across * samples.width_px[index] / 2,
            ]
        )
        axis.plot(ends[:, 0], ends[:, 1], color=WIDTH, lw=1.2)
    tips = pieces.branches.tips.reshape(-1, 2)[pieces.branches.outward.reshape(-1, 2).any(axis=1)]
    near = tips[np.argsort(np.hypot(tips[:, 0] - 61.5, tips[:, 1] - 27))[:2]]
    axis.plot(near[:, 0], near[:, 1], color=GAP, lw=1.8, ls=":")
    axis.plot(crack["width_max_x_px"], crack["width_max_y_px"], "o", ms=16, mfc="none", mec=WIDTH)
    axis.legend(
        handles=[
            Patch(color=MASK, label="mask"),
            Patch(color=LINE, label="centre line, to the ends of the mask"),
            Patch(color=WIDTH, label="widths; the widest spot"),
            Patch(color=GAP, label="bridged gap"),
        ],
        loc="lower left",
        ncols=4,
        frameon=False,
        bbox_to_anchor=(0, 1.0),
    )
    axis.set(xlabel="x, px", ylabel="y, px")
    figure.savefig(out / "lines.png", dpi=110, metadata={"Software": None})
    return (
        f"lines: {len(survey.cracks)} crack, {crack['branch_count']} branches, "
        f"{crack['length_px']:.1f} px long, {crack['bridged_gap_px']:.1f} px bridged"
    )


def draw_profile(out: Path) -> str:
    """A thin blurred crack: where the mask ends, and the width that the integral gives."""
    coverage = np.zeros((40, 40))
    coverage[:, 16:22] = (0.35, 1, 1, 1, 0.9, 0)  # 4.25 px
    probability = gaussian_filter(coverage, 0.8).astype(np.float32)
    mask = probability >= 0.5
    found = measure(mask, probability=probability).cracks.iloc[0]
    of_mask = measure(mask).cracks.iloc[0]
    at = np.linspace(12, 27, 301)
    values = map_coordinates(probability, [np.full(301, 20.0), at - 0.5], order=1)
    left, right = np.flatnonzero(mask[20])[[0, -1]] + (0, 1)
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    axis = figure.subplots()
    axis.bar(np.arange(12, 27) + 0.5, coverage[20, 12:27], width=1, color=MASK, label="drawn")
    axis.plot(at, values, color=LINE, lw=1.8, label="probability across")
    summed = (np.abs(at - left) <= EDGE_PX) | (np.abs(at - right) <= EDGE_PX)
    axis.fill_between(at, values, where=summed, color=LINE, alpha=0.25, lw=0)
    for edge in (left, right):
        axis.axvline(edge, color="0.4", lw=1, ls="--")
    axis.axhline(0.5, color="0.4", lw=0.8)
    axis.set(xlabel="px across the crack", ylabel="probability", ylim=(0, 1.1))
    axis.set_title(
        f"drawn 4.25 px, from the probability {found['width_mean_px']:.2f}, "
        f"from the mask {of_mask['width_mean_px']:.2f}",
        fontsize=11,
    )
    axis.legend(frameon=False)
    figure.savefig(out / "profile.png", dpi=110, metadata={"Software": None})
    return (
        f"profile: drawn 4.25 px, probability {found['width_mean_px']:.2f}, "
        f"mask {of_mask['width_mean_px']:.2f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PICTURES)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    print(draw_lines(folder))
    print(draw_profile(folder))
