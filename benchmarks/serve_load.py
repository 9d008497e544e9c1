"""`crackgauge serve` under load: 64 clients, one request in ten hostile.

Twenty rendered photos (`served_walls.py`) are searched; then the clients ask for records, pictures,
tables and lists, comment, draw, undo, trace and measure, each as soon as its last request was
answered. Every answer is compared with what that photo's must be. One request in ten is hostile
(`hostile_requests.py`) and must be refused with its own status. At half time the worker of the
jobs, the one that draws and the one that traces are killed, and it is timed until each is replaced.
Memory is that of the server and its workers (resident, so that what they share counts for each).

    python benchmarks/serve_load.py --runs RUNS --minutes 5
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    from hostile_requests import Target, send_hostile
    from machine import as_text, machine_facts
    from served_walls import REQUESTS, Client, Wall, write_walls
    from tables import RESULTS, write_results
except ImportError:  # as part of the tests
    from benchmarks.hostile_requests import Target, send_hostile
    from benchmarks.machine import as_text, machine_facts
    from benchmarks.served_walls import REQUESTS, Client, Wall, write_walls
    from benchmarks.tables import RESULTS, write_results

PHOTOS = 20
HOSTILE_SHARE = 0.1
REPLACED_S = 5.0
SAMPLE_S = 5.0
WORKERS = ("worker of the jobs", "the one that draws", "the one that traces")


@dataclass
class Tally:
    """What was seen, by all clients together."""

    statuses: Counter[int] = field(default_factory=Counter)
    hostile: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, problem: str | None, status: int, took_s: float) -> None:
        with self.lock:
            self.statuses[status] += 1
            self.seconds.append(took_s)
            if problem is not None:
                self.wrong.append(problem)

    def note_hostile(self, name: str, status: int, right: bool) -> None:
        with self.lock:
            self.hostile[status] += 1
            if not right:
                self.wrong.append(f"{name}: {status}")


def main() -> None:
    """Parse, serve, load, write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="where photos and project lie")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    facts = machine_facts("uvicorn", "fastapi")
    folder = options.runs / "serve-load"
    shutil.rmtree(folder, ignore_errors=True)
    row, tally = load(folder, seconds=60 * options.minutes, clients=options.clients)
    print(json.dumps(row, indent=1))
    for problem, count in Counter(tally.wrong).most_common(20):
        print(f"WRONG {count} x {problem}")
    write_results(
        "serve_load",
        title="`crackgauge serve` under load",
        command=f"python benchmarks/serve_load.py --runs RUNS --minutes {options.minutes:g}",
        text=f"{(__doc__ or '').partition('    python')[0].strip()}\n\n{as_text(facts)} Limit "
        f"for a worker's being replaced: {REPLACED_S:g} s. {options.clients} clients for "
        f"{options.minutes:g} minutes, on the machine that serves.",
        tables={"What was seen": [{"": name, "seen": value} for name, value in row.items()]},
        folder=options.out,
    )
    sys.exit(1 if tally.wrong else 0)


def load(
    folder: Path, *, seconds: float, clients: int, photos: int = PHOTOS
) -> tuple[dict[str, Any], Tally]:
    """Serve new photos and put the load on.

    Args:
        folder: for photos and project.
        seconds: how long.
        clients: how many.
        photos: how many.
    """
    write_walls(folder / "photos", photos)
    process, port = start(folder)
    try:
        with Client(port, "") as stranger:
            csrf = stranger.ask("GET", "/api/session").json["csrf"]
        with Client(port, csrf) as client:
            walls = search(client)
            client.ask("GET", f"/api/images/{walls[0].id}/annotation")  # starts the one that traces
            return under_load(client, process.pid, (port, csrf), walls, seconds, clients)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def under_load(
    client: Client,
    pid: int,
    server: tuple[int, str],
    walls: list[Wall],
    seconds: float,
    clients: int,
) -> tuple[dict[str, Any], Tally]:
    """Have the clients work, and look at the server meanwhile."""
    tally = Tally()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=work, args=(number, server, walls, until, tally))
        for number in range(clients)
    ]
    for each in threads:
        each.start()
    memory, replaced = watch(client, pid, until, seconds)
    for each in threads:
        each.join()
    while sum(client.ask("GET", "/api/health").json[name] for name in ("queued", "running")):
        time.sleep(0.2)
    memory.append(resident_mb(pid))
    return summary(tally, memory, replaced, seconds), tally


def start(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Start the server, by its own command."""
    command = [sys.executable, "-m", "crackgauge.cli", "serve", str(folder / "photos")]
    command += ["--project", str(folder / "project"), "--port", "0", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout is not None else ""
    found = re.search(r":([0-9]+)/", line)
    if found is None:
        raise RuntimeError("the server did not say its address")
    return process, int(found[1])


def search(client: Client) -> list[Wall]:
    """Have the cracks of all photos found."""
    items = client.ask("GET", "/api/images").json["items"]
    wanted = {"kind": "find", "images": [item["id"] for item in items]}
    jobs = client.ask("POST", "/api/jobs", wanted).json
    for job in jobs:
        while client.ask("GET", f"/api/jobs/{job['id']}").json["state"] in ("queued", "running"):
            time.sleep(0.1)
    return [Wall(int(item["name"][5:7]), item["id"]) for item in items]


def work(
    number: int, server: tuple[int, str], walls: list[Wall], until: float, tally: Tally
) -> None:
    """Be one client."""
    chance = random.Random(number)
    requests, weights = list(REQUESTS), list(REQUESTS.values())
    with Client(*server) as client:
        while time.monotonic() < until:
            wall = chance.choice(walls)
            try:
                if chance.random() < HOSTILE_SHARE:
                    tally.note_hostile(*send_hostile(Target(*server, wall.id), chance))
                    continue
                (request,) = chance.choices(requests, weights)
                started = time.perf_counter()
                problem, status = request(client, wall, chance)
                worded = None if problem is None else f"{request.__name__}: {problem}"
                tally.note(worded, status, time.perf_counter() - started)
            except Exception as error:  # noqa: BLE001  whatever it is, it is a wrong answer
                tally.note(f"{type(error).__name__}: {error}", 0, 0.0)


def watch(
    client: Client, pid: int, until: float, seconds: float
) -> tuple[list[float], dict[str, float]]:
    """Look at the memory again and again, and kill the workers at half time."""
    memory: list[float] = []
    replaced: dict[str, float] = {}
    half = until - seconds / 2
    while (now := time.monotonic()) < until:
        memory.append(resident_mb(pid))
        if now > half and not replaced:
            replaced = {name: kill(client, place) for place, name in enumerate(WORKERS)}
        time.sleep(max(0.0, min(SAMPLE_S, until - time.monotonic())))
    return memory, replaced


def workers_of(client: Client) -> list[int | None]:
    """Process numbers of the three workers."""
    health = client.ask("GET", "/api/health").json
    return [health["workers"][0], health["renderer"], health["tracer"]]


def kill(client: Client, place: int) -> float:
    """Kill a worker and return the seconds until another is there."""
    pid = workers_of(client)[place]
    if pid is None:
        return 0.0
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    while workers_of(client)[place] in (None, pid):
        time.sleep(0.05)
    return time.monotonic() - started


def resident_mb(pid: int) -> float:
    """Resident memory of a process and of all that it started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = 0.0
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        found = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        below = [int(each) for file in children for each in file.read_text().split()]
    except OSError:  # it has just ended
        return found
    return found + sum(resident_mb(each) for each in below)


def summary(
    tally: Tally, memory: list[float], replaced: dict[str, float], seconds: float
) -> dict[str, Any]:
    """Word what was seen."""
    ordered = sorted(tally.seconds)
    a_minute = min(int(60 / SAMPLE_S), len(memory) - 1)
    after = memory[a_minute:]
    return {
        "requests": sum(tally.statuses.values()) + sum(tally.hostile.values()),
        "requests a second": round(len(tally.seconds) / seconds, 1),
        "wrong answers": len(tally.wrong),
        "statuses": _counts(tally.statuses),
        "statuses of hostile requests (0: hung up)": _counts(tally.hostile),
        "median request, s": round(ordered[len(ordered) // 2], 3),
        "99 of 100 requests, s": round(ordered[int(len(ordered) * 0.99)], 3),
        "memory after the first minute, MB": round(memory[a_minute]),
        "most after that, MB": round(max(after)),
        "at the end, MB": round(memory[-1]),
        **{f"{name}: replaced after, s": round(each, 2) for name, each in replaced.items()},
    }


def _counts(statuses: Counter[int]) -> str:
    return ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))


if __name__ == "__main__":
    main()
