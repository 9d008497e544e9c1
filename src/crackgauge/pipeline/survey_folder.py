"""A survey on the disk: what `inspect` and `measure` leave in their folder, read back.

    out/survey.json      title, settings, model, refused inputs, the images that are reported
    out/.state/KEY.json  each image's tables, its place, its outputs

Reports and exports are made from these alone, without the photos and without a network.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from crackgauge.errors import UsageError
from crackgauge.files import write_text_atomic
from crackgauge.images import Georeference
from crackgauge.measure import Survey
from crackgauge.pipeline.folder import RUN_FILE, SURVEY_FILE, Record, read_records
from crackgauge.pipeline.summary import SetAside
from crackgauge.report.html import ReportModel, ReportPictures


class MaskReading(NamedTuple):
    """How the masks that were measured are read.

    Args:
        rule: which pixels of a mask are crack, see `images.read_mask`.
        threshold: the files hold probabilities, and crack is what is at least this; None for masks.
    """

    rule: str = "auto"
    threshold: float | None = None


@dataclass(frozen=True)
class ImageFiles:
    """What belongs to one image besides its rows.

    Args:
        key: names its outputs; see `naming`.
        mask: 0 sound, anything else crack; None where there is none.
        own_mask: the mask was written by the run, so its encoding is known.
        place: of a GeoTIFF.
        pictures: for the report.
    """

    key: str
    mask: Path | None
    own_mask: bool
    place: Georeference | None
    pictures: ReportPictures


@dataclass(frozen=True)
class SurveyFolder:
    """A survey with what its report says.

    Args:
        path: the folder.
        title: heading, such as the name of the folder of photos.
        model: what found the cracks; None where the masks were given.
        settings: name -> value, as the report prints them.
        set_aside: refused inputs.
        survey: the tables of all images, sorted by name.
        files: by the image's name.
        reading: how masks that were given are read.
        exports: files of the report and of exports that were written, relative to the folder.
    """

    path: Path
    title: str
    model: ReportModel | None
    settings: dict[str, str]
    set_aside: list[SetAside]
    survey: Survey
    files: dict[str, ImageFiles]
    reading: MaskReading = field(default_factory=MaskReading)
    exports: list[str] = field(default_factory=list)

    @property
    def places(self) -> dict[str, Georeference]:
        """The places of the images that have one."""
        return {name: each.place for name, each in self.files.items() if each.place is not None}

    @classmethod
    def of_records(
        cls,
        path: Path,
        *,
        title: str,
        model: ReportModel | None,
        settings: Mapping[str, str],
        set_aside: Sequence[SetAside],
        records: Mapping[str, Record],
    ) -> SurveyFolder:
        """Put together what a run knows.

        Args:
            path, title, model, settings, set_aside: as of the class.
            records: by the image's name; their keys are those of `naming`.
        """
        names = sorted(records)
        surveys = [records[name]["result"]["survey"] for name in names]
        tables = {
            each.name: [row for survey in surveys for row in survey.get(each.name, ())]
            for each in dataclasses.fields(Survey)
        }
        return cls(
            path,
            title,
            model,
            dict(settings),
            sorted(set_aside),
            Survey.from_json(tables),
            {name: _files_of(path, records[name]) for name in names},
            _reading(path),
        )

    def write_description(self, exports: Iterable[str]) -> None:
        """Write `survey.json`, the last file of a run.

        Raises:
            StorageError: it cannot be written.
        """
        values = {
            "title": self.title,
            "model": dataclasses.asdict(self.model) if self.model else None,
            "settings": self.settings,
            "set_aside": [list(each) for each in self.set_aside],
            "images": sorted(self.files),
            "exports": sorted(exports),
        }
        write_text_atomic(self.path / SURVEY_FILE, json.dumps(values, indent=1) + "\n")


def read_survey_folder(path: str | Path) -> SurveyFolder:
    """Read the folder of a finished run of `inspect` or `measure`.

    Raises:
        UsageError: there is no folder, it holds no survey, or one that is damaged or unfinished.
    """
    folder = Path(path)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise UsageError(
            f"{folder}: {what}, expected a folder written by `crackgauge inspect` or "
            "`crackgauge measure`"
        )
    description = folder / SURVEY_FILE
    if not description.is_file():
        raise UsageError(
            f"{folder}: holds no {SURVEY_FILE}, expected a folder written by `crackgauge inspect` "
            "or `crackgauge measure`; run that command again if it was stopped"
        )
    try:
        values = json.loads(description.read_text("utf-8"))
        model = values["model"]
        found = read_records(folder)
        return dataclasses.replace(
            SurveyFolder.of_records(
                folder,
                title=str(values["title"]),
                model=ReportModel(**model) if model else None,
                settings={str(name): str(value) for name, value in values["settings"].items()},
                set_aside=[SetAside(*map(str, each)) for each in values["set_aside"]],
                records={name: found[name] for name in values["images"]},
            ),
            exports=[str(name) for name in values["exports"]],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{folder}: its {SURVEY_FILE} or .state/ is damaged or was written by another version; "
            "run `crackgauge inspect` or `crackgauge measure` again with --overwrite"
        ) from error


def _reading(out: Path) -> MaskReading:
    """Read from the description of the run how its masks were read."""
    try:
        run = json.loads((out / RUN_FILE).read_text("utf-8"))
        if run["command"] != "measure":
            return MaskReading()
        threshold = float(run["threshold"]) if run["probabilities"] else None
        return MaskReading(str(run["mask_rule"]), threshold)
    except (OSError, ValueError, KeyError, TypeError):
        return MaskReading()


def _files_of(out: Path, record: Record) -> ImageFiles:
    outputs, result = record["outputs"], record["result"]

    def first(start: str, end: str) -> Path | None:
        return next((out / o for o in outputs if o.startswith(start) and o.endswith(end)), None)

    own = first("masks/", "")
    given = result.get("mask")
    place = result.get("georeference")
    return ImageFiles(
        key=str(record["key"]),
        mask=own or (Path(given) if given else None),
        own_mask=own is not None,
        place=_georeference(place) if place else None,
        pictures=ReportPictures(
            original=first(".state/", ".original.jpg"),
            overlay=first("overlays/", ""),
            closeup=first(".state/", ".closeup.jpg"),
        ),
    )


def _georeference(values: Mapping[str, Any]) -> Georeference:
    a, b, c, d, e, f = (float(value) for value in values["transform"])
    metres = values["metres_per_unit"]
    return Georeference(
        str(values["crs"]),
        (a, b, c, d, e, f),
        bool(values["is_geographic"]),
        None if metres is None else float(metres),
    )
