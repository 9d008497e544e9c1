"""Jobs that wait, run or have ended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from crackgauge.web.database import Database, new_id
from crackgauge.web.refusals import Refused, busy, not_found

JobKind = Literal["find", "measure", "coarse", "export", "dataset", "train"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]

# Jobs that ended are kept so many, the newest ones; all of those whose result is kept.
_KEPT = 1000
_RESULTS = "('export', 'dataset', 'train')"
# An export or a dataset reads what finding and measuring write.
_NEXT = """
    SELECT id FROM jobs AS job WHERE state = 'queued' AND kind <> 'train'
        AND (image_id IS NULL OR image_id NOT IN (SELECT value FROM json_each(?)))
        AND NOT EXISTS (SELECT 1 FROM jobs AS other
            WHERE other.state = 'running' AND other.image_id = job.image_id)
        AND NOT EXISTS (SELECT 1 FROM jobs AS other
            WHERE other.state IN ('queued', 'running') AND other.number < job.number
                AND (job.kind IN ('export', 'dataset') AND other.kind IN ('find', 'measure')
                    OR job.kind IN ('find', 'measure') AND other.kind IN ('export', 'dataset')))
    ORDER BY kind <> 'coarse', number LIMIT 1
"""
_NEXT_TRAINING = (
    "SELECT id FROM jobs WHERE state = 'queued' AND kind = 'train' ORDER BY number LIMIT 1"
)


@dataclass(frozen=True)
class JobRecord:
    """One job.

    Args:
        number: in the order in which they came.
        id: made by the server.
        kind: `find`, `measure`, `coarse` (a small copy of a large photo), `export`, `dataset` or
            `train`.
        image_id: of the photo; None for what is of many.
        arguments: what it is given besides.
        state: `queued`, `running`, `done`, `failed` or `cancelled`.
        tries: how often it was begun.
        reason, sentence: why it failed.
        result: what it left, JSON values.
    """

    number: int
    id: str
    kind: JobKind
    image_id: str | None
    arguments: dict[str, Any]
    state: JobState
    tries: int
    reason: str
    sentence: str
    result: dict[str, Any]


class JobTable:
    """The queue, kept on the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        kind: JobKind,
        image_ids: Sequence[str | None],
        *,
        most: int,
        arguments: dict[str, Any] | None = None,
    ) -> list[JobRecord]:
        """Queue a job for each photo; a photo whose job of that kind waits already gets no second.

        Args:
            kind: of the jobs.
            image_ids: of the photos, or [None].
            most: jobs that may wait.
            arguments: for each of them.

        Returns:
            The jobs that wait now, in the order of the photos.

        Raises:
            Refused: 503, the queue is full; nothing was queued.
        """
        with self._database.write() as connection:
            waiting = connection.execute(
                "SELECT image_id, id FROM jobs WHERE state = 'queued' AND kind = ?", (kind,)
            ).fetchall()
            known = {row["image_id"]: str(row["id"]) for row in waiting if row["image_id"]}
            fresh = [each for each in image_ids if each is None or each not in known]
            total = connection.execute(
                "SELECT COUNT(*) FROM jobs WHERE state = 'queued'"
            ).fetchone()[0]
            if fresh and total + len(fresh) > most:
                raise busy(f"{total} jobs are waiting, at most {most} may", retry_after_s=10)
            ids = []
            for image_id in image_ids:
                job_id = known.get(image_id) if image_id else None
                if job_id is None:
                    job_id = new_id()
                    connection.execute(
                        "INSERT INTO jobs (id, kind, image_id, arguments, state) "
                        "VALUES (?, ?, ?, ?, 'queued')",
                        (job_id, kind, image_id, json.dumps(arguments or {})),
                    )
                ids.append(job_id)
            return [self.get(job_id) for job_id in ids]

    def get(self, job_id: str) -> JobRecord:
        """Return one.

        Raises:
            Refused: 404.
        """
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise not_found("job")
        return _record(row)

    def newest(self, count: int) -> list[JobRecord]:
        """Return the newest jobs, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs ORDER BY number DESC LIMIT ?", (count,)
            ).fetchall()
        return [_record(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many jobs wait and run."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT state, COUNT(*) AS count FROM jobs WHERE state IN ('queued', 'running') "
                "GROUP BY state"
            ).fetchall()
        return {"queued": 0, "running": 0} | {row["state"]: int(row["count"]) for row in rows}

    def claim(self, *, not_of: Collection[str] = ()) -> JobRecord | None:
        """Begin the job that has waited longest; a small copy, which somebody looks for, first.

        Of one photo one job runs at a time; an export or a dataset waits for all that was asked
        before it, and what is found and measured after it waits for it. Trainings are another's
        to begin, see `claim_training`.

        Args:
            not_of: photos that are still worked on, though their job was cancelled.
        """
        return self._claim(_NEXT, json.dumps(sorted(not_of)))

    def claim_training(self) -> JobRecord | None:
        """Begin the training that has waited longest."""
        return self._claim(_NEXT_TRAINING)

    def being_measured(self) -> set[str]:
        """Return the photos that a job measures now, with the settings of when it began."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT image_id FROM jobs WHERE state = 'running' AND kind IN ('find', 'measure')"
            ).fetchall()
        return {str(row["image_id"]) for row in rows}

    def of_kind(self, kind: JobKind) -> list[JobRecord]:
        """Return the jobs of a kind, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs WHERE kind = ? ORDER BY number DESC", (kind,)
            ).fetchall()
        return [_record(row) for row in rows]

    def _claim(self, query: str, *values: str) -> JobRecord | None:
        with self._database.write() as connection:
            row = connection.execute(query, values).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', tries = tries + 1 WHERE id = ?", (row["id"],)
            )
            return self.get(row["id"])

    def end(
        self,
        job_id: str,
        state: JobState,
        *,
        reason: str = "",
        sentence: str = "",
        result: dict[str, Any] | None = None,
    ) -> None:
        """Note how a job ended, or that it waits again."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, reason = ?, sentence = ?, result = ? WHERE id = ?",
                (state, reason, sentence, json.dumps(result or {}), job_id),
            )
            connection.execute(
                f"DELETE FROM jobs WHERE kind NOT IN {_RESULTS} AND state IN "
                "('done', 'failed', 'cancelled') AND number <= "
                "(SELECT MAX(number) FROM jobs) - ?",
                (_KEPT,),
            )

    def while_running(self, job_id: str, note: Callable[[], object]) -> None:
        """Have it noted how a job goes on, unless it was cancelled meanwhile."""
        with self._database.write():
            if self.get(job_id).state == "running":
                note()

    def begin_anew(self, job_id: str) -> None:
        """Queue a job that has ended as if it had never been begun."""
        with self._database.write() as connection:
            connection.execute("UPDATE jobs SET tries = 0 WHERE id = ?", (job_id,))
            self.end(job_id, "queued")

    def cancel(self, job_id: str) -> JobState:
        """Cancel a job that waits or runs.

        Returns:
            The state that it was in.

        Raises:
            Refused: 404; 409 where it has ended.
        """
        with self._database.write():
            job = self.get(job_id)
            if job.state not in ("queued", "running"):
                raise Refused(409, "ended", f"this job has ended already: it is {job.state}")
            self.end(job_id, "cancelled")
            return job.state

    def resume(self) -> None:
        """Queue again what ran when the server ended; that was not the photo's fault."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'queued', tries = tries - 1 WHERE state = 'running'"
            )


def _record(row: sqlite3.Row) -> JobRecord:
    values = dict(row)
    for name in ("arguments", "result"):
        values[name] = json.loads(values[name])
    return JobRecord(**values)
