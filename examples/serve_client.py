"""Work with a running `crackgauge serve` from Python: serve_client.py ADDRESS PHOTO OUT.zip.

Uploads a photo, has its cracks found, rejects the narrowest, gives the photo a scale by two points,
corrects it by a brush stroke, and downloads the report. Needs nothing but Python; the names are
those of `/openapi.json`.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

Decision = Literal["open", "accepted", "rejected"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
Point = tuple[float, float]


class Image(TypedDict):
    id: str
    name: str
    height_px: int | None
    width_px: int | None
    state: Literal["new", "done", "set-aside", "missing"]
    sentence: str
    version: int
    annotated: bool
    corrected: bool
    stale: bool
    counts: dict[Decision, int]
    measured: dict[str, Any] | None


class Crack(TypedDict):
    id: str
    number: int
    decision: Decision
    comment: str
    version: int
    measures: dict[str, Any]


class Job(TypedDict):
    id: str
    state: JobState
    share: float
    sentence: str
    result: dict[str, Any]


class Stroke(TypedDict):
    """What shows; a new one has no number, and may be `{"kind": "remove", "number": N}`."""

    number: NotRequired[int]
    kind: Literal["trace", "polygon", "brush", "erase", "remove"]
    points: NotRequired[list[Point]]
    diameter_px: NotRequired[float]
    centre: NotRequired[list[Point]]
    left: NotRequired[list[Point]]
    right: NotRequired[list[Point]]


class Annotation(TypedDict):
    version: int
    state: Literal["none", "edited"]
    stale: bool
    can_undo: bool
    can_redo: bool
    strokes: list[Stroke]


class Traced(TypedDict):
    centre: list[Point]
    left: list[Point]
    right: list[Point]
    widths_px: list[float]
    mean_width_px: float
    length_px: float
    seconds: float


class Dataset(TypedDict):
    id: str
    name: str
    images: int
    cracks: int
    created: str
    splits: dict[str, int]


class Training(TypedDict):
    id: str
    name: str
    dataset: str
    preset: str
    state: JobState
    share: float
    epoch: int
    epochs: int
    scores: dict[str, float]
    model_path_name: str | None
    command: str | None
    error: str


class Refused(Exception):
    """What the server answered instead: `status`, and a sentence that says what to do."""

    def __init__(self, status: int, reason: str, sentence: str) -> None:
        super().__init__(f"{status} {reason}: {sentence}")
        self.status = status
        self.reason = reason


class Client:
    """A running server, by the address that it printed."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address.rstrip("/")
        self._headers = {"Origin": self.address}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._headers["X-Crackgauge-CSRF"] = self.get("/api/session")["csrf"]

    def images(self) -> list[Image]:
        found: list[Image] = self.get("/api/images?order=worst&count=1000")["items"]
        return found

    def image(self, image_id: str) -> Image:
        found: Image = self.get(f"/api/images/{image_id}")
        return found

    def upload(self, photo: Path) -> Image:
        query = urllib.parse.urlencode({"name": photo.name})
        kind = "application/octet-stream"
        sent = self._send("POST", f"/api/images?{query}", photo.read_bytes(), kind)
        added: Image = json.loads(sent)
        return added

    def find(self, images: Sequence[str]) -> list[Job]:
        jobs: list[Job] = self._json("POST", "/api/jobs", {"kind": "find", "images": list(images)})
        return jobs

    def cracks(self, image_id: str) -> list[Crack]:
        found: list[Crack] = self.get(f"/api/images/{image_id}/cracks")["items"]
        return found

    def judge(self, crack: Crack, decision: Decision, comment: str = "") -> Crack:
        """Raises Refused with status 409 where somebody else was first."""
        change = {"version": crack["version"], "decision": decision, "comment": comment}
        judged: Crack = self._json("PATCH", f"/api/cracks/{crack['id']}", change)
        return judged

    def scale_by_points(
        self, image: Image, points_px: tuple[float, float, float, float], points_mm: float
    ) -> Image:
        scale = {"points_px": points_px, "points_mm": points_mm}
        change = {"version": image["version"], "scale": scale}
        changed: Image = self._json("PATCH", f"/api/images/{image['id']}", change)
        return changed

    def annotation(self, image: Image) -> Annotation:
        found: Annotation = self.get(f"/api/images/{image['id']}/annotation")
        return found

    def correct(
        self, image: Image, start: Literal["prediction", "nothing"] = "prediction"
    ) -> Annotation:
        """Raises Refused with status 409 where the photo has strokes already."""
        wanted = {"version": 0, "start": start}
        begun: Annotation = self._json("POST", f"/api/images/{image['id']}/annotation", wanted)
        return begun

    def add_stroke(self, image: Image, seen: Annotation, stroke: Stroke) -> Annotation:
        """A trace needs its points alone: the server computes its path and edges."""
        wanted = {"version": seen["version"], "stroke": stroke}
        target = f"/api/images/{image['id']}/annotation/strokes"
        now: Annotation = self._json("POST", target, wanted)
        return now

    def undo(self, image: Image, seen: Annotation) -> Annotation:
        target = f"/api/images/{image['id']}/annotation/undo"
        now: Annotation = self._json("POST", target, {"version": seen["version"]})
        return now

    def redo(self, image: Image, seen: Annotation) -> Annotation:
        target = f"/api/images/{image['id']}/annotation/redo"
        now: Annotation = self._json("POST", target, {"version": seen["version"]})
        return now

    def give_up(self, image: Image, seen: Annotation) -> None:
        """Back to what the model found."""
        target = f"/api/images/{image['id']}/annotation?version={seen['version']}"
        self._send("DELETE", target)

    def trace(self, image: Image, points: Sequence[Point]) -> Traced:
        """A trace that is shown and not kept."""
        target = f"/api/images/{image['id']}/trace"
        found: Traced = self._json("POST", target, {"points": list(points)})
        return found

    def measure(self, images: Sequence[str]) -> list[Job]:
        wanted = {"kind": "measure", "images": list(images)}
        jobs: list[Job] = self._json("POST", "/api/jobs", wanted)
        return jobs

    def dataset(self, name: str, val_share: float = 0.2, seed: int = 0) -> Job:
        """Of two photos or more that are corrected, or whose cracks are all judged."""
        wanted = {"name": name, "val_share": val_share, "seed": seed}
        job: Job = self._json("POST", "/api/datasets", wanted)
        return job

    def datasets(self) -> list[Dataset]:
        found: list[Dataset] = self.get("/api/datasets")
        return found

    def train(self, dataset: str, epochs: int | None = None) -> Job:
        """From the model of now."""
        job: Job = self._json("POST", "/api/trainings", {"dataset": dataset, "epochs": epochs})
        return job

    def trainings(self) -> list[Training]:
        found: list[Training] = self.get("/api/trainings")
        return found

    def model(self, training: Training) -> bytes:
        return self._send("GET", f"/api/trainings/{training['id']}/model")

    def export(self, formats: Sequence[str]) -> Job:
        job: Job = self._json("POST", "/api/exports", {"formats": list(formats)})
        return job

    def archive(self, job: Job) -> bytes:
        return self._send("GET", f"/api/exports/{job['id']}/archive")

    def wait(self, job: Job, seconds: float = 600) -> Job:
        """Ask until a job has ended; a page would listen to /api/events instead."""
        until = time.monotonic() + seconds
        while job["state"] in ("queued", "running"):
            if time.monotonic() > until:
                raise TimeoutError(f"job {job['id']} is still {job['state']}")
            time.sleep(0.1)
            job = self.get(f"/api/jobs/{job['id']}")
        return job

    def wait_for_all(self, seconds: float = 600) -> None:
        """Ask until no job waits or runs."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            project = self.get("/api/project")
            if not project["queued"] + project["running"]:
                return
            time.sleep(0.1)
        raise TimeoutError("jobs are still running")

    def get(self, path: str) -> Any:
        return json.loads(self._send("GET", path))

    def _json(self, method: str, path: str, values: object) -> Any:
        return json.loads(self._send(method, path, json.dumps(values).encode(), "application/json"))

    def _send(
        self, method: str, path: str, body: bytes | None = None, kind: str | None = None
    ) -> bytes:
        headers = dict(self._headers)
        if kind is not None:
            headers["Content-Type"] = kind
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                answer: bytes = response.read()
                return answer
        except urllib.error.HTTPError as error:
            with error:
                problem = json.loads(error.read())
            raise Refused(error.code, problem["reason"], problem["sentence"]) from None


def main(address: str, photo: Path, out: Path) -> None:
    client = Client(address)
    image = client.upload(photo)
    for job in client.find([image["id"]]):
        ended = client.wait(job)
        print(f"find: {ended['state']} {ended['sentence']}".strip())

    cracks = client.cracks(image["id"])
    print(f"cracks: {len(cracks)}")
    if cracks:
        narrowest = min(cracks, key=lambda crack: crack["measures"]["width_max_px"])
        client.judge(narrowest, "rejected", "a joint, not a crack")

    client.scale_by_points(client.image(image["id"]), (0.0, 0.0, 100.0, 0.0), 50.0)
    client.wait_for_all()
    measured = client.image(image["id"])["measured"] or {}
    print(f"scale: {measured['mm_per_px']:g} mm per pixel")

    strokes = client.correct(image)
    line: Stroke = {"kind": "brush", "points": [(10.0, 58.0), (80.0, 58.0)], "diameter_px": 3.0}
    strokes = client.add_stroke(image, strokes, line)
    print(f"strokes: {len(strokes['strokes'])}")
    client.wait(client.measure([image["id"]])[0])
    print(f"corrected: {client.image(image['id'])['corrected']}")

    export = client.wait(client.export(["csv", "html"]))
    out.write_bytes(client.archive(export))
    print("written:", ", ".join(each["name"] for each in export["result"]["files"]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
