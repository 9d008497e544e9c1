"""Compare rendered photographs with real ones: contrast of texture and cracks, colour, width.

    crackgauge data synth --out rendered/ --count 200 --seed 1 --crack-free 0
    python benchmarks/rendered_realism.py DATA/uav315 rendered/ --split train \\
        --out benchmarks/results/rendered_realism.json

The JSON file holds, for each measure, the 10th, 50th and 90th percentile over pictures; a Markdown
table of the same name is written beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.morphology import skeletonize

from crackgauge.data.pairs import find_pairs
from crackgauge.errors import CrackgaugeError
from crackgauge.files import write_text_atomic
from crackgauge.images import read_image, read_mask

PERCENTILES = (10, 50, 90)
OCTAVES_PX = (1, 2, 4, 8, 16, 32)
RING_PX = (3, 9)  # what is beside a crack
BACKGROUND_PX = 8


def measures(image: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The measures of one picture with cracks; grey levels of 255, shares, px."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    distance = ndimage.distance_transform_edt(~mask)
    background = distance > BACKGROUND_PX
    ring = (distance > RING_PX[0]) & (distance < RING_PX[1])
    soft = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in OCTAVES_PX)]
    result = {"grey beside cracks": float(grey[ring].mean())}
    names = ["below 1", *(f"{a} to {b}" for a, b in itertools.pairwise(OCTAVES_PX))]
    for name, fine, coarse in zip(names, soft, soft[1:], strict=False):
        result[f"texture {name} px"] = float((fine - coarse)[background].std())
    result["green to red (a*)"] = float(lab[..., 1][background].mean())
    result["blue to yellow (b*)"] = float(lab[..., 2][background].mean())
    beside = grey[ring].mean()
    result["crack as a share of beside"] = float(grey[mask].mean() / beside)
    result["its darkest 5 % as a share"] = float(np.percentile(grey[mask], 5) / beside)
    result["width (mask by skeleton), px"] = float(mask.sum() / max(skeletonize(mask).sum(), 1))
    result["crack pixels, %"] = 100 * float(mask.mean())
    return result


def percentiles(root: Path, split: str | None) -> tuple[int, dict[str, list[float]]]:
    """How many pictures have cracks, and the percentiles of every measure over them."""
    rows = []
    for pair in find_pairs(root, split=split):
        if pair.mask is None:
            continue
        mask = read_mask(pair.mask).mask
        if mask.any():
            rows.append(measures(read_image(pair.image), mask))
    return len(rows), {
        name: np.percentile([row[name] for row in rows], PERCENTILES).round(3).tolist()
        for name in rows[0]
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("--split", help="split of the real ones")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    try:
        found = {
            "real": percentiles(options.real, options.split),
            "rendered": percentiles(options.rendered, None),
        }
        table = {
            name: {"pictures": count, "percentiles": list(PERCENTILES), "measures": values}
            for name, (count, values) in found.items()
        }
        write_text_atomic(options.out, json.dumps(table, indent=2) + "\n")
        (real_count, real), (rendered_count, rendered) = found["real"], found["rendered"]
        lines = [
            "# Rendered photographs beside real ones",
            "",
            "Percentiles 10, 50, 90 over pictures with cracks; grey levels of 255. "
            "Written by `benchmarks/rendered_realism.py`.",
            "",
            f"| measure | {options.real.name} ({real_count}) | rendered ({rendered_count}) |",
            "|---|---|---|",
        ]
        for name, values in real.items():
            cells = (", ".join(f"{v:.2f}" for v in row) for row in (values, rendered[name]))
            lines.append(f"| {name} | {' | '.join(cells)} |")
        write_text_atomic(options.out.with_suffix(".md"), "\n".join(lines) + "\n")
    except CrackgaugeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
