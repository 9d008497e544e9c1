"""Traces that a request waits for, computed by a worker of its own that keeps what it computed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackgauge.web.image_table import FoundFile, ImageRecord
from crackgauge.web.limits import Limits
from crackgauge.web.measuring import probability_file
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused, missing_extra, not_found
from crackgauge.web.shared_worker import SharedWorker
from crackgauge.web.supervision import OutOfTime, WorkerEnded, WorkerSettings

Line = Sequence[tuple[float, float]]


class Tracing:
    """Traces cracks in the photos of a project.

    Args:
        project: whose photos.
        limits: the bounds.
        settings: how the worker is started.
    """

    def __init__(self, project: Project, limits: Limits, settings: WorkerSettings) -> None:
        self._project = project
        self._limits = limits
        self._worker = SharedWorker(
            settings, most=limits.traces, tries=limits.tries, words="traces are being computed"
        )

    @property
    def pid(self) -> int | None:
        """Number of the worker's process; None before the first photo is corrected."""
        return self._worker.pid

    def get_ready(self) -> None:
        """Start the worker without waiting for it: somebody looks at strokes."""
        self._worker.get_ready()

    def trace(
        self,
        image: ImageRecord,
        points: Line,
        *,
        forbid: Sequence[Line],
        erased: Sequence[dict[str, Any]],
        bright: bool,
        use_probability: bool,
    ) -> dict[str, Any]:
        """Trace one crack; see `TraceDesk.trace`.

        Args:
            image: the photo.
            points: what was clicked.
            forbid: lines that the path keeps away from.
            erased: strokes, as JSON values, that it keeps away from too.
            bright: the crack is brighter than what is around it.
            use_probability: draw the path to where the probability is high, where there is one.

        Raises:
            Refused: 422, there is no such path; 501, numba is missing; 503, too many wait.
        """
        if importlib.util.find_spec("numba") is None:
            raise missing_extra("trace", "tracing needs numba", "or draw with the brush")
        file, stamp = self._probability_of(image) if use_probability else (None, None)
        arguments = {
            "photo": str(self._project.photo(image)),
            "stamp": image.stamp,
            "points": points,
            "forbid": forbid,
            "bright": bright,
            "erased": erased,
            "probability": None if file is None else str(file),
            "probability_stamp": stamp,
        }
        return self._ask("trace", arguments, self._limits.trace_s)

    def propose(self, image: ImageRecord, target: Path) -> int:
        """Write the prediction as a session; see `TraceDesk.propose`.

        Returns:
            How many strokes it has.

        Raises:
            Refused: 404, there is no prediction; 422, it has too many branches; 503, busy.
        """
        file, _ = self._probability_of(image)
        if file is None:
            raise not_found("prediction: find the cracks of this photo first")
        arguments = {
            "photo": str(self._project.photo(image)),
            "name": image.name,
            "probability": str(file),
            "threshold": self._project.threshold,
            "most": self._limits.strokes // 2,
            "session": str(target),
        }
        return int(self._ask("propose", arguments, self._limits.propose_s)["strokes"])

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _probability_of(self, image: ImageRecord) -> tuple[Path, str] | tuple[None, None]:
        """The probability of a photo, and what names its content.

        What was found in a photo that was replaced is not its.
        """
        file = None if image.model is None else probability_file(self._project.found(image.id))
        seen = None if file is None else FoundFile.of(file, str(file))
        if file is None or seen is None:  # it may be written anew just now
            return None, None
        return file, f"{file}-{seen.stamp}"

    def _ask(self, task: str, arguments: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            return self._worker.ask(task, arguments, seconds=seconds)
        except WorkerEnded as error:
            raise Refused(
                422,
                "killed-worker",
                "the process that traces ended at this; set points closer to each other",
            ) from error
        except OutOfTime as error:
            raise Refused(
                422,
                "timed-out",
                f"took longer than {seconds:g} s; set points closer to each other",
            ) from error
