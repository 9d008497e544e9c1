"""Time and memory of measuring a mask of 8.4 megapixels with some 2,000 branches.

The mask holds lines that wind and cross (2,896 x 2,896 px, drawn from a seed). It is measured once
to warm up and then in rounds that alternate with `skan.summarize(Skeleton(skeleton))` of the same
skeleton, which gives the lengths of branches and needs a compiler; the skeleton itself is not in
skan's time, but is in ours, as are widths, lines, gaps and tables. Medians of the rounds. Other
work ran beside it (the load is named), so the CPU's time and the ratio say more than the seconds.
The memory is the peak of a process of its own. Limits: 3 s and 1,024 MiB on two cores.

    python benchmarks/measure_speed.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import as_text, machine_facts
from tables import write_results

from crackgauge.arrays import Mask, Probability
from crackgauge.measure import measure

SIDE_PX = 2896
ROUNDS = 7


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", choices=("mask", "probability"), help="only this, here")
    arguments = parser.parse_args()
    mask = draw()
    probability = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    if arguments.memory:
        given = probability if arguments.memory == "probability" else None
        before = _peak_mib()
        measure(mask, probability=given, threshold=0.5)
        print(before, _peak_mib())
        return
    machine = machine_facts("numpy", "scipy", "scikit-image", "skan", "numba")
    rows, branches = _race(mask, probability)
    memory = [
        {"widths from": kind, **dict(zip(("MiB before", "peak MiB"), _child(kind), strict=True))}
        for kind in ("mask", "probability")
    ]
    write_results(
        "measure_speed",
        title="Speed and memory of measuring",
        command="python benchmarks/measure_speed.py",
        text=f"{(__doc__ or '').strip()}\n\n{as_text(machine)} Load at the end "
        f"{os.getloadavg()[0]:.1f}; {branches} branches.",
        tables={"Time, warm": rows, "Memory": memory},
        facts={"machine": machine, "branches": branches},
    )


def draw() -> Mask:
    """Draw lines that wind and cross, 2 to 8 px wide."""
    generator = np.random.default_rng(0)
    canvas = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for _ in range(240):
        place = generator.uniform(0, SIDE_PX, 2)
        angle, width = generator.uniform(0, 2 * np.pi), int(generator.integers(2, 9))
        points = [place]
        for _ in range(int(generator.integers(20, 70))):
            points.append(points[-1] + 12 * np.array([np.cos(angle), np.sin(angle)]))
            angle += generator.normal(0, 0.25)
        cv2.polylines(canvas, [np.array(points, np.int32)], False, 1, width)
    return canvas > 0


def _race(mask: Mask, probability: Probability) -> tuple[list[dict[str, Any]], int]:
    from skan import Skeleton, summarize
    from skimage.morphology import skeletonize

    skeleton = skeletonize(mask, method="lee")
    ways: dict[str, Callable[[], Any]] = {
        "skan.summarize of the skeleton": lambda: summarize(Skeleton(skeleton), separator="-"),
        "measure, from the mask": lambda: measure(mask),
        "measure, from the probability": lambda: measure(
            mask, probability=probability, threshold=0.5
        ),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    branches = 0
    for round_number in range(ROUNDS + 1):
        for name, way in ways.items():
            started, used = time.perf_counter(), time.process_time()
            found = way()
            elapsed, used = time.perf_counter() - started, time.process_time() - used
            if round_number:  # the first one warms up
                took[name].append(elapsed)
                cpu[name].append(used)
            print(round_number, name, round(elapsed, 2), round(used, 2), flush=True)
            branches = len(found.branches) if name.startswith("measure") else branches
    base = statistics.median(cpu["skan.summarize of the skeleton"])
    rows = [
        {
            "way": name,
            "seconds": statistics.median(seconds),
            "fastest": min(seconds),
            "CPU seconds": statistics.median(cpu[name]),
            "CPU, times skan": statistics.median(cpu[name]) / base,
        }
        for name, seconds in took.items()
    ]
    return rows, branches


def _child(kind: str) -> tuple[float, float]:
    command = [sys.executable, __file__, "--memory", kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    before, peak = map(float, done.stdout.split())
    return before, peak


def _peak_mib() -> float:
    # Unlike getrusage's, this peak begins anew with the program.
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()
