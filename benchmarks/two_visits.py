"""What `compare` says of photographs in which nothing has changed.

    python benchmarks/two_visits.py --data DATA/uav315 --runs RUNS

The second version of each test photo is seen from elsewhere, in another light, blurred, noisy and
compressed once more. Whatever is called new, gone, grown or shrunk is wrong.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tables import write_results

from crackgauge.errors import CrackgaugeError
from crackgauge.pipeline import inspect
from crackgauge.pipeline.visits import compare

LENGTHS_PX = (0, 30, 80, 200, np.inf)
MEASURES = ("length", "width_mean", "width_max")


def second_version(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same surface on another day, uint8 (H, W, 3)."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + (rng.uniform(-0.06, 0.06, (4, 2)) * width).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, moved)
    seen = cv2.warpPerspective(
        image, view, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    lit = 255 * (seen / 255.0) ** rng.uniform(0.75, 1.35) * rng.uniform(0.85, 1.15)
    blurred = cv2.GaussianBlur(np.clip(lit, 0, 255), None, rng.uniform(0.3, 0.8))
    noisy = blurred + rng.normal(0, rng.uniform(1, 4), blurred.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def make_photos(data: Path, runs: Path, seed: int) -> tuple[Path, Path]:
    """Write both versions of the test photos; return their folders."""
    before, after = runs / "photos-before", runs / "photos-after"
    rng = np.random.default_rng(seed)
    for folder in (before, after):
        folder.mkdir(parents=True, exist_ok=True)
    for stem in sorted((data / "test.txt").read_text(encoding="utf-8").split()):
        name = f"{Path(stem).stem}.jpg"
        image = cv2.imread(str(data / "images" / name))
        cv2.imwrite(str(before / name), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        second = second_version(image, rng)
        cv2.imwrite(str(after / name), second, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return before, after


def spread(values: pd.Series) -> float:
    """Robust standard deviation."""
    return float(1.4826 * (values - values.median()).abs().median())


def tables(changes: pd.DataFrame) -> dict[str, list[dict[str, object]]]:
    longest = changes[["length_before_px", "length_after_px"]].max(axis=1)
    matched = changes["status"].isin(["grown", "shrunk", "unchanged"])
    rows: list[dict[str, object]] = []
    for low, high in itertools.pairwise(LENGTHS_PX):
        chosen = changes[matched & (longest >= low) & (longest < high)]
        row: dict[str, object] = {"crack, px": f"{low:g} to {high:g}", "cracks": len(chosen)}
        row |= {f"{name}, px": spread(chosen[f"{name}_change_px"]) for name in MEASURES}
        row["called unchanged"] = float((chosen["status"] == "unchanged").mean())
        rows.append(row)
    alone = changes["status"].isin(["new", "gone"])
    counts = [
        {"status": status, "cracks": int(count)}
        for status, count in changes["status"].value_counts().items()
    ]
    summary = {
        "matched cracks": int(matched.sum()),
        "of them called grown or shrunk": float((changes["status"][matched] != "unchanged").mean()),
        "called new or gone": int(alone.sum()),
        "their share of the length": float(longest[alone].sum() / longest.sum()),
        "their median length, px": float(longest[alone].median()),
    }
    return {
        "Changes where nothing changed": [summary],
        "By status": counts,
        "Robust standard deviation of the change, by length": rows,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder uav315")
    parser.add_argument("--runs", type=Path, required=True, help="folder for photos and surveys")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    try:
        photos = make_photos(options.data, options.runs, options.seed)
        surveys = [options.runs / "survey-before", options.runs / "survey-after"]
        for folder, survey in zip(photos, surveys, strict=True):
            inspect(folder, survey, formats="csv", overwrite=True)
        summary = compare(*surveys, options.runs / "change", overwrite=True)
        pairs = pd.read_csv(summary.out / "pairs.csv")
    except CrackgaugeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    write_results(
        "two_visits",
        title="Two visits in which nothing has changed",
        command=f"python benchmarks/two_visits.py --data DATA/uav315 --runs RUNS "
        f"--seed {options.seed}",
        text=f"{summary.pairs} pairs of test photos, default model, no scale; "
        f"{(pairs['registration'] == 'features').sum()} laid over each other by features, with a "
        f"mean root mean square error of {pairs['registration_error_px'].mean():.2f} px.",
        tables=tables(summary.changes),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
