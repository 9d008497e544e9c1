"""What the dataset doctor finds in public sets, and how many planted faults it finds.

    python benchmarks/dataset_doctor.py DATA

DATA holds the sets by the names of `SETS`. In every third pair without a finding a fault is
planted: the mask turned by 180 degrees, mirrored left to right, moved by 6 px down and 8 px to
the right, or replaced by that of the image half the set away, where it is of the same size.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tables import write_results

from crackgauge.arrays import Mask
from crackgauge.data.doctor import DoctorReport, check
from crackgauge.data.doctor_contrast import contrast_of
from crackgauge.data.doctor_pair import Examined
from crackgauge.errors import CrackgaugeError
from crackgauge.images import read_image, read_mask

SETS = ("cfd", "uav315", "deepcrack256", "crack500_256", "aiglern_tiles")
FAULTS = ("turned by 180 degrees", "mirrored", "moved 6 px down, 8 px right", "of another image")
EVERY = 3


def sound(report: DoctorReport) -> list[Examined]:
    """Pairs whose mask stands out as it lies."""
    return [
        one
        for one in report.examined
        if one.contrast is not None and one.contrast.finding is None and one.pair.mask is not None
    ]


def planted(mask: Mask, other: Mask) -> Iterator[tuple[str, Mask]]:
    """The faulty masks of one pair."""
    moved = np.zeros_like(mask)
    moved[6:, 8:] = mask[:-6, :-8]
    yield FAULTS[0], mask[::-1, ::-1]
    yield FAULTS[1], mask[:, ::-1]
    yield FAULTS[2], moved
    if other.shape == mask.shape:
        yield FAULTS[3], other


def plant(report: DoctorReport) -> tuple[Counter[str], Counter[str]]:
    """How many faults of each kind were planted, and how many were found."""
    pairs = sound(report)
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for place in range(0, len(pairs), EVERY):
        one, other = pairs[place], pairs[(place + len(pairs) // 2) % len(pairs)]
        if one.pair.mask is None or other.pair.mask is None:
            continue
        image, mask = read_image(one.pair.image), read_mask(one.pair.mask).mask
        for fault, wrong in planted(mask, read_mask(other.pair.mask).mask):
            contrast = contrast_of(image, wrong)
            tried[fault] += 1
            found[fault] += contrast is not None and contrast.finding is not None
    return tried, found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    options = parser.parse_args(arguments)
    findings: list[dict[str, Any]] = []
    contrasts: list[dict[str, Any]] = []
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for name in SETS:
        start = time.monotonic()
        report = check(options.data / name)
        elapsed_s = time.monotonic() - start
        print(f"{name}: {report.counts}, {elapsed_s:.1f} s", flush=True)
        counts = ", ".join(f"{kind} {count}" for kind, count in report.counts.items())
        findings.append({"set": name, "images": len(report.examined), "found": counts or "nothing"})
        lowest = sorted(one.contrast.z for one in sound(report) if one.contrast)
        flagged = {
            one.pair.stem: one.contrast
            for one in report.examined
            if one.contrast is not None and one.contrast.finding is not None
        }
        contrasts.append(
            {
                "set": name,
                "pairs": len(lowest) + len(flagged),
                "flagged": ", ".join(f"{s} ({c.z:.1f})" for s, c in flagged.items()) or "none",
                "lowest z of the others": round(lowest[0], 2),
                "median z": round(float(np.median(lowest)), 2),
            }
        )
        set_tried, set_found = plant(report)
        tried += set_tried
        found += set_found
    rows = [
        {"fault": f, "planted": tried[f], "found": found[f], "share": round(found[f] / tried[f], 3)}
        for f in FAULTS
    ]
    write_results(
        "dataset_doctor",
        title="The dataset doctor on public sets",
        command="python benchmarks/dataset_doctor.py DATA",
        text="The thresholds of the contrast check were chosen on these sets, so that the shares "
        "are those of data that it knows. z is the number of standard deviations by which what "
        "is marked stands out from its shifted copies.",
        tables={"Findings": findings, "Contrast of the masks": contrasts, "Planted faults": rows},
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CrackgaugeError as error:
        sys.exit(str(error))
