"""The cracks of the photos, with what the inspector says about each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from crackgauge.web.database import Database, new_id
from crackgauge.web.refusals import changed_meanwhile, not_found
from crackgauge.web.review import carry_over

Decision = Literal["open", "accepted", "rejected"]
DECISIONS: tuple[Decision, ...] = ("open", "accepted", "rejected")


@dataclass(frozen=True)
class CrackRecord:
    """One crack.

    Args:
        id: made by the server; it stays with a crack when it is measured anew.
        image_id: of its photo.
        number: its `crack_id` in the survey.
        measures: its row in the survey.
        decision: `open`, `accepted` or `rejected`.
        comment: of the inspector.
        version: goes up with every change that an inspector makes.
    """

    id: str
    image_id: str
    number: int
    measures: dict[str, Any]
    decision: Decision
    comment: str
    version: int


_COLUMNS = "id, image_id, number, measures, decision, comment, version"


class CrackTable:
    """Lists, judges and replaces cracks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, crack_id: str) -> CrackRecord:
        """Return one.

        Raises:
            Refused: 404.
        """
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM cracks WHERE id = ? AND present", (crack_id,)
            ).fetchone()
        if row is None:
            raise not_found("crack")
        return _record(row)

    def of_image(self, image_id: str) -> list[CrackRecord]:
        """Return the cracks of a photo by their number."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM cracks WHERE image_id = ? AND present ORDER BY number",
                (image_id,),
            ).fetchall()
        return [_record(row) for row in rows]

    def worst(self, *, offset: int, count: int) -> tuple[list[CrackRecord], int]:
        """Return some cracks of all photos, the worst class and the widest first, and how many
        there are."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM cracks WHERE present ORDER BY severity_rank DESC, "
                "width_max_px DESC, image_id, number LIMIT ? OFFSET ?",
                (count, offset),
            ).fetchall()
            total = connection.execute("SELECT COUNT(*) FROM cracks WHERE present").fetchone()
        return [_record(row) for row in rows], int(total[0])

    def counts(self, image_id: str | None = None) -> dict[str, dict[Decision, int]]:
        """Return how many cracks there are of each decision, by photo; of all, or of one."""
        only, values = ("", ()) if image_id is None else ("AND image_id = ? ", (image_id,))
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT image_id, decision, COUNT(*) AS count FROM cracks WHERE present {only}"
                "GROUP BY image_id, decision",
                values,
            ).fetchall()
        found: dict[str, dict[Decision, int]] = {}
        for row in rows:
            found.setdefault(str(row["image_id"]), {})[row["decision"]] = int(row["count"])
        return found

    def judge(
        self, crack_id: str, *, version: int, decision: Decision | None, comment: str | None
    ) -> CrackRecord:
        """Note what the inspector says.

        Args:
            crack_id: of the crack.
            version: the one that the writer has seen.
            decision: None leaves it.
            comment: None leaves it.

        Raises:
            Refused: 404; 409 where somebody else was first.
        """
        with self._database.write() as connection:
            now = self.get(crack_id)
            if version != now.version:
                raise changed_meanwhile("crack", version, now.version, asdict(now))
            connection.execute(
                "UPDATE cracks SET decision = ?, comment = ?, version = version + 1 WHERE id = ?",
                (
                    now.decision if decision is None else decision,
                    now.comment if comment is None else comment,
                    crack_id,
                ),
            )
            return self.get(crack_id)

    def replace(self, image_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put the cracks of a new measuring in the place of those before.

        A crack that lies where one lay before keeps its id and what was said about it. What was
        said about one that is not found any more waits until a later measuring finds it again.

        Args:
            image_id: of the photo.
            rows: of the survey's cracks, as JSON values.
        """
        with self._database.write() as connection:
            known = connection.execute(
                f"SELECT {_COLUMNS} FROM cracks WHERE image_id = ? ORDER BY present DESC, "
                "decision = 'open', number, id",
                (image_id,),
            ).fetchall()
            before = [_record(row) for row in known]
            heirs = carry_over([each.measures for each in before], rows)
            connection.execute("UPDATE cracks SET present = 0 WHERE image_id = ?", (image_id,))
            taken = {heir: each for heir, each in zip(heirs, before, strict=True) if heir >= 0}
            for at, row in enumerate(rows):
                self._put(connection, image_id, row, taken.get(at))
            connection.execute(
                "DELETE FROM cracks WHERE image_id = ? AND NOT present AND decision = 'open' "
                "AND comment = ''",
                (image_id,),
            )

    def _put(
        self,
        connection: sqlite3.Connection,
        image_id: str,
        row: Mapping[str, Any],
        earlier: CrackRecord | None,
    ) -> None:
        values = (
            int(row["crack_id"]),
            int(row.get("severity_rank", -1)),
            float(row["width_max_px"]),
            json.dumps(dict(row)),
        )
        if earlier is not None:
            connection.execute(
                "UPDATE cracks SET present = 1, number = ?, severity_rank = ?, width_max_px = ?, "
                "measures = ? WHERE id = ?",
                (*values, earlier.id),
            )
            return
        connection.execute(
            "INSERT INTO cracks (id, image_id, present, number, severity_rank, width_max_px, "
            "measures) VALUES (?, ?, 1, ?, ?, ?, ?)",
            (new_id(), image_id, *values),
        )


def _record(row: sqlite3.Row) -> CrackRecord:
    return CrackRecord(**{**dict(row), "measures": json.loads(row["measures"])})
