"""Datasets that were made of the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crackgauge.web.database import Database
from crackgauge.web.refusals import not_found


@dataclass(frozen=True)
class DatasetRecord:
    """One dataset.

    Args:
        id: that of the job that made it.
        name: for people; it names no file.
        created: when, in UTC.
        images: how many photos it has.
        cracks: on them, without those that were rejected.
        splits: how many photos each split has.
    """

    id: str
    name: str
    created: str
    images: int
    cracks: int
    splits: dict[str, int]


class DatasetTable:
    """Lists datasets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def every(self) -> list[DatasetRecord]:
        """Return all, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM datasets ORDER BY number DESC").fetchall()
        return [_record(dict(row)) for row in rows]

    def get(self, dataset_id: str) -> DatasetRecord:
        """Return one.

        Raises:
            Refused: 404.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT * FROM datasets WHERE id = ?", (dataset_id,)
            ).fetchone()
        if row is None:
            raise not_found("dataset")
        return _record(dict(row))

    def add(self, dataset_id: str, *, name: str, created: str, made: Mapping[str, Any]) -> None:
        """Note a dataset that was written.

        Args:
            dataset_id: that of its job.
            name: for people.
            created: when, in UTC.
            made: of `dataset_writing.write_dataset`.
        """
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO datasets (id, name, created, images, cracks, splits) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    dataset_id,
                    name,
                    created,
                    made["images"],
                    made["cracks"],
                    json.dumps(made["splits"]),
                ),
            )

    def remove(self, dataset_id: str) -> None:
        """Forget one."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM datasets WHERE id = ?", (dataset_id,))


def _record(values: dict[str, Any]) -> DatasetRecord:
    del values["number"]
    return DatasetRecord(**{**values, "splits": json.loads(values["splits"])})
