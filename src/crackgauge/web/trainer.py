"""Trainings, one at a time: a child process, watched by a thread of the server."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crackgauge.errors import CrackgaugeError
from crackgauge.files import storing
from crackgauge.pipeline.training import missing_for_training
from crackgauge.web.access_token import TOKEN_VARIABLE
from crackgauge.web.complaints import AGAIN_S, Complaints
from crackgauge.web.dataset_schemas import Training, TrainingWanted
from crackgauge.web.events import Events
from crackgauge.web.job_table import JobRecord
from crackgauge.web.jobs import KILLED
from crackgauge.web.limits import Limits
from crackgauge.web.naming import display_name
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused, as_refused, busy, missing_extra, not_found
from crackgauge.web.training_records import (
    LOG_FILE,
    Progress,
    arguments_of,
    model_of,
    prepare,
    progress_of,
    recipe_of,
    serving_command,
)

_LOOK_EVERY_S = 1.0
_GRACE_S = 65.0
_CLOSING_S = 5.0
_LOG = logging.getLogger("crackgauge.web")


class Trainer:
    """Works off the trainings of a project.

    Args:
        project: whose datasets and model.
        limits: the bounds.
        events: who is told.
    """

    def __init__(self, project: Project, limits: Limits, events: Events) -> None:
        self._project = project
        self._limits = limits
        self._events = events
        self._closing = threading.Event()
        self._complaints = Complaints(self._closing)
        self._child: subprocess.Popen[str] | None = None
        self._told: tuple[str, Progress] | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def pid(self) -> int | None:
        """Number of the training's process; None where none runs."""
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def start(self) -> None:
        """Take up what an earlier server left, and begin."""
        self._thread.start()

    def close(self) -> None:
        """Have the training save its state; it goes on when the server is started again."""
        self._closing.set()
        self._thread.join(_CLOSING_S)

    def add(self, wanted: TrainingWanted) -> JobRecord:
        """Queue a training that starts from the model of now.

        Raises:
            Refused: 404, no such dataset; 422, no recipe for this model; 501, torch is missing;
                503, too many wait.
            StorageError: the disk is full.
        """
        _require_torch()
        project = self._project
        dataset = project.datasets.get(wanted.dataset)
        recipe = recipe_of(project, dataset, preset=wanted.preset, epochs=wanted.epochs)
        name = display_name(wanted.name or f"{dataset.name}, {recipe.preset}")
        arguments = {
            "dataset": dataset.id,
            "preset": recipe.preset,
            "name": name,
            "epochs": recipe.epochs,
        }
        with project.database.write():
            project.datasets.get(dataset.id)  # it may have been removed meanwhile
            self._check_room()
            (job,) = project.jobs.add(
                "train", [None], most=self._limits.queue_jobs, arguments=arguments
            )
            prepare(project, job.id, recipe)
        self._tell(job.id)
        return job

    def resume(self, job_id: str) -> JobRecord:
        """Go on with a training that was stopped or failed, from its last state.

        Raises:
            Refused: 404; 409, it runs or is done; 501, torch is missing; 503, too many wait.
        """
        _require_torch()
        with self._project.database.write():
            job = self.get(job_id)
            if job.state not in ("cancelled", "failed"):
                raise Refused(409, "not-stopped", f"this training is {job.state}")
            self._check_room()
            self._project.jobs.begin_anew(job_id)
        self._tell(job_id)
        return self.get(job_id)

    def stop(self, job_id: str) -> JobRecord:
        """Stop a training; its state is kept.

        Raises:
            Refused: 404; 409, it has ended.
        """
        self.get(job_id)
        self._project.jobs.cancel(job_id)
        self._tell(job_id)
        return self.get(job_id)

    def get(self, job_id: str) -> JobRecord:
        """Return one.

        Raises:
            Refused: 404.
        """
        job = self._project.jobs.get(job_id)
        if job.kind != "train":
            raise not_found("training")
        return job

    def describe(self, job: JobRecord) -> Training:
        """Word a training."""
        folder = self._project.training_folder(job.id)
        progress, epochs = progress_of(folder), int(job.arguments["epochs"])
        model = model_of(folder) if job.state == "done" else None
        share = progress.epoch / epochs if epochs else 0.0
        return Training(
            id=job.id,
            name=job.arguments["name"],
            dataset=job.arguments["dataset"],
            preset=job.arguments["preset"],
            state=job.state,
            share=1.0 if job.state == "done" else min(share, 1.0),
            epoch=progress.epoch,
            epochs=epochs,
            scores=dict(progress.scores),
            model_path_name=None if model is None else self._below_project(model),
            command=None if model is None else serving_command(self._project, job.id),
            error=job.sentence,
        )

    def model(self, job_id: str) -> Path:
        """Return the model that a training left.

        Raises:
            Refused: 404; 409, it is not done.
        """
        job = self.get(job_id)
        if job.state != "done":
            raise Refused(409, "not-done", f"this training is {job.state}; wait until it is done")
        found = model_of(self._project.training_folder(job_id))
        if found is None:
            raise not_found("model: its file was removed from the project's folder")
        return found

    def _below_project(self, path: Path) -> str:
        return path.relative_to(self._project.folder).as_posix()

    def _check_room(self) -> None:
        waiting = [job for job in self._project.jobs.of_kind("train") if job.state == "queued"]
        if len(waiting) >= self._limits.trainings:
            raise busy(f"{len(waiting)} trainings are waiting", retry_after_s=60)

    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                job = self._project.jobs.claim_training()
            except CrackgaugeError as error:
                self._complaints.say(f"no training can be begun, trying again: {error}")
                self._closing.wait(AGAIN_S)
                continue
            self._complaints.settled()
            if job is None:
                self._closing.wait(_LOOK_EVERY_S)
                continue
            try:
                self._run(job)
            except CrackgaugeError as error:
                self._end(job, as_refused(error))
            except Exception as error:  # noqa: BLE001  the thread outlives its trainings
                _LOG.exception("this is a bug of crackgauge")
                self._end(job, as_refused(error))

    def _run(self, job: JobRecord) -> None:
        """Bring a training to its end, or stop it."""
        self._tell(job.id)
        child = self._start(arguments_of(self._project, job))
        answer: list[str] = []
        reading = threading.Thread(target=_read_answer, args=(child, answer), daemon=True)
        reading.start()
        try:
            self._watch(job, child)
        except BaseException:
            child.kill()
            raise
        reading.join(_LOOK_EVERY_S)
        self._child = None
        _let_go(child)
        if self._closing.is_set():
            return  # it is still running in the table, and goes on with the next server
        self._conclude(job, answer)

    def _start(self, arguments: dict[str, Any]) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
        log = Path(arguments["folder"]) / LOG_FILE
        with storing(log), log.open("a", encoding="utf-8") as said:
            child = subprocess.Popen(
                [sys.executable, "-m", "crackgauge.web.training_child", json.dumps(arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                encoding="utf-8",
                env=environment,
                start_new_session=True,  # a Ctrl-C in the terminal is the server's to handle
            )
        self._child = child
        return child

    def _watch(self, job: JobRecord, child: subprocess.Popen[str]) -> None:
        """Wait for the end, tell how far it is, and pass on that it was cancelled."""
        until = None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LOOK_EVERY_S)
                return
            if self._closing.is_set():
                child.terminate()  # it goes on saving its state when the server has ended
                return
            self._tell(job.id, only_news=True)
            stopped = self._project.jobs.get(job.id).state != "running"
            if stopped and until is None:
                child.terminate()
                until = time.monotonic() + _GRACE_S
            if until is not None and time.monotonic() > until:
                child.kill()

    def _conclude(self, job: JobRecord, answer: list[str]) -> None:
        told = json.loads(answer[0]) if answer else {}
        if "refused" in told:
            self._end(job, Refused(**told["refused"]))
        elif told:
            self._note(job, lambda: self._project.jobs.end(job.id, "done"))
        elif job.tries < self._limits.tries:
            self._note(job, lambda: self._project.jobs.end(job.id, "queued"))
        else:
            sentence = f"its process ended {job.tries} times; there may be too little memory"
            self._end(job, Refused(422, KILLED, sentence))

    def _end(self, job: JobRecord, refused: Refused) -> None:
        def fail() -> None:
            self._project.jobs.end(
                job.id, "failed", reason=refused.reason, sentence=refused.sentence
            )

        self._note(job, fail)

    def _note(self, job: JobRecord, note: Callable[[], None]) -> None:
        """Note how a training ended, unless it was stopped; where the disk is full, wait."""
        project = self._project
        self._complaints.keep(project.database, lambda: project.jobs.while_running(job.id, note))
        self._tell(job.id)

    def _tell(self, job_id: str, *, only_news: bool = False) -> None:
        try:
            job = self._project.jobs.get(job_id)
        except Refused:
            return
        news = (job_id, progress_of(self._project.training_folder(job_id)))
        if only_news and news == self._told:
            return
        self._told = news
        training = self.describe(job)
        self._events.tell("training", training.model_dump(mode="json"))
        told = {"id": job.id, "kind": "train", "image": None, "state": job.state}
        self._events.tell("job", {**told, "share": training.share})


def _require_torch() -> None:
    missing = missing_for_training()
    if missing:
        raise missing_extra("train", f"training needs {missing[0]}")


def _read_answer(child: subprocess.Popen[str], answer: list[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        answer += [line for line in child.stdout or () if line.strip()]


def _let_go(child: subprocess.Popen[str]) -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
