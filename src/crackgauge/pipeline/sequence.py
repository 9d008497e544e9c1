"""Many inputs one after the other, for work without a network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from crackgauge.pipeline.folder import RunFolder
from crackgauge.pipeline.naming import Job
from crackgauge.pipeline.stream import Outcome, Result, begun, setting_aside
from crackgauge.pipeline.summary import Progress, ProgressEvent
from crackgauge.pipeline.timings import Timing


class Work(Protocol):
    """What a command does with each input."""

    def one(self, job: Job) -> tuple[Result, float]:
        """Bring one input to its outputs; also its megapixels."""

    def possible_outputs(self, job: Job) -> list[str]:
        """Name every file that could be written for this input, relative to the folder."""


def run_one_by_one(
    jobs: Sequence[Job], work: Work, folder: RunFolder, progress: Progress
) -> Outcome:
    """Bring every input to its outputs, or set it aside; those already there are skipped.

    Raises:
        StorageError: an output cannot be written.
    """
    with begun(jobs, folder, progress) as (outcome, todo):
        for job in todo:
            outputs = work.possible_outputs(job)
            folder.discard(job, outputs)
            started = time.perf_counter()
            with setting_aside(job, folder, outputs, outcome, progress):
                result, megapixels = work.one(job)
                record = folder.complete(job, result.outputs, result.values)
                elapsed_s = time.perf_counter() - started
                outcome.records[job.name] = record
                outcome.timings.append(Timing(job.name, megapixels, 0.0, 0.0, elapsed_s))
                progress(ProgressEvent(outcome.finished, outcome.total, job.name, "done"))
    return outcome
