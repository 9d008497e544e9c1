"""Corrupt good images in 2,000 seeded ways and read them all: none is lost, none ends in a trace.

    python benchmarks/corruptions.py DATA/uav315/images --out benchmarks/results

Takes the first 20 images of the folder. Every corrupted file is read by `crackgauge.images` and,
all in one go, by `crackgauge predict FOLDER --out OUT`; results go to `corruptions.md` and `.json`.
Who runs this as superuser could read every file; the two readers run without that privilege.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from corruption_kinds import KINDS, Bench, Expectation

from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.files import write_text_atomic
from crackgauge.images import image_size, list_images, open_image, read_image, read_photo_metadata

GOOD_IMAGES = 20
_PR_CAPBSET_DROP = 24
_OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@dataclass
class Case:
    """One corrupted file: what it is, what is right, and what each reader made of it."""

    kind: str
    expected: Expectation
    direct: str = "lost"
    predicted: str = "lost"
    notes: list[str] = field(default_factory=list)

    def is_right(self, outcome: str) -> bool:
        """Whether an outcome (`answered`, a reason, `error` or `lost`) is what it should be."""
        if outcome in ("error", "lost"):
            return False
        return self.expected == "either" or (outcome == "answered") == (self.expected == "answered")


def make_cases(bench: Bench, count: int) -> dict[str, Case]:
    """Write `count` corrupted files, all kinds in their shares, in a mixed order."""
    total = sum(KINDS.values())
    kinds = [kind for kind, share in KINDS.items() for _ in range(round(share * count / total))]
    cases = {}
    for number, place in enumerate(bench.rng.permutation(len(kinds))):
        kind = kinds[place]
        stem = f"{number:04d}-{kind.__name__}"
        expected = kind(bench, stem)
        cases[stem] = Case(kind.__name__, expected)
    return cases


def read_all(folder: Path) -> None:
    """The first reader: print one JSON line for each file of the folder."""
    for path in list_images(folder):
        line: dict[str, Any] = {"stem": path.stem}
        try:
            line["outcome"] = _read(path)
        except InputRefused as refused:
            line["outcome"] = refused.reason
            line["sentence"] = refused.sentence
        except Exception as error:  # noqa: BLE001  whatever escapes is what this looks for
            line["outcome"], line["sentence"] = "error", repr(error)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _read(path: Path) -> str:
    image = read_image(path)
    height, width = image_size(path)
    if image.shape != (height, width, 3) or image.dtype != np.uint8:
        raise ValueError(f"{image.dtype} {image.shape}, expected uint8 ({height}, {width}, 3)")
    with open_image(path) as source:
        corner = source.read(Window(height // 2, width // 2, 1, 1))
    if not np.array_equal(corner, image[height // 2, width // 2][None, None]):
        raise ValueError("the window differs from the whole")
    read_photo_metadata(path)
    return "answered"


def without_privilege() -> None:
    """Give up the superuser's right to read whatever it likes; kept across exec."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in _OVERRIDES:
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def run(command: list[str]) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run a Python command without the superuser's privilege."""
    began = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, *command],
        preexec_fn=without_privilege,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished, time.perf_counter() - began


def read_directly(folder: Path, cases: dict[str, Case]) -> dict[str, Any]:
    """Read every file with `crackgauge.images` in a process of its own."""
    finished, elapsed_s = run([__file__, "--read", str(folder)])
    for line in finished.stdout.splitlines():
        answer = json.loads(line)
        case = cases[answer["stem"]]
        case.direct = answer["outcome"]
        if not case.is_right(case.direct):
            case.notes.append(f"read: {case.direct}: {answer.get('sentence', '')}")
    return _account(finished, elapsed_s, folder)


def predict_all(
    folder: Path, out: Path, cases: dict[str, Case], extra: list[str]
) -> dict[str, Any]:
    """Run `crackgauge predict` once over the folder."""
    finished, elapsed_s = run(
        ["-m", "crackgauge.cli", "predict", str(folder), "--out", str(out), *extra]
    )
    for path in (out / "masks").glob("*"):
        cases[path.stem].predicted = "answered"
    table = out / "set_aside.csv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                case = cases[Path(row["path"]).stem]
                both = case.predicted == "answered"
                case.predicted = "error" if both or not row["sentence"] else row["reason"]
    for case in cases.values():
        if not case.is_right(case.predicted):
            case.notes.append(f"predict: {case.predicted}")
    return _account(finished, elapsed_s, folder)


def _account(
    finished: subprocess.CompletedProcess[str], elapsed_s: float, folder: Path
) -> dict[str, Any]:
    said = finished.stdout + finished.stderr
    return {
        "exit_code": finished.returncode,
        "traceback": "Traceback (most recent call last)" in said,
        "elapsed_s": round(elapsed_s, 1),
        "last_words": finished.stderr.replace(str(folder), "FOLDER")[-2000:]
        if finished.returncode not in (0, 3)
        else "",
    }


def summarise(
    cases: dict[str, Case],
    direct: dict[str, Any],
    predicted: dict[str, Any],
    *,
    seed: int,
    model: str,
) -> dict[str, Any]:
    """Count outcomes by kind and state the checks."""
    kinds: dict[str, Any] = {}
    for case in cases.values():
        row = kinds.setdefault(case.kind, {"files": 0, "read": Counter(), "predict": Counter()})
        row["files"] += 1
        row["read"][case.direct] += 1
        row["predict"][case.predicted] += 1
    outcomes = [case.direct for case in cases.values()]
    outcomes += [case.predicted for case in cases.values()]
    checks = {
        "every file answered or refused with the project's own error": "error" not in outcomes,
        "none lost": "lost" not in outcomes,
        "refused and answered as expected": not any(case.notes for case in cases.values()),
        "both readers agree on every file": all(
            case.direct == case.predicted for case in cases.values()
        ),
        "no traceback": not (direct["traceback"] or predicted["traceback"]),
        "predict ended with exit code 3": predicted["exit_code"] == 3,
    }
    return {
        "seed": seed,
        "model": model,
        "files": len(cases),
        "good_images": GOOD_IMAGES,
        "checks": checks,
        "kinds": {name: _plain(row) for name, row in sorted(kinds.items())},
        "read": direct,
        "predict": predicted,
        "failures": [
            {"stem": stem, "expected": case.expected, "notes": case.notes}
            for stem, case in sorted(cases.items())
            if case.notes
        ][:50],
        "versions": {
            name: version(name) for name in ("pillow", "tifffile", "imagecodecs", "numpy")
        },
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "files": row["files"],
        "read": dict(sorted(row["read"].items())),
        "predict": dict(sorted(row["predict"].items())),
    }


def to_markdown(result: dict[str, Any], command: str) -> str:
    """The result as a page."""
    lines = [
        "# Corrupted inputs",
        "",
        f"`{command}`",
        "",
        f"{result['files']:,} seeded corruptions of {result['good_images']} good images "
        f"(seed {result['seed']}), read one by one with `crackgauge.images` "
        f"({result['read']['elapsed_s']} s) and in one run of `crackgauge predict` "
        f"with {result['model']} "
        f"({result['predict']['elapsed_s']} s, exit code {result['predict']['exit_code']}).",
        "",
        "| check | holds |",
        "|---|---|",
        *(f"| {name} | {'yes' if holds else 'NO'} |" for name, holds in result["checks"].items()),
        "",
        "| kind | files | answered | refused, by reason |",
        "|---|---|---|---|",
    ]
    for name, row in result["kinds"].items():
        answered = row["predict"].get("answered", 0)
        refused = ", ".join(
            f"{reason} {count}" for reason, count in row["predict"].items() if reason != "answered"
        )
        lines.append(f"| {name.replace('_', ' ')} | {row['files']} | {answered} | {refused} |")
    lines += [
        "",
        "Answered are: whole files under another suffix, links to good files, and damage that a "
        "format has no means to tell (JPEG, lossy WebP, BMP and plain TIFF keep no checksum).",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path, help="folder of good images")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="a model file instead of the default one")
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_all(options.images)
        return 0
    images = list_images(options.images)[:GOOD_IMAGES]
    if len(images) < GOOD_IMAGES:
        parser.error(f"{options.images}: {len(images)} images, expected {GOOD_IMAGES} or more")
    with tempfile.TemporaryDirectory() as scratch:
        folder, elsewhere, out = (Path(scratch) / name for name in ("bad", "elsewhere", "out"))
        folder.mkdir()
        elsewhere.mkdir()
        bench = Bench(images, folder, elsewhere, np.random.default_rng(options.seed))
        cases = make_cases(bench, options.count)
        direct = read_directly(folder, cases)
        extra = ["--model", options.model] if options.model else []
        predicted = predict_all(folder, out, cases, extra)
    model = Path(options.model).name if options.model else "the default model"
    result = summarise(cases, direct, predicted, seed=options.seed, model=model)
    command = (
        f"python benchmarks/corruptions.py DATA/uav315/images --count {options.count} "
        f"--seed {options.seed}"
    )
    write_text_atomic(options.out / "corruptions.json", json.dumps(result, indent=2) + "\n")
    write_text_atomic(options.out / "corruptions.md", to_markdown(result, command))
    sys.stdout.write(to_markdown(result, command))
    return 0 if all(result["checks"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
