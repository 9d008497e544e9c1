"""What changed between two visits, as tables and as one self-contained page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from crackgauge.files import atomic_path
from crackgauge.measure.columns import Kind
from crackgauge.measure.visits import CHANGE_COLUMNS, DEVIATIONS, STATUSES
from crackgauge.report import wording
from crackgauge.report.embedding import embed
from crackgauge.report.html import open_page, page_environment, style_digest
from crackgauge.report.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

PAIR_COLUMNS: dict[str, Kind] = {
    "image_before": "str",
    "image_after": "str",
    "registration": "str",
    "inlier_count": "int",
    "registration_error_px": "float",
    "zoom_ratio": "float",
    "scale_ratio": "float",
    **{f"{status}_count": "int" for status in STATUSES},
    "note": "str",
}
PICTURED_PAIRS = 200
LISTED_CHANGES = 400
_PICTURE_PX = 1000


class ChangeView(NamedTuple):
    """One change, worded."""

    number: int
    image: str
    status: str
    length: str
    width_mean: str
    width_max: str
    reason: str


@dataclass(frozen=True)
class ComparisonContent:
    """What the page shows.

    Args:
        before: what the earlier survey is called.
        after: what the later survey is called.
        changes: `measure.visits.CHANGE_COLUMNS`.
        pairs: `PAIR_COLUMNS`.
        pictures: overlays by the name of the later image.
        set_aside: (path, reason, sentence) of images that could not be compared.
        version: of crackgauge.
    """

    before: str
    after: str
    changes: pd.DataFrame
    pairs: pd.DataFrame
    pictures: Mapping[str, Path]
    set_aside: Sequence[tuple[str, str, str]] = ()
    version: str = ""


def write_changes_csv(path: str | Path, changes: pd.DataFrame) -> None:
    """Write one row a change, `measure.visits.CHANGE_COLUMNS`; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, changes, CHANGE_COLUMNS, ["image_after", "change_id"])


def write_pairs_csv(path: str | Path, pairs: pd.DataFrame) -> None:
    """Write one row a pair of images, `PAIR_COLUMNS`; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    write_table(path, pairs, PAIR_COLUMNS, ["image_after"])


def write_comparison(path: str | Path, content: ComparisonContent) -> None:
    """Write `comparison.html`; pictures are embedded, nothing is loaded from anywhere.

    Raises:
        StorageError: the file cannot be written.
    """
    environment, style = page_environment()
    counts = {status: int(content.pairs[f"{status}_count"].sum()) for status in STATUSES}
    listed = content.changes[~content.changes["status"].isin(["unchanged", "uncertain", "outside"])]
    page = environment.get_template("comparison.html.j2").stream(
        before=content.before,
        after=content.after,
        date=wording.report_date(),
        style=Markup(style),
        style_hash=style_digest(style),
        version=content.version,
        counts=counts,
        deviations=DEVIATIONS,
        changes=lambda: _views(listed),
        left_out=max(0, len(listed) - LISTED_CHANGES),
        pairs=lambda: _pairs(content),
        pair_count=len(content.pairs),
        pairs_left_out=max(0, len(content.pairs) - PICTURED_PAIRS),
        set_aside=sorted(content.set_aside),
    )
    page.enable_buffering(64)
    with atomic_path(path) as temporary, open_page(temporary) as out:
        out.writelines(page)


def _views(changes: pd.DataFrame) -> Iterator[ChangeView]:
    """Word the changes: new ones first, then by status, the longest first."""
    ranked = changes.assign(
        rank=[STATUSES.index(status) for status in changes["status"]],
        size=changes[["length_before_px", "length_after_px"]].max(axis=1),
    ).sort_values(["rank", "size", "image_after", "change_id"], ascending=[True, False, True, True])
    for row in ranked.head(LISTED_CHANGES).to_dict("records"):
        yield ChangeView(
            int(row["change_id"]),
            str(row["image_after"]),
            str(row["status"]),
            _word(row, "length"),
            _word(row, "width_mean"),
            _word(row, "width_max"),
            str(row["reason"]),
        )


def _word(row: Mapping[Any, Any], name: str) -> str:
    """Write a measure before and after, such as "0.30 → 0.42 mm"."""
    unit = "px" if math.isnan(float(row["length_before_mm"])) else "mm"
    values = [float(row[f"{name}_{when}_{unit}"]) for when in ("before", "after")]
    if name == "length":
        values = [value if value > 0 else math.nan for value in values]
    words = ["–" if math.isnan(value) else wording.number(value) for value in values]
    return "–" if words == ["–", "–"] else f"{words[0]} → {words[1]} {unit}"


def _pairs(content: ComparisonContent) -> Iterator[tuple[dict[Any, Any], str]]:
    """Give the pairs with most changes first, each with its picture as a data URI."""
    changed = sum(content.pairs[f"{name}_count"] for name in ("new", "grown", "shrunk", "gone"))
    ranked = content.pairs.assign(changed=changed).sort_values(
        ["changed", "image_after"], ascending=[False, True], kind="stable"
    )
    for row in islice(ranked.to_dict("records"), PICTURED_PAIRS):
        picture = content.pictures.get(str(row["image_after"]))
        yield row, embed(picture, longest_px=_PICTURE_PX)
