"""Work with a running `crackgauge serve` from Python: serve_client.py ADDRESS PHOTO OUT.zip.

Uploads a photo, has its cracks found, rejects the narrowest, gives the photo a scale by two points,
and downloads the report. Needs nothing but Python; the names are those of `/openapi.json`.
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
from typing import Any, Literal, TypedDict

Decision = Literal["open", "accepted", "rejected"]


class Image(TypedDict):
    id: str
    name: str
    height_px: int | None
    width_px: int | None
    state: Literal["new", "done", "set-aside", "missing"]
    sentence: str
    version: int
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
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    share: float
    sentence: str
    result: dict[str, Any]


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

    export = client.wait(client.export(["csv", "html"]))
    out.write_bytes(client.archive(export))
    print("written:", ", ".join(each["name"] for each in export["result"]["files"]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
