"""The verb `compare`: two visits to the same place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import crackgauge
from crackgauge.arrays import Image
from crackgauge.errors import UNSUPPORTED, UsageError
from crackgauge.images import write_image
from crackgauge.measure.columns import as_frame
from crackgauge.measure.registration import Registration, local_zoom, move
from crackgauge.measure.visit_samples import Visit
from crackgauge.measure.visits import CHANGE_COLUMNS, STATUSES, compare_visits
from crackgauge.pipeline.folder import RunFolder, open_run_folder
from crackgauge.pipeline.summary import Progress, ProgressEvent, SetAside, silent
from crackgauge.pipeline.survey_folder import read_survey_folder
from crackgauge.pipeline.tables import SET_ASIDE_FILE, write_set_aside
from crackgauge.pipeline.visit_images import (
    REGISTER_BY,
    Photo,
    RegisterBy,
    VisitImages,
    pair_images,
    register,
)
from crackgauge.report.change_overlay import ChangeLine, draw_changes
from crackgauge.report.comparison import (
    PAIR_COLUMNS,
    ComparisonContent,
    write_changes_csv,
    write_comparison,
    write_pairs_csv,
)
from crackgauge.report.overlay import OVERLAY_PX, draw_thumbnail

if TYPE_CHECKING:
    import pandas as pd

_OWNED = ("changes.csv", "pairs.csv", "comparison.html", "overlays", SET_ASIDE_FILE)
# Scales of both visits that differ by more from what the images show are pointed out.
_SCALES_AGREE = 0.05
_NUMBERED = 30
_CHANGED = ("new", "grown", "shrunk", "gone")
_BLANK = 245


@dataclass(frozen=True)
class ComparisonSummary:
    """How a comparison ended.

    Args:
        out: the folder that was written.
        pairs: images that were compared.
        counts: cracks by status, see `measure.visits.STATUSES`.
        changes: the rows of `changes.csv`.
        set_aside: images that could not be compared, sorted.
    """

    out: Path
    pairs: int
    counts: dict[str, int]
    changes: pd.DataFrame
    set_aside: list[SetAside] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or 3 if any image was set aside."""
        return 3 if self.set_aside else 0


def compare(
    before: str | Path,
    after: str | Path,
    out: str | Path,
    *,
    register_by: RegisterBy = "auto",
    photos_before: str | Path | None = None,
    photos_after: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ComparisonSummary:
    """Tell which cracks of two surveys are new, gone, grown, shrunk and unchanged.

    Writes `changes.csv` (a row a crack, or a group of cracks that belong together), `pairs.csv` (a
    row a pair of images), `overlays/KEY.png` and `comparison.html`. Images of one name are taken
    for the same place; where both surveys have one image alone, those two.

    Args:
        before: the folder of the earlier survey, written by `inspect` or `measure`.
        after: the folder of the later survey.
        out: the folder to write.
        register_by: how the images are laid over each other, see `visit_images.register`.
        photos_before: folder of the earlier photos; None looks where they lay.
        photos_after: folder of the later photos; None looks where they lay.
        overwrite: begin again whatever is in `out`.
        progress: called with every pair.

    Raises:
        UsageError: no survey, no image in common, an unknown way of registration, or no pair that
            can be laid over each other; `out` holds another run.
        StorageError: a file cannot be written.
    """
    if register_by not in REGISTER_BY:
        raise UsageError(f"register {register_by!r} is unknown; known: {', '.join(REGISTER_BY)}")
    surveys = read_survey_folder(before), read_survey_folder(after)
    images = tuple(
        VisitImages(survey, None if folder is None else Path(folder))
        for survey, folder in zip(surveys, (photos_before, photos_after), strict=True)
    )
    pairs = pair_images(*surveys)
    out = Path(out)
    fingerprint = {
        "command": "compare",
        "before": surveys[0].path.resolve().as_posix(),
        "after": surveys[1].path.resolve().as_posix(),
        "register": register_by,
    }
    with open_run_folder(out, fingerprint, owned=_OWNED, overwrite=overwrite) as folder:
        work = _Comparison(images[0], images[1], register_by, folder)
        progress(ProgressEvent(0, len(pairs), "", "begun"))
        for number, (earlier, later) in enumerate(pairs, start=1):
            work.add(earlier, later)
            progress(ProgressEvent(number, len(pairs), later, "done"))
        return work.finish(_alone(images[0], images[1], pairs))


def _alone(
    before: VisitImages, after: VisitImages, pairs: list[tuple[str, str]]
) -> Iterable[SetAside]:
    """Give the images that only one visit has."""
    for images, turn, other in ((before, 0, "later"), (after, 1, "earlier")):
        for name in sorted(set(images.names) - {pair[turn] for pair in pairs}):
            sentence = f"the {other} visit has no image of this name"
            yield SetAside(name, UNSUPPORTED, sentence)


class _Comparison:
    """The pairs compared so far."""

    def __init__(
        self, before: VisitImages, after: VisitImages, register_by: RegisterBy, folder: RunFolder
    ) -> None:
        self.before, self.after, self.register_by = before, after, register_by
        self.out = folder.out
        self.rows: list[dict[str, Any]] = []
        self.changes: list[pd.DataFrame] = []
        self.pictures: dict[str, Path] = {}
        self.refused: list[SetAside] = []

    def add(self, earlier: str, later: str) -> None:
        """Compare one pair, or set it aside with the reason."""
        try:
            found, photo, note = register(
                (self.before, earlier), (self.after, later), self.register_by
            )
        except UsageError as error:
            self.refused.append(SetAside(later, UNSUPPORTED, str(error)))
            return
        visits = self.before.visit(earlier), self.after.visit(later)
        changes = compare_visits(*visits, found)
        changes = changes.assign(image_before=earlier, image_after=later)
        counts = {f"{each}_count": int((changes["status"] == each).sum()) for each in STATUSES}
        row = {
            "image_before": earlier,
            "image_after": later,
            "registration": found.method,
            "inlier_count": found.inliers,
            "registration_error_px": found.error_px,
            **_ratios(visits, found),
            **counts,
        }
        row["note"] = "; ".join(filter(None, (note, _note_on_scales(row))))
        self.rows.append(row)
        self.changes.append(changes)
        file = self.out / "overlays" / f"{self.after.survey.files[later].key}.png"
        write_image(file, _draw(visits, changes, found, photo))
        self.pictures[later] = file

    def finish(self, alone: Iterable[SetAside]) -> ComparisonSummary:
        """Write tables and page."""
        refused = sorted([*self.refused, *alone])
        if not self.rows:
            raise UsageError(f"no pair of images can be compared; {self.refused[0].sentence}")
        import pandas as pd

        pairs = as_frame(self.rows, PAIR_COLUMNS)
        changes = as_frame(pd.concat(self.changes), CHANGE_COLUMNS)
        write_changes_csv(self.out / "changes.csv", changes)
        write_pairs_csv(self.out / "pairs.csv", pairs)
        write_set_aside(self.out, refused)
        content = ComparisonContent(
            self.before.survey.path.name or self.before.survey.title,
            self.after.survey.path.name or self.after.survey.title,
            changes,
            pairs,
            self.pictures,
            refused,
            crackgauge.__version__,
        )
        write_comparison(self.out / "comparison.html", content)
        counts = {each: int((changes["status"] == each).sum()) for each in STATUSES}
        return ComparisonSummary(self.out, len(pairs), counts, changes, refused)


def _ratios(visits: tuple[Visit, Visit], found: Registration) -> dict[str, float]:
    """Return how many px after a px before is, as the images show it and as the scales say."""
    before, after = visits
    middle = np.array([[before.width_px / 2, before.height_px / 2]])
    scales = math.nan
    if before.mm_per_px is not None and after.mm_per_px is not None:
        scales = before.mm_per_px / after.mm_per_px
    zoom = float(local_zoom(found.matrix, middle)[0])
    return {"zoom_ratio": zoom, "scale_ratio": scales}


def _note_on_scales(row: dict[str, Any]) -> str:
    if math.isnan(row["scale_ratio"]):
        return ""
    differ = abs(row["zoom_ratio"] / row["scale_ratio"] - 1)
    if differ <= _SCALES_AGREE:
        return ""
    return (
        f"the scales of the two visits differ by {differ:.0%} from what the images show; check "
        "them before you trust a change"
    ).replace("%", " %")


def _draw(
    visits: tuple[Visit, Visit], changes: pd.DataFrame, found: Registration, photo: Photo | None
) -> Image:
    """Draw the later photo with all cracks; blank where there is no photo."""
    after = visits[1]
    if photo is None:
        share = min(1.0, OVERLAY_PX / max(after.height_px, after.width_px))
        shape = (max(1, round(after.height_px * share)), max(1, round(after.width_px * share)), 3)
        ground: Image = np.full(shape, _BLANK, dtype=np.uint8)
    else:
        ground = draw_thumbnail(photo.image, longest_px=OVERLAY_PX)
    status_of = [_by_crack(changes, name) for name in ("cracks_before", "cracks_after")]
    lines = [
        ChangeLine(line, status_of[1].get(int(crack), "outside"))
        for crack, line in after.branches[["crack_id", "line_px"]].itertuples(index=False)
        if line is not None
    ]
    for crack, line in visits[0].branches[["crack_id", "line_px"]].itertuples(index=False):
        status = status_of[0].get(int(crack), "outside")
        if line is not None and status == "gone":
            moved = np.column_stack([move(found.matrix, line[:, :2]), line[:, 2]])
            lines.append(ChangeLine(moved, status))
    shown = changes[changes["status"].isin(_CHANGED) & changes["x_px"].notna()]
    longest = shown[["length_before_px", "length_after_px"]].max(axis=1)
    shown = shown.assign(longest=longest).sort_values("longest", ascending=False, kind="stable")
    numbers = shown[["change_id", "x_px", "y_px"]].head(_NUMBERED).itertuples(index=False)
    return draw_changes(
        ground,
        lines,
        px_per_px=after.width_px / ground.shape[1],
        numbers=[(int(number), float(x), float(y)) for number, x, y in numbers],
        counts={each: int((changes["status"] == each).sum()) for each in STATUSES},
    )


def _by_crack(changes: pd.DataFrame, column: str) -> dict[int, str]:
    return {
        int(crack): status
        for ids, status in zip(changes[column], changes["status"], strict=True)
        for crack in ids.split()
    }
