"""What a measured image leaves in its record, for the tables and the report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from crackgauge.images import Georeference, read_photo_metadata
from crackgauge.measure import Settings, Survey
from crackgauge.pipeline.scaling import FoundScale


def survey_values(
    survey: Survey, *, found: FoundScale, photo: Path | None, place: Georeference | None
) -> dict[str, object]:
    """Return the JSON values of a record: the survey, the photo's place and time, the CRS.

    Args:
        survey: of one image.
        found: its scale, or why it has none.
        photo: the photo, for its EXIF.
        place: of a GeoTIFF.
    """
    tables = survey.to_json()
    row = tables["images"][0]
    row["scale_source"] = found.source
    if photo is not None:
        metadata = read_photo_metadata(photo)
        row.update(
            latitude_deg=metadata.latitude_deg,
            longitude_deg=metadata.longitude_deg,
            altitude_m=metadata.altitude_m,
            captured_at=metadata.captured_at or "",
        )
    values: dict[str, object] = {"survey": tables}
    if place is not None:
        values["georeference"] = asdict(place)
    return values


def settings_words(settings: Settings) -> dict[str, str]:
    """Word the settings for the report."""
    words = {
        "gaps bridged": f"up to {settings.bridging.gap_px:g} px and "
        f"{settings.bridging.angle_deg:g} degrees",
        "smallest crack": f"{settings.min_area_px2} px²",
    }
    if settings.standard is not None:
        verified = "" if settings.standard.verified else " (thresholds not verified)"
        words["standard"] = f"{settings.standard.title}{verified}"
    if settings.direction_deg is not None:
        words["direction"] = f"{settings.direction_deg:g} degrees"
    if settings.region.zones:
        words["zones"] = ", ".join(zone.name for zone in settings.region.zones)
    return words
