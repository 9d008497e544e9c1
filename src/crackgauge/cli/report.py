"""`crackgauge report`: the report and the exports of a survey made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge report report/",
    "crackgauge report report/ --formats pdf,dxf",
    "crackgauge report report/ --formats all --out for-the-client/",
)


def command(
    survey: Annotated[
        Path,
        typer.Argument(
            metavar="SURVEY",
            help="A folder written by `crackgauge inspect` or `crackgauge measure`.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for the files; without it SURVEY itself.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    formats: options.FormatsOption = "all",
    quiet: options.QuietOption = False,
) -> int:
    """Write the report and the exports of a survey again, without the photos.

    csv: images.csv, cracks.csv, branches.csv. html: report.html, one page that holds all of its
    pictures. pdf: the same on paper. xlsx: survey.xlsx, the tables as a workbook. geojson: centre
    lines in WGS 84 where the images are GeoTIFFs, otherwise in pixels, and where photos were
    taken. gpkg: survey.gpkg, centre lines in the images' own reference system. dxf: a drawing an
    image, a layer a severity. coco: coco.json, each crack as an instance with its mask. geotiff:
    masks of GeoTIFFs, cloud-optimised. all: all that are installed.
    """
    from crackgauge.pipeline.stopping import stoppable
    from crackgauge.pipeline.survey_report import report_survey

    with stoppable("the files that were written are whole; run the same command again"):
        summary = report_survey(survey, out=out, formats=formats)
    if not quiet:
        typer.echo(f"{len(summary.files)} {'file' if len(summary.files) == 1 else 'files'}")
        page = "report.html" if "report.html" in summary.files else ""
        typer.echo(options.one_line(str(summary.out / page)))
    return 0
