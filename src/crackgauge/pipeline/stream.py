"""Many inputs through one network: decode ahead, predict, write behind.

One thread decodes the next image while the network works on this one, and one thread measures and
writes the image before, so that the network never waits for the disk. What an input is refused
for sets that input aside; the others go on.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from crackgauge.arrays import Image, Probability, Window
from crackgauge.errors import TOO_LARGE, InputRefused, StorageError
from crackgauge.images import ImageSource, open_image
from crackgauge.inference.enlarging import Enlarged
from crackgauge.pipeline.folder import Record, RunFolder
from crackgauge.pipeline.naming import Job
from crackgauge.pipeline.summary import Progress, ProgressEvent, RunSummary, SetAside, Status
from crackgauge.pipeline.timings import Timing, write_timings
from crackgauge.report.wording import missing_scale

# Results above this are handled one at a time: three of them at once would fill the memory.
_ALONE_PX = 32_000_000
# Images whose results may wait for the writing thread.
_WAITING = 2


class Result(NamedTuple):
    """What was written for one input (relative names), and what the tables need (JSON values)."""

    outputs: list[str]
    values: dict[str, object]


class Verb(Protocol):
    """What a command does with each input; the engine does the rest."""

    @property
    def big_px(self) -> int:
        """Images whose result has more pixels are given to `by_window`."""

    @property
    def enlargement(self) -> int:
        """How many times larger the result is than the image."""

    def predict(self, image: Image) -> Enlarged:
        """Return a whole image, enlarged where the model does so; runs in the main thread."""

    def finish(self, job: Job, image: Image, probability: Probability) -> Result:
        """Measure and write what `predict` gave; runs in the writing thread."""

    def by_window(self, job: Job, source: ImageSource, progress: Progress) -> Result:
        """Predict, measure and write an image above `big_px`; runs in the main thread."""

    def possible_outputs(self, job: Job) -> list[str]:
        """Name every file that could be written for this input, relative to the folder."""


@dataclass
class Outcome:
    """What became of the inputs so far."""

    total: int
    skipped: int = 0
    records: dict[str, Record] = field(default_factory=dict)  # by Job.name, done and skipped
    set_aside: list[SetAside] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)

    @property
    def finished(self) -> int:
        """Inputs that need nothing more."""
        return len(self.records) + len(self.set_aside)

    def summary(self, out: Path) -> RunSummary:
        """Count for whoever called the verb."""
        done = len(self.records) - self.skipped
        missing = missing_scale(
            str(row.get("scale_source", ""))
            for record in self.records.values()
            for row in record["result"].get("survey", {}).get("images", [])
        )
        notes = (f"no scale was found, measures are in pixels: {missing}",) if missing else ()
        return RunSummary(out, done, self.skipped, sorted(self.set_aside), notes)


class _Loaded(NamedTuple):
    """A decoded image, or, above the limit, the source to read it from by window."""

    image: Image | None
    source: ImageSource
    elapsed_s: float


class _Written(NamedTuple):
    record: Record
    elapsed_s: float


class _Waiting(NamedTuple):
    job: Job
    megapixels: float
    decode_s: float
    network_s: float
    writing: Future[_Written]


def run_jobs(jobs: Sequence[Job], verb: Verb, folder: RunFolder, progress: Progress) -> Outcome:
    """Bring every input to its outputs, or set it aside; those already there are skipped.

    What the outcome holds is in the order in which it ended; tables sort it by name. When this is
    interrupted (`KeyboardInterrupt`, a full disk), the file being written is finished or removed
    first, and `timings.csv` is written for what was done.

    Raises:
        StorageError: an output cannot be written.
    """
    with begun(jobs, folder, progress) as (outcome, todo):
        _Stream(verb, folder, progress, outcome).run(todo)
    return outcome


@contextlib.contextmanager
def begun(
    jobs: Sequence[Job], folder: RunFolder, progress: Progress
) -> Iterator[tuple[Outcome, list[Job]]]:
    """Give what an earlier run has finished and the jobs that are left; write `timings.csv`."""
    folder.prune(jobs)
    outcome = Outcome(total=len(jobs))
    todo = []
    for job in jobs:
        record = folder.record(job)
        if record is None:
            todo.append(job)
        else:
            outcome.records[job.name] = record
    outcome.skipped = len(outcome.records)
    progress(ProgressEvent(outcome.finished, outcome.total, "", "begun"))
    try:
        yield outcome, todo
    except BaseException:
        with contextlib.suppress(StorageError):  # the error under way says more
            write_timings(folder.out, outcome.timings)
        raise
    write_timings(folder.out, outcome.timings)


@contextlib.contextmanager
def setting_aside(
    job: Job, folder: RunFolder, outputs: Sequence[str], outcome: Outcome, progress: Progress
) -> Iterator[None]:
    """Set `job` aside for whatever the body refuses it for, and go on.

    Args:
        job: the input.
        folder: of the run.
        outputs: every output that it could have.
        outcome: where it is noted.
        progress: told of it.
    """
    try:
        yield
        return
    except InputRefused as error:
        refused = error
    except MemoryError:
        refused = InputRefused(
            job.path,
            TOO_LARGE,
            "needs more memory than there is; save it as a tiled TIFF above 100 megapixels, "
            "which is read by window, or cut it into smaller images",
        )
    folder.discard(job, outputs)
    outcome.set_aside.append(SetAside.of(job.name, refused))
    progress(ProgressEvent(outcome.finished, outcome.total, job.name, "set-aside"))


class _Stream:
    """The two threads around the network, and what waits between them."""

    def __init__(self, verb: Verb, folder: RunFolder, progress: Progress, outcome: Outcome) -> None:
        self.verb = verb
        self.folder = folder
        self.progress = progress
        self.outcome = outcome
        self.waiting: deque[_Waiting] = deque()

    def run(self, jobs: Sequence[Job]) -> None:
        with _thread("decode") as reader, _thread("write") as writer:
            largest_px = self.verb.big_px // self.verb.enlargement**2
            with contextlib.closing(_read_ahead(jobs, reader, largest_px)) as ahead:
                for job, loading in ahead:
                    self.folder.discard(job, self.verb.possible_outputs(job))
                    with self._setting_aside(job):
                        loaded = loading.result()
                        with loaded.source:
                            self._one(job, loaded, writer)
            self._collect(0)

    def _one(self, job: Job, loaded: _Loaded, writer: ThreadPoolExecutor) -> None:
        pixels = loaded.source.height * loaded.source.width
        megapixels = pixels / 1e6
        alone = pixels * self.verb.enlargement**2 > _ALONE_PX
        if alone:
            self._collect(0)
        started = time.perf_counter()
        if loaded.image is None:
            result = self.verb.by_window(job, loaded.source, self._relay(job))
            record = self.folder.complete(job, result.outputs, result.values)
            timing = Timing(job.name, megapixels, loaded.elapsed_s, _since(started), 0.0)
            self._done(job, record, timing)
            return
        predicted = self.verb.predict(loaded.image)
        network_s = _since(started)
        writing = writer.submit(self._finish, job, predicted)
        self.waiting.append(_Waiting(job, megapixels, loaded.elapsed_s, network_s, writing))
        self._collect(0 if alone else _WAITING)

    def _finish(self, job: Job, predicted: Enlarged) -> _Written:
        started = time.perf_counter()
        result = self.verb.finish(job, predicted.image, predicted.probability)
        record = self.folder.complete(job, result.outputs, result.values)
        return _Written(record, _since(started))

    def _collect(self, leave: int) -> None:
        """Note what the writing thread has finished; wait until at most `leave` are waiting."""
        while self.waiting and (len(self.waiting) > leave or self.waiting[0].writing.done()):
            job, megapixels, decode_s, network_s, writing = self.waiting.popleft()
            with self._setting_aside(job):
                record, finish_s = writing.result()
                timing = Timing(job.name, megapixels, decode_s, network_s, finish_s)
                self._done(job, record, timing)

    def _setting_aside(self, job: Job) -> contextlib.AbstractContextManager[None]:
        outputs = self.verb.possible_outputs(job)
        return setting_aside(job, self.folder, outputs, self.outcome, self.progress)

    def _done(self, job: Job, record: Record, timing: Timing) -> None:
        self.outcome.records[job.name] = record
        self.outcome.timings.append(timing)
        self._tell(job, "done")

    def _tell(self, job: Job, status: Status) -> None:
        self.progress(ProgressEvent(self.outcome.finished, self.outcome.total, job.name, status))

    def _relay(self, job: Job) -> Progress:
        """Give the progress within one huge image its place in the run."""

        def relay(event: ProgressEvent) -> None:
            self.progress(
                event._replace(
                    finished=self.outcome.finished, total=self.outcome.total, name=job.name
                )
            )

        return relay


def _read_ahead(
    jobs: Sequence[Job], reader: ThreadPoolExecutor, largest_px: int
) -> Generator[tuple[Job, Future[_Loaded]], None, None]:
    """Give the inputs in order, each with its decoding begun one input earlier."""
    ahead: Future[_Loaded] | None = None
    try:
        for index, job in enumerate(jobs):
            now = ahead or reader.submit(_load, job, largest_px)
            more = index + 1 < len(jobs)
            ahead = reader.submit(_load, jobs[index + 1], largest_px) if more else None
            yield job, now
    finally:
        if ahead is not None and not ahead.cancel() and ahead.exception() is None:
            ahead.result().source.close()


def _load(job: Job, largest_px: int) -> _Loaded:
    started = time.perf_counter()
    source = open_image(job.path)
    if source.height * source.width > largest_px:
        return _Loaded(None, source, _since(started))
    try:
        image = source.read(Window(0, 0, source.height, source.width))
    except BaseException:
        source.close()
        raise
    return _Loaded(image, source, _since(started))


@contextlib.contextmanager
def _thread(name: str) -> Iterator[ThreadPoolExecutor]:
    """One thread that works off what it is given; an error drops what it has not begun."""
    executor = ThreadPoolExecutor(1, thread_name_prefix=f"crackgauge-{name}")
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


def _since(started: float) -> float:
    return time.perf_counter() - started
