"""The tables and the report of a run, from its records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import crackgauge
from crackgauge.files import storing
from crackgauge.pipeline.export_formats import DEFAULT_FORMATS
from crackgauge.pipeline.exports import EXPORT_FILES, write_exports
from crackgauge.pipeline.folder import SURVEY_FILE, Record, exports_of
from crackgauge.pipeline.network import Network
from crackgauge.pipeline.summary import SetAside
from crackgauge.pipeline.survey_folder import SurveyFolder
from crackgauge.report.html import ReportModel

REPORT_FILES = (*EXPORT_FILES, SURVEY_FILE)


def write_report_files(
    out: Path,
    title: str,
    *,
    network: Network | None,
    settings: Mapping[str, str],
    records: Mapping[str, Record],
    set_aside: Sequence[SetAside],
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> None:
    """Write the report and the exports of everything that the run knows, and `survey.json`.

    Exports that were made of an earlier state of the survey and are not made now are removed.

    Args:
        out: the run's folder.
        title: heading of the report.
        network: what found the cracks; None where the masks were given.
        settings: name -> value, as the report prints them.
        records: by the image's name.
        set_aside: refused inputs.
        formats: names of `export_formats.FORMATS`.

    Raises:
        StorageError: a file cannot be written.
    """
    survey = SurveyFolder.of_records(
        out,
        title=title,
        model=None if network is None else _describe(network),
        settings=settings,
        set_aside=set_aside,
        records=records,
    )
    earlier = exports_of(out)
    written = write_exports(survey, out, formats)
    with storing(out):
        for name in set(earlier) - set(written):
            (out / name).unlink(missing_ok=True)
    survey.write_description(written)


def _describe(network: Network) -> ReportModel:
    metadata = network.predictor.metadata
    own = network.threshold == network.predictor.threshold
    return ReportModel(
        name=metadata.preset or metadata.architecture,
        licence=metadata.licence,
        training_data=metadata.training_data,
        threshold=network.threshold,
        threshold_source=metadata.threshold_source if own else "given by the user",
        version=crackgauge.__version__,
    )
