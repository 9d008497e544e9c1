"""The tables and the report of a run, from its records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import crackgauge
from crackgauge.measure import Survey
from crackgauge.pipeline.folder import Record
from crackgauge.pipeline.network import Network
from crackgauge.pipeline.summary import SetAside
from crackgauge.report.html import ReportModel, ReportPictures, write_report
from crackgauge.report.tables import write_branches_csv, write_cracks_csv, write_images_csv

REPORT_FILES = ("images.csv", "cracks.csv", "branches.csv", "report.html")
_TABLES = ("images", "cracks", "branches")


def write_report_files(
    out: Path,
    title: str,
    network: Network,
    mm_per_px: float | None,
    records: Mapping[str, Record],
    set_aside: Sequence[SetAside],
) -> None:
    """Write `REPORT_FILES` of everything that the run knows, in the order of the names.

    Args:
        out: the run's folder.
        title: heading of the report.
        network: what found the cracks.
        mm_per_px: the scale of all images, or None.
        records: by the image's name.
        set_aside: refused inputs.

    Raises:
        StorageError: a file cannot be written.
    """
    names = sorted(records)
    surveys = [records[name]["result"]["survey"] for name in names]
    survey = Survey.from_json(
        {table: [row for each in surveys for row in each[table]] for table in _TABLES}
    )
    write_images_csv(out / "images.csv", survey.images)
    write_cracks_csv(out / "cracks.csv", survey.cracks)
    write_branches_csv(out / "branches.csv", survey.branches)
    write_report(
        out / "report.html",
        title=title,
        model=_describe(network),
        settings=_settings(network, mm_per_px),
        images=survey.images,
        cracks=survey.cracks,
        pictures={name: _pictures(out, records[name]["outputs"]) for name in names},
        set_aside=set_aside,
    )


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


def _settings(network: Network, mm_per_px: float | None) -> dict[str, str]:
    return {
        "scale": "not given; measures are in pixels"
        if mm_per_px is None
        else f"{mm_per_px:g} mm per pixel",
        "test-time augmentation": network.augmentation,
    }


def _pictures(out: Path, outputs: Sequence[str]) -> ReportPictures:
    """Find an image's pictures among its outputs."""

    def first(start: str, end: str) -> Path | None:
        return next((out / o for o in outputs if o.startswith(start) and o.endswith(end)), None)

    return ReportPictures(
        original=first(".state/", ".original.jpg"),
        overlay=first("overlays/", ".jpg"),
        closeup=first(".state/", ".closeup.jpg"),
    )
