"""How near the measures of drawn cracks come to their truth, and what two data sets say.

Drawn: widths 1.5 to 20 px in steps of 0.25; a bar, an arc and three arms of each, at angles all
around; the probability is the drawn coverage, blurred by 0 to 1 px (Gaussian), with noise of 0.05,
cut to [0, 1]. The mask is the probability from 1/2 on. `probability` measures with the profile,
`mask` from the mask alone. A crack 1.5 px wide, blurred by 1 px, has a probability of 0.55 at most:
from 1/2 on it is in pieces or not there. So `probability, drawn mask` takes the line from the
coverage itself. Lengths (240 to 330 px) and orientations are of cracks in one piece. Errors of
lengths are in percent. Wider spots: bars with a spot that is wider by half the width, 1.5 px at
least.

Real: for each branch of 30 px or more of the truths, the truth's area over length, and the width
at half depth of the photo's own grey profile across the same line (median along it). A truth is
drawn by hand and a profile is blurred by the lens, so this says how far the two ways of seeing a
width lie apart, not which is right.

    python benchmarks/width_accuracy.py [--data DATA] [--step 0.25]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from drawn_cracks import Drawn, as_probability, branching, curved, straight
from grey_profile import compare_with_truths
from machine import as_text, machine_facts
from matplotlib.figure import Figure
from tables import write_results

from crackgauge.measure import measure

NOISE = 0.05
PICTURES = Path(__file__).parent.parent / "docs" / "images" / "measure"
SHAPES = {"bar": straight, "arc": curved, "three arms": branching}


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with uav315 and cfd")
    parser.add_argument("--step", type=float, default=0.25, help="of the widths, in px")
    arguments = parser.parse_args()
    machine = machine_facts("numpy", "scipy", "scikit-image")
    found = pd.DataFrame(_drawn(arguments.step))
    spots = pd.DataFrame(_spots())
    tables = {
        "Drawn cracks (limits from the probability: bias 0.1 px, mean error 0.25 px)": _summary(
            found
        ),
        "The same by width, px": _by_width(found),
        "Widest spot (limit 3 px)": _spot_summary(spots),
    }
    if arguments.data is not None:
        tables["Truths against the photo's own profile"] = [
            compare_with_truths(arguments.data / name, split)
            for name, split in (("uav315", "test"), ("cfd", "test"))
        ]
    _plot(found)
    write_results(
        "width_accuracy",
        title="Accuracy of widths, lengths and orientations",
        command="python benchmarks/width_accuracy.py --data DATA",
        text=f"{(__doc__ or '').strip()}\n\n{as_text(machine)}",
        tables=tables,
        facts={"machine": machine},
    )


def _drawn(step: float) -> list[dict[str, Any]]:
    generator = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for number, width in enumerate(np.arange(1.5, 20 + 1e-9, step)):
        for shape, draw in SHAPES.items():
            # Angles are spread over [0, 180) without ever repeating.
            for turn in range(4):
                angle = (45 * turn + 45 * ((number * 0.618 + len(rows) * 0.127) % 1)) % 180
                blur = float(generator.uniform(0, 1))
                rows += _measured(draw(float(width), angle), shape, angle, blur, len(rows))
    return rows


def _measured(
    drawn: Drawn, shape: str, angle: float, blur: float, seed: int
) -> list[dict[str, Any]]:
    probability = as_probability(drawn.coverage, blur_px=blur, noise=NOISE, seed=seed)
    mask, own = probability >= 0.5, drawn.coverage >= 0.5
    rows = []
    for method, survey in (
        ("probability", measure(mask, probability=probability)),
        ("mask", measure(mask)),
        ("probability, drawn mask", measure(own, probability=probability, threshold=0.5)),
    ):
        image, cracks = survey.images.iloc[0], survey.cracks
        one = len(cracks) == 1 and cracks["bridged_gap_px"][0] == 0
        turned = cracks["angle_deg"][0] - drawn.angle_deg if one else np.nan
        rows.append(
            {
                "method": method,
                "shape": shape,
                "width": drawn.width_px,
                "angle": angle,
                "blur": blur,
                "one": one,
                "mean": image["width_mean_px"] - drawn.width_px,
                "max": image["width_max_px"] - drawn.width_max_px,
                "length": 100 * (image["crack_length_px"] / drawn.length_px - 1) if one else np.nan,
                "orientation": (turned + 90) % 180 - 90,
            }
        )
    return rows


def _spots() -> list[dict[str, Any]]:
    generator = np.random.default_rng(2)
    rows = []
    for number, width in enumerate(np.arange(2, 20, 0.2)):
        drawn = straight(float(width), 137.5 * number % 180, spot_px=max(1.5, width / 2))
        probability = as_probability(
            drawn.coverage, blur_px=float(generator.uniform(0, 1)), noise=NOISE, seed=number
        )
        for method, given in (("probability", probability), ("mask", None)):
            crack = measure(probability >= 0.5, probability=given).cracks.iloc[0]
            place = (crack["width_max_x_px"], crack["width_max_y_px"])
            rows.append(
                {
                    "method": method,
                    "distance": float(np.hypot(*np.subtract(place, drawn.widest))),
                    "max": crack["width_max_px"] - drawn.width_max_px,
                }
            )
    return rows


def _summary(found: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for (method, shape), part in found.groupby(["method", "shape"], sort=False):
        rows.append({"widths from": method, "shape": shape, **_figures(part)})
    for method, part in found.groupby("method", sort=False):
        rows.append({"widths from": method, "shape": "all", **_figures(part)})
    return rows


def _figures(part: pd.DataFrame) -> dict[str, Any]:
    return {
        "drawn": len(part),
        "in one piece": int(part["one"].sum()),
        "bias of mean width, px": float(part["mean"].mean()),
        "mean error, px": float(part["mean"].abs().mean()),
        "sd, px": float(part["mean"].std()),
        "largest, px": float(part["mean"].abs().max()),
        "bias of maximum, px": float(part["max"].mean()),
        "sd of maximum, px": float(part["max"].std()),
        "length, mean %": float(part["length"].mean()),
        "length, largest %": float(part["length"].abs().max()),
        "orientation, largest deg": float(part["orientation"].abs().max()),
    }


def _by_width(found: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for low, high in ((1.5, 2), (2, 3), (3, 5), (5, 10), (10, 20.1)):
        row: dict[str, Any] = {"width": f"{low:g} to {min(high, 20):g}"}
        within = found[found["width"].between(low, high, "left")]
        for method in found["method"].unique():
            part = within[within["method"] == method]
            row[f"{method}: bias"] = float(part["mean"].mean())
            row[f"{method}: mean error"] = float(part["mean"].abs().mean())
            row[f"{method}: largest"] = float(part["mean"].abs().max())
        rows.append(row)
    return rows


def _spot_summary(spots: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "widths from": method,
            "drawn": len(part),
            "within 3 px": int((part["distance"] <= 3).sum()),
            "median distance, px": float(part["distance"].median()),
            "largest distance, px": float(part["distance"].max()),
            "bias of its width, px": float(part["max"].mean()),
            "sd of its width, px": float(part["max"].std()),
        }
        for method, part in spots.groupby("method", sort=False)
    ]


def _plot(found: pd.DataFrame) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for by, unit in (("width", "drawn width, px"), ("angle", "drawn angle, degrees")):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for axis, method in zip(axes, ("probability", "mask"), strict=True):
            part = found[found["method"] == method]
            for (shape, points), colour in zip(
                part.groupby("shape", sort=False), ("#0072b2", "#d55e00", "#009e73"), strict=True
            ):
                axis.plot(points[by], points["mean"], ".", ms=3, color=colour, label=shape)
            axis.axhspan(-0.25, 0.25, color="0.92", zorder=0)
            axis.axhline(0, color="0.5", lw=0.8)
            axis.set(title=f"from the {method}", xlabel=unit, ylim=(-0.8, 0.8))
        axes[0].set_ylabel("mean width less drawn width, px")
        axes[1].legend(frameon=False, fontsize=8)
        figure.savefig(PICTURES / f"width_error_by_{by}.png", dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main()
