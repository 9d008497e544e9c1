"""The job queue: threads of the server, each with a worker process, and what they leave."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from crackgauge.errors import CrackgaugeError
from crackgauge.web.complaints import AGAIN_S, Complaints
from crackgauge.web.events import Events
from crackgauge.web.job_requests import JobRequest, request_of
from crackgauge.web.job_table import JobKind, JobRecord
from crackgauge.web.limits import Limits
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused, as_refused
from crackgauge.web.supervision import (
    Cancelled,
    OutOfTime,
    WorkerEnded,
    WorkerProcess,
    WorkerSettings,
)

KILLED = "killed-worker"
TIMED_OUT = "timed-out"
_LOOK_EVERY_S = 1.0
_LOG = logging.getLogger("crackgauge.web")


class JobQueue:
    """Works off the jobs of a project.

    Args:
        project: whose jobs.
        limits: the bounds.
        events: who is told.
        settings: how a worker is started.
        workers: processes.
    """

    def __init__(
        self,
        project: Project,
        limits: Limits,
        events: Events,
        settings: WorkerSettings,
        *,
        workers: int,
    ) -> None:
        self._project = project
        self._limits = limits
        self._events = events
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._shares: dict[str, float] = {}
        self._claiming = threading.Lock()
        # Photos that a worker has its hands on; a job that was cancelled takes a moment to end.
        self._at_work: set[str] = set()
        self._complaints = Complaints(self._closing)
        self._workers = [WorkerProcess(settings) for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), daemon=True)
            for worker in self._workers
        ]

    @property
    def pids(self) -> list[int | None]:
        """Numbers of the worker processes; None while one is being replaced."""
        return [worker.pid for worker in self._workers]

    def start(self) -> None:
        """Take up what an earlier server left, and begin."""
        self._project.jobs.resume()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the workers; what ran runs again when the server is started again."""
        self._closing.set()
        for worker in self._workers:
            worker.close()
        with self._news:
            self._news.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=5)

    def add(
        self,
        kind: JobKind,
        image_ids: Sequence[str | None],
        arguments: dict[str, Any] | None = None,
    ) -> list[JobRecord]:
        """Queue jobs; see `JobTable.add`.

        Raises:
            Refused: 503, the queue is full.
        """
        jobs = self._project.jobs.add(
            kind, image_ids, most=self._limits.queue_jobs, arguments=arguments
        )
        for job in jobs:
            self._tell(job.id)
        with self._news:
            self._news.notify_all()
        return jobs

    def cancel(self, job_id: str) -> JobRecord:
        """Cancel a job; the worker of one that runs is ended.

        Raises:
            Refused: 404; 409, it has ended.
        """
        self._project.jobs.cancel(job_id)
        self._tell(job_id)
        return self._project.jobs.get(job_id)

    def share(self, job: JobRecord) -> float:
        """Return how much of a job is done, in [0, 1]."""
        return 1.0 if job.state == "done" else self._shares.get(job.id, 0.0)

    def _work(self, worker: WorkerProcess) -> None:
        while not self._closing.is_set():
            try:
                worker.ensure()
                job = self._claim()
            except CrackgaugeError as error:
                self._complaints.say(f"no job can be begun, trying again: {error}")
                self._sleep(AGAIN_S)
                continue
            self._complaints.settled()
            if job is None:
                self._sleep(_LOOK_EVERY_S)
                continue
            self._run(job, worker)
            self._at_work.discard(job.image_id or "")

    def _claim(self) -> JobRecord | None:
        with self._claiming:
            job = self._project.jobs.claim(not_of=self._at_work)
            if job is not None and job.image_id is not None:
                self._at_work.add(job.image_id)
            return job

    def _sleep(self, seconds: float) -> None:
        with self._news:
            if not self._closing.is_set():
                self._news.wait(seconds)

    def _run(self, job: JobRecord, worker: WorkerProcess) -> None:
        """Bring a job to its end; whatever happens, the thread goes on."""
        self._tell(job.id)
        try:
            request = request_of(job, self._project, self._limits)
            result = worker.ask(
                request.task,
                request.arguments,
                seconds=request.seconds,
                tell=self._teller(job.id),
                cancelled=self._is_cancelled(job.id),
            )
            self._end(job, lambda: self._keep(job, request, result))
        except Cancelled:
            pass
        except WorkerEnded:
            self._after_death(job)
        except OutOfTime as error:
            self._fail(job, Refused(422, TIMED_OUT, str(error)))
        except CrackgaugeError as error:
            self._fail(job, as_refused(error))
        except Exception as error:  # noqa: BLE001  the queue outlives its jobs
            _LOG.exception("this is a bug of crackgauge")
            self._fail(job, as_refused(error))
        self._shares.pop(job.id, None)
        if job.kind in ("export", "dataset"):
            self._clear(job)
        self._tell(job.id)

    def _clear(self, job: JobRecord) -> None:
        """Remove what is of no use any more; its worker has let go of it."""
        if self._project.jobs.get(job.id).state in ("failed", "cancelled"):
            self._project.clear_unfinished(job.id)

    def _keep(self, job: JobRecord, request: JobRequest, result: dict[str, Any]) -> None:
        request.keep(result)
        self._project.jobs.end(job.id, "done", result=request.public(result))

    def _after_death(self, job: JobRecord) -> None:
        """Try again, or set the photo aside that has ended its worker too often."""
        if self._closing.is_set():
            return
        if job.tries < self._limits.tries:
            self._end(job, lambda: self._project.jobs.end(job.id, "queued"))
            return
        times = f"{job.tries} times" if job.tries > 1 else "once"
        sentence = f"ended its worker process {times}; cut the image, or save it again"
        self._fail(job, Refused(422, KILLED, sentence))

    def _fail(self, job: JobRecord, refused: Refused) -> None:
        def fail() -> None:
            self._project.jobs.end(
                job.id, "failed", reason=refused.reason, sentence=refused.sentence
            )
            if job.image_id is not None and job.kind in ("find", "measure"):
                self._project.set_aside(job.image_id, refused)

        self._end(job, fail)

    def _end(self, job: JobRecord, note: Callable[[], None]) -> None:
        """Note how a job ended, unless it was cancelled; where the disk is full, wait for room."""
        project = self._project
        self._complaints.keep(project.database, lambda: project.jobs.while_running(job.id, note))

    def _teller(self, job_id: str) -> Callable[[float], None]:
        def tell(share: float) -> None:
            self._shares[job_id] = share
            self._tell(job_id)

        return tell

    def _is_cancelled(self, job_id: str) -> Callable[[], bool]:
        looked_at = 0.0

        def cancelled() -> bool:
            nonlocal looked_at
            if time.monotonic() - looked_at < _LOOK_EVERY_S / 4:
                return False
            looked_at = time.monotonic()
            return self._project.jobs.get(job_id).state != "running"

        return cancelled

    def _tell(self, job_id: str) -> None:
        """Tell what a job is at."""
        try:
            job = self._project.jobs.get(job_id)
        except Refused:
            return
        self._events.tell(
            "job",
            {
                "id": job.id,
                "kind": job.kind,
                "image": job.image_id,
                "state": job.state,
                "share": self.share(job),
            },
        )
