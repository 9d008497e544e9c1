"""The verb `report`: the report and the exports of a survey made anew, without the photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crackgauge.errors import UsageError
from crackgauge.pipeline.export_formats import ALL, choose_formats
from crackgauge.pipeline.exports import write_exports
from crackgauge.pipeline.folder import held
from crackgauge.pipeline.survey_folder import SurveyFolder, read_survey_folder


class ReportSummary(NamedTuple):
    """Where the files are, and their names relative to it, sorted."""

    out: Path
    files: list[str]


def report_survey(
    survey: str | Path, *, out: str | Path | None = None, formats: Sequence[str] | str = ALL
) -> ReportSummary:
    """Write the report and the exports of a survey that `inspect` or `measure` left in a folder.

    Args:
        survey: the folder.
        out: where to write; None writes into the folder itself.
        formats: names of `export_formats.FORMATS`, or one text with commas; `all` are all that are
            installed and that the survey has something for.

    Raises:
        UsageError: no survey, an unknown format or one that needs what is not installed, a GeoTIFF
            of a survey in which no image has a place, a folder that a run is writing to.
        InputRefused: a mask that a format needs is gone.
        StorageError: a file cannot be written.
    """
    chosen = choose_formats(formats)
    found = read_survey_folder(survey)
    named = formats.split(",") if isinstance(formats, str) else formats
    if "geotiff" in [name.strip().lower() for name in named] and not found.places:
        raise UsageError(
            f"format 'geotiff': none of the {len(found.files)} images of {found.path} is a GeoTIFF "
            "with a place; leave the format away, the masks themselves are in masks/"
        )
    target = found.path if out is None else Path(out)
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: is a file, expected a folder; choose another --out")
    if target.resolve() != found.path.resolve():
        return ReportSummary(target, write_exports(found, target, chosen))
    with held(target):
        written = write_exports(found, target, chosen)
        found.write_description({*_still_there(found), *written})
    return ReportSummary(target, written)


def _still_there(survey: SurveyFolder) -> list[str]:
    return [name for name in survey.exports if (survey.path / name).is_file()]
