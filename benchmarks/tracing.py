"""Speed, memory and accuracy of tracing, beside the shortest path on the plain intensity.

Everything is rendered. Accuracy: sinusoids of five widths crossed at right angles by darker bars;
then one with gaps beside a darker parallel line, where every shortest path fails. Speed: crops made
ready, and clicks about 500 px apart along a crack in rendered asphalt and on plain ground.

    python benchmarks/tracing.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from machine import as_text, machine_facts
from scipy.spatial import cKDTree
from skimage.graph import route_through_array
from tables import RESULTS, write_results
from traced_scenes import Scene, crossed_scene, parallel_scene, sinusoid

from crackgauge.annotate import Erase, Tracer, TraceSettings
from crackgauge.annotate.strip import resample
from crackgauge.arrays import Image, Probability
from crackgauge.data.synth.camera import Camera
from crackgauge.data.synth.render import render
from crackgauge.inference.predictor import open_model

WIDTHS_PX = (2.0, 3.0, 4.0, 6.0, 8.0)
CLICK_PX = 500
# What it is, middles of the gaps, their length, the part of the crack that has the line beside it.
PARALLEL = (
    ("beside the middle, gaps of 16 px", (0.35, 0.65), 16, (0.2, 0.8)),
    ("beside all of it, gaps of 40 px", (0.3, 0.5, 0.7), 40, (0.0, 1.0)),
)
Line = npt.NDArray[np.float64]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="pictures of each kind")
    parser.add_argument("--repeats", type=int, default=5, help="of each time")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    facts = machine_facts("numpy", "scipy", "numba", "opencv-python-headless", "scikit-image")
    first, (compiling, processor) = first_call(), compiling_call()
    tables = {
        "Accuracy": accuracy(arguments.seeds),
        "A darker parallel line": distractor(arguments.seeds),
        "Making ready": readiness(arguments.repeats),
        "A click": clicks(arguments.seeds),
    }
    write_results(
        "tracing",
        title="Tracing a crack between clicks",
        command="python benchmarks/tracing.py",
        text=TEXT.format(
            facts=as_text(facts), first=first, compiling=compiling, processor=processor
        ),
        tables=tables,
        facts={
            "machine": facts,
            "first_call_s": round(first, 2),
            "compiling_call_s": round(compiling, 2),
            "compiling_call_cpu_s": round(processor, 2),
        },
        folder=arguments.out,
    )


TEXT = """{facts} Two low-priority trainings and other work ran on the two cores all the time, so
times on the wall are longer than on a machine that is free; "CPU" is the processor time that the
step itself took, over both cores.

Errors of a centre line are the distances of its samples, a pixel apart, from the drawn one, without
5 px at the two ends; bias and mean error of the width are those of the samples' widths. "plain
intensity" is `skimage.graph.route_through_array` on the grey values + 1, from end to end. The first
trace of this process took {first:.1f} s: numba and the machine code that it kept are loaded then;
where none is kept yet, {compiling:.1f} s ({processor:.1f} s of the processor), as it is compiled
first.

A darker parallel line: "a probability that knows the crack" is 0.9 on the drawn crack, its gaps
too, and 0.05 elsewhere; "one point between" is in the middle, where the crack is seen in the first
picture and closed in the second. The default network takes both lines for cracks."""


def first_call() -> float:
    """Seconds of the first trace in this process."""
    scene = crossed_scene(0, side_px=128)
    begin = time.perf_counter()
    Tracer(scene.image).trace(scene.ends)
    return time.perf_counter() - begin


def compiling_call() -> tuple[float, float]:
    """Seconds, and those of the processor, of a first trace for which nothing is compiled yet."""
    code = "import time, tracing; print(tracing.first_call(), time.process_time())"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NUMBA_CACHE_DIR": folder},
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    wall, processor = map(float, done.stdout.split())
    return wall, processor


def away(line: Line, scene: Scene) -> Line:
    """How far the samples of a line are from the drawn centre line, without its ends."""
    return np.asarray(cKDTree(resample(scene.crack.points, 0.1)).query(line[5:-5])[0])


def intensity_route(image: Image, ends: list[tuple[float, float]]) -> Line:
    """The cheapest route over the grey values, x and y."""
    cost = image[..., 0].astype(np.float64) + 1
    start, end = ((int(y), int(x)) for x, y in ends)
    path, _ = route_through_array(cost, start, end, fully_connected=True, geometric=True)
    return np.array(path, np.float64)[:, ::-1] + 0.5


def accuracy(seeds: int) -> list[dict[str, Any]]:
    """Errors of centre line and width, one row a width."""
    rows = []
    for width_px in WIDTHS_PX:
        lines, plain, widths = [], [], []
        for seed in range(seeds):
            scene = crossed_scene(seed, width_px=width_px)
            found = Tracer(scene.image).trace(scene.ends)
            lines.append(away(found.centre, scene))
            plain.append(away(resample(intensity_route(scene.image, scene.ends)), scene))
            nearest = cKDTree(scene.crack.points).query(found.centre)[1]
            widths.append((found.width_px - scene.crack.widths_px[nearest])[5:-5])
        error, route, wrong = (np.concatenate(each) for each in (lines, plain, widths))
        rows.append(
            {
                "width, px": width_px,
                "pictures": seeds,
                "centre line, mean px": round(float(error.mean()), 3),
                "max px": round(float(error.max()), 2),
                "width bias, px": round(float(wrong.mean()), 3),
                "width mean error, px": round(float(np.abs(wrong).mean()), 3),
                "plain intensity, mean px": round(float(route.mean()), 2),
                "plain max px": round(float(route.max()), 1),
            }
        )
    return rows


def distractor(seeds: int) -> list[dict[str, Any]]:
    """Share of the path more than 3 px off, from the ends alone and with each cure."""
    model = open_model(threads=1)
    rows = []
    for name, gaps, gap_px, along in PARALLEL:
        far: dict[str, list[float]] = {}
        for seed in range(seeds):
            scene = parallel_scene(seed, gaps=gaps, gap_px=gap_px, along=along)
            sure = np.where(scene.mask, np.float32(0.9), np.float32(0.05))
            for what, line in _cures(scene, gaps, model.predict(scene.image), sure).items():
                far.setdefault(what, []).append(float((away(line, scene) > 3).mean()))
        rows += [
            {
                "picture": name,
                "path": what,
                "pictures": seeds,
                "more than 3 px off, % of the path": round(100 * statistics.mean(shares), 1),
                "worst picture, %": round(100 * max(shares), 1),
            }
            for what, shares in far.items()
        ]
    return rows


def _cures(
    scene: Scene, gaps: tuple[float, ...], network: Probability, sure: Probability
) -> dict[str, Line]:
    """Centre lines from the ends alone and with more to go by."""
    plain, ends = Tracer(scene.image), scene.ends
    each_gap = [scene.at(share) for share in gaps]
    other = [] if scene.beside is None else resample(scene.beside.points, 4.0).tolist()
    erased = Erase(points=tuple((x, y) for x, y in other), radius_px=4.0)
    return {
        "ends alone": plain.trace(ends).centre,
        "one point between": plain.trace([ends[0], scene.at(0.5), ends[1]]).centre,
        "a point in each gap": plain.trace([ends[0], *each_gap, ends[1]]).centre,
        "the other line erased": plain.trace(ends, forbidden=[erased]).centre,
        "the default network's probability": Tracer(scene.image, probability=network)
        .trace(ends)
        .centre,
        "a probability that knows the crack": Tracer(scene.image, probability=sure)
        .trace(ends)
        .centre,
        "plain intensity": resample(intensity_route(scene.image, ends)),
    }


def readiness(repeats: int) -> list[dict[str, Any]]:
    """Times until the first click can be answered."""
    crop, large = (crossed_scene(0, side_px=side).image for side in (1024, 2048))
    cases: list[tuple[str, Image, TraceSettings]] = [
        ("1 Mpx", crop, TraceSettings()),
        ("1 Mpx, 32 orientations", crop, TraceSettings(orientations=32)),
        ("4 Mpx, pooled by 2", large, TraceSettings(pooling=2)),
    ]
    rows = []
    for name, image, settings in cases:

        def ready(image: Image = image, settings: TraceSettings = settings) -> None:
            height, width = image.shape[:2]
            Tracer(image, settings=settings).prepare([(0, 0), (width, height)])

        walls, processors, peak = _timed(ready, repeats)
        rows.append(
            {
                "image": name,
                "orientations": settings.orientations,
                "wall, s (median)": round(statistics.median(walls), 2),
                "wall, s (least)": round(min(walls), 2),
                "CPU, s (median)": round(statistics.median(processors), 2),
                "memory at the peak, MB more": round(peak),
            }
        )
    return rows


def clicks(seeds: int) -> list[dict[str, Any]]:
    """Times of paths of about 500 px, edges included, once the image is ready."""
    cases: dict[str, Callable[[int], tuple[Image, list[list[tuple[float, float]]]]]] = {
        "plain ground with bars": _plain_clicks,
        "rendered asphalt": _asphalt_clicks,
    }
    rows = []
    for name, make in cases.items():
        walls, processors, plain, lengths = [], [], [], []
        for seed in range(max(1, seeds // 4)):
            image, pairs = make(seed)
            tracer = Tracer(image)
            tracer.prepare([(0, 0), (image.shape[1], image.shape[0])])
            for ends in pairs:
                begin, begin_cpu = time.perf_counter(), time.process_time()
                found = tracer.trace(ends)
                walls.append(time.perf_counter() - begin)
                processors.append(time.process_time() - begin_cpu)
                lengths.append(found.length_px)
                begin = time.perf_counter()
                intensity_route(image, ends)
                plain.append(time.perf_counter() - begin)
        rows.append(
            {
                "ground": name,
                "clicks": len(walls),
                "path, px (median)": round(statistics.median(lengths)),
                "wall, s (median)": round(statistics.median(walls), 3),
                "wall, s (95 %)": round(float(np.percentile(walls, 95)), 3),
                "CPU, s (median)": round(statistics.median(processors), 3),
                "plain intensity, wall, s (median)": round(statistics.median(plain), 3),
            }
        )
    return rows


def _plain_clicks(seed: int) -> tuple[Image, list[list[tuple[float, float]]]]:
    scene = crossed_scene(seed, side_px=1024, bars=9)
    return scene.image, _pairs(scene.crack.points)


def _asphalt_clicks(seed: int) -> tuple[Image, list[list[tuple[float, float]]]]:
    crack = sinusoid(seed, side_px=1024, width_px=4.0)
    picture = render(
        seed, surface="asphalt", size=(1024, 1024), cracks=[crack], distractors=(), camera=Camera()
    )
    return picture.image, _pairs(crack.points)


def _pairs(points: Line) -> list[list[tuple[float, float]]]:
    """Ends 500 px of the line apart, at ten places along it."""
    even = resample(points)
    starts = np.linspace(0, len(even) - 1 - CLICK_PX, 10).astype(int)
    return [[(float(x), float(y)) for x, y in even[[at, at + CLICK_PX]]] for at in starts]


def _timed(work: Callable[[], None], repeats: int) -> tuple[list[float], list[float], float]:
    """Seconds on the wall and of the processor, and MB above what was there before."""
    walls, processors, peaks = [], [], []
    for _ in range(repeats):
        before = _reset_peak()
        begin, begin_cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - begin)
        processors.append(time.process_time() - begin_cpu)
        peaks.append(_memory("VmHWM") - before)
    return walls, processors, max(peaks)


def _reset_peak() -> float:
    """Let the system forget the peak; return what is in use."""
    Path(f"/proc/{os.getpid()}/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    """A line of /proc/self/status in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1000


if __name__ == "__main__":
    main()
