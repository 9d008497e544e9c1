"""What the report shows, worded, from the tables of a survey.

Photos with cracks are ranked: the widest spot first, among equal ones the longest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from crackgauge.measure.columns import CRACK_COLUMNS, IMAGE_COLUMNS, as_frame
from crackgauge.report import wording

if TYPE_CHECKING:
    import pandas as pd

# Rows of one photo's table of cracks; the others are in cracks.csv.
LISTED_CRACKS = 40


class CrackView(NamedTuple):
    """One crack of a photo, worded."""

    number: int
    length: str
    width_mean: str
    width_max: str
    at: str
    angle: str
    confidence: str
    kind: str
    severity: str
    reason: str


class SeverityView(NamedTuple):
    """How much of a survey is of one severity, worded."""

    name: str
    crack_count: str
    length: str
    rank: int


@dataclass(frozen=True)
class PhotoView:
    """One photo, worded; `rank` counts from 1, 0 for a photo without cracks."""

    rank: int
    name: str
    size: str
    crack_count: int
    length: str
    width_mean: str
    width_max: str
    area: str
    place: str
    captured: str
    mm_per_px: float | None

    @property
    def anchor(self) -> str:
        """Name of the photo's section within the page."""
        return f"photo-{self.rank}"


@dataclass(frozen=True)
class Summary:
    """The figures at the head of the report, worded."""

    photos: str
    with_cracks: int
    crack_count: str
    total_length: str
    widest: str
    widest_in: str
    scale: str
    in_mm: bool
    no_scale: str


class Views:
    """The tables of a survey, ready to be worded photo by photo.

    Args:
        images: `measure.columns.IMAGE_COLUMNS`.
        cracks: `measure.columns.CRACK_COLUMNS`.
    """

    def __init__(self, images: pd.DataFrame, cracks: pd.DataFrame) -> None:
        table = as_frame(images, IMAGE_COLUMNS)
        found = table["crack_count"] > 0
        scales = table["mm_per_px"]
        # Measures of several photos are compared and added up in mm only where all have a scale.
        self.in_mm = bool(len(table)) and bool(scales.notna().all())
        unit = "mm" if self.in_mm else "px"
        self._ranked = table[found].sort_values(
            [f"width_max_{unit}", f"crack_length_{unit}", "image"],
            ascending=[False, False, True],
            kind="stable",
        )
        self._clear = table[~found].sort_values("image", kind="stable")
        self._cracks = as_frame(cracks, CRACK_COLUMNS).sort_values(
            ["image", "width_max_px", "length_px", "crack_id"],
            ascending=[True, False, False, True],
            kind="stable",
        )
        self._rows_of = self._cracks.groupby("image", sort=False).indices
        self.clear_count = len(self._clear)
        self.has_place = bool(self._ranked["latitude_deg"].notna().any())
        graded = self._cracks[self._cracks["severity"] != ""]
        self.is_graded = bool(len(graded))
        self.has_confidence = bool(self._cracks["confidence"].notna().any())
        self.has_types = bool((self._cracks["crack_type"] != "").any())
        self.standards = sorted(set(graded["standard"]))
        self.all_verified = bool((graded["standard_verified"] == "yes").all())
        self._one_scale = float(scales.iloc[0]) if self.in_mm and scales.nunique() == 1 else None

    def summary(self) -> Summary:
        """Word the figures of the whole survey."""
        ranked = self._ranked
        # A sum in mm is worded as a length of so many px of 1 mm.
        total = float(ranked["crack_length_mm" if self.in_mm else "crack_length_px"].sum())
        widest = widest_in = "–"
        if len(ranked):
            row = ranked.iloc[0]
            widest = _width(row.to_dict(), "width_max")
            widest_in = str(row["image"])
        photos = len(ranked) + len(self._clear)
        return Summary(
            photos=wording.count(photos, "photo", "photos"),
            with_cracks=len(ranked),
            crack_count=wording.integer(int(ranked["crack_count"].sum())),
            total_length=wording.length(total, 1.0 if self.in_mm else None),
            widest=widest,
            widest_in=widest_in,
            scale=self._word_scale(),
            in_mm=self.in_mm,
            no_scale=self._word_missing_scale(),
        )

    def severities(self) -> list[SeverityView]:
        """Count the cracks of each severity, the worst first, and those that are not graded."""
        if not self.is_graded:
            return []
        found = []
        for rank in sorted(set(self._cracks["severity_rank"]), reverse=True):
            of_rank = self._cracks[self._cracks["severity_rank"] == rank]
            for name in sorted(set(of_rank["severity"])):
                rows = of_rank[of_rank["severity"] == name]
                found.append(
                    SeverityView(
                        name or "not graded",
                        wording.integer(len(rows)),
                        wording.length(float(rows["length_mm"].sum()), 1.0),
                        int(rank),
                    )
                )
        return found

    def ranked(self) -> Iterator[PhotoView]:
        """Give the photos with cracks, worst first."""
        for rank, row in enumerate(self._ranked.to_dict("records"), start=1):
            yield self._photo(rank, row)

    def clear(self) -> Iterator[PhotoView]:
        """Give the photos without cracks, by name."""
        for row in self._clear.to_dict("records"):
            yield self._photo(0, row)

    def cracks(self, photo: PhotoView) -> list[CrackView]:
        """Word the cracks of a photo, the `LISTED_CRACKS` widest, widest first."""
        places = self._rows_of.get(photo.name, ())
        rows = self._cracks.iloc[list(places[:LISTED_CRACKS])].to_dict("records")
        return [_crack(row) for row in rows]

    def _word_scale(self) -> str:
        if self._one_scale is not None:
            return f"{self._one_scale:g} mm per pixel"
        return "differs from photo to photo" if self.in_mm else "not given"

    def _word_missing_scale(self) -> str:
        """Say why photos have no scale, where one was looked for; "" where none was."""
        return wording.missing_scale([*self._ranked["scale_source"], *self._clear["scale_source"]])

    def _photo(self, rank: int, row: dict[Any, Any]) -> PhotoView:
        scale = _scale(row)
        return PhotoView(
            rank=rank,
            name=str(row["image"]),
            size=f"{row['width_px']} × {row['height_px']} px",
            crack_count=int(row["crack_count"]),
            length=_length(row, "crack_length"),
            width_mean=_width(row, "width_mean"),
            width_max=_width(row, "width_max"),
            area=wording.percent(float(row["crack_area_ratio"])),
            place=wording.place(float(row["latitude_deg"]), float(row["longitude_deg"])),
            captured=wording.captured(str(row["captured_at"])),
            mm_per_px=scale,
        )


def _crack(row: dict[Any, Any]) -> CrackView:
    angle, confidence = float(row["angle_deg"]), float(row["confidence"])
    return CrackView(
        number=int(row["crack_id"]),
        length=_length(row, "length"),
        width_mean=_width_with_deviation(row, "width_mean"),
        width_max=_width_with_deviation(row, "width_max"),
        at=f"{row['width_max_x_px']:.0f}, {row['width_max_y_px']:.0f}",
        angle="–" if angle != angle else f"{angle:.0f}°",
        confidence="–" if confidence != confidence else f"{confidence:.2f}",
        kind=str(row["crack_type"]) or "–",
        severity=str(row["severity"]),
        reason=str(row["severity_reason"]),
    )


def _length(row: dict[Any, Any], name: str) -> str:
    return wording.length(float(row[f"{name}_px"]), _ratio(row, name))


def _width(row: dict[Any, Any], name: str) -> str:
    return wording.width(float(row[f"{name}_px"]), _ratio(row, name))


def _width_with_deviation(row: dict[Any, Any], name: str) -> str:
    words = _width(row, name)
    deviation = float(row.get(f"{name}_sd_mm", math.nan))
    claimed = not words.startswith(("<", "–"))
    if math.isnan(deviation) or not claimed:
        return words
    return f"{words} ± {wording.number(deviation, 2)}"


def _ratio(row: dict[Any, Any], name: str) -> float | None:
    """Return the mm of a px as this very measure has it; it differs within an oblique view."""
    px, mm = float(row[f"{name}_px"]), float(row[f"{name}_mm"])
    if math.isnan(mm) or not px:
        return _scale(row) if "mm_per_px" in row else None
    return mm / px


def _scale(row: Any) -> float | None:
    value = float(row["mm_per_px"])
    return None if value != value else value
