"""kill -9 at random moments of a training, resumed: are weights and journal the same bytes?

Trains a small preset undisturbed, then as often as asked with one kill -9 at a random moment of it
each, resumed to the end, and compares journal.csv, best.safetensors and the last state.

    python benchmarks/resume.py --kills 10
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tables import write_results

from crackgauge.data.synth import write_dataset

STEPS = 200
SETTINGS = (
    "network.options.filters=[8,8,16,16]",
    "sampling.patch_px=64",
    "sampling.count=5",
    "batch=4",
    "epochs=10",
    "validation.every_epochs=2",
    "validation.holdback=0.2",
    "save_every_steps=7",
    "threads=1",
)
IMAGES = 20  # 16 to learn from: 80 patches, 20 steps an epoch
LAST = f"step-{STEPS:09d}"
COMPARED = ("journal.csv", "best.safetensors", f"states/{LAST}.safetensors")


def main() -> None:
    """Train, kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_dataset(folder / "data", IMAGES, 0, size=(96, 96))
        training_s = _time_steps(folder, "undisturbed")
        rows: list[dict[str, object]] = []
        while len(rows) < arguments.kills:
            out = f"killed-{len(rows)}"
            after_s = generator.uniform(0, training_s)
            step = _kill(folder, out, after_s)
            if step == LAST:  # it was faster this time: the kill came too late to mean anything
                shutil.rmtree(folder / out)
                continue
            _finish(folder, out)
            same = {
                file: (folder / out / file).read_bytes()
                == (folder / "undisturbed" / file).read_bytes()
                for file in COMPARED
            }
            rows.append(
                {"killed after s of steps": round(after_s, 1), "newest state": step}
                | {file: "identical" if ok else "DIFFERS" for file, ok in same.items()}
            )
            shutil.rmtree(folder / out)
            print(rows[-1], flush=True)
    identical = sum(all(row[file] == "identical" for file in COMPARED) for row in rows)
    write_results(
        "resume",
        title="kill -9 and resume",
        command=f"python benchmarks/resume.py --kills {arguments.kills} --seed {arguments.seed}",
        text=(
            f"A training of {STEPS} steps on rendered images, killed once at a random moment and "
            f"resumed: {identical} of {len(rows)} end with the same bytes as the undisturbed one."
        ),
        tables={"Kills": rows},
        facts={"identical": identical, "kills": len(rows)},
    )
    print(f"{identical} of {len(rows)} identical")
    sys.exit(identical != len(rows))


def _command(folder: Path, out: str) -> list[str]:
    program = Path(sys.executable).with_name("crackgauge")
    base = [str(program), "train", "attention-unet-fast", "--data", str(folder / "data")]
    return [*base, "--out", str(folder / out), "--resume", "--quiet", "--device", "cpu", *SETTINGS]


def _finish(folder: Path, out: str) -> None:
    subprocess.run(_command(folder, out), check=True)


def _kill(folder: Path, out: str, after_s: float) -> str:
    """Start, kill -9 some time after the first step, and name the newest state that was left."""
    child = subprocess.Popen(_command(folder, out))
    _wait_for(folder / out / "recipe.yaml", child)
    time.sleep(after_s)
    child.kill()
    child.wait()
    states = sorted((folder / out / "states").glob("*.safetensors"))
    return states[-1].stem if states else "none"


def _time_steps(folder: Path, out: str) -> float:
    """Train to the end; seconds from the first step to the last state."""
    child = subprocess.Popen(_command(folder, out))
    _wait_for(folder / out / "recipe.yaml", child)
    started = time.monotonic()
    _wait_for(folder / out / "states" / f"{LAST}.safetensors", child)
    seconds = time.monotonic() - started
    if child.wait() != 0:
        sys.exit("the undisturbed training failed")
    return seconds


def _wait_for(file: Path, child: subprocess.Popen[bytes]) -> None:
    while not file.exists() and child.poll() is None:
        time.sleep(0.02)


if __name__ == "__main__":
    main()
