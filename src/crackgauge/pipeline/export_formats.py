"""The formats that a survey is written in: each a name, a sentence and a function."""

from __future__ import annotations

import ctypes.util
import difflib
import importlib.util
from collections.abc import Sequence
from typing import NamedTuple

from crackgauge.errors import UsageError


class ExportFormat(NamedTuple):
    """One format.

    Args:
        words: what is written, for the help.
        needs: package that is not in the base install, "" for none.
        extra: the extra that brings it.
        libraries: names of a library of the system that it needs, one of which must be there.
    """

    words: str
    needs: str = ""
    extra: str = ""
    libraries: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether what it needs is installed."""
        if self.needs and importlib.util.find_spec(self.needs) is None:
            return False
        return not self.libraries or any(map(ctypes.util.find_library, self.libraries))


FORMATS: dict[str, ExportFormat] = {
    "csv": ExportFormat("images.csv, cracks.csv, branches.csv: the tables"),
    "html": ExportFormat("report.html: one page that holds all of its pictures"),
    "pdf": ExportFormat(
        "report.pdf: the same on paper",
        "weasyprint",
        "pdf",
        ("pango-1.0", "pango-1.0-0", "libpango-1.0-0", "libpango-1.0.dylib"),
    ),
    "xlsx": ExportFormat("survey.xlsx: the tables as one workbook"),
    "geojson": ExportFormat(
        "branches.geojson: lines in WGS 84, of GeoTIFFs; geojson/: in pixels, of other images; "
        "photos.geojson: where photos were taken"
    ),
    "gpkg": ExportFormat(
        "survey.gpkg: lines in the images' own reference system, and photos", "pyogrio", "geo"
    ),
    "dxf": ExportFormat("dxf/: a drawing an image, a layer a severity, widths drawn true"),
    "coco": ExportFormat("coco.json: each crack as an instance with its mask"),
    "geotiff": ExportFormat(
        "geotiff/: masks of GeoTIFFs, cloud-optimised, in their place", "rasterio", "geo"
    ),
}
DEFAULT_FORMATS = ("csv", "html")
ALL = "all"


def choose_formats(names: Sequence[str] | str) -> tuple[str, ...]:
    """Return the formats that are meant, in the order of `FORMATS`.

    Args:
        names: names, or one text with commas between them; `all` are all that are installed.

    Raises:
        UsageError: an unknown name (the nearest known one is told), none, or a format whose
            package is not installed.

    >>> choose_formats("html, csv")
    ('csv', 'html')
    """
    given = names.split(",") if isinstance(names, str) else list(names)
    wanted = {name.strip().lower() for name in given if name.strip()}
    if not wanted:
        raise UsageError(f"formats: got none, expected one or more of {_known()}")
    for name in sorted(wanted - {ALL}):
        if name not in FORMATS:
            raise UsageError(f"format {name!r} is unknown{_nearest(name)}; known: {_known()}")
        if not FORMATS[name].is_there:
            library = ", and the library Pango of the system" if FORMATS[name].libraries else ""
            raise UsageError(
                f"format {name!r} needs what is not installed; "
                f"pip install 'crackgauge[{FORMATS[name].extra}]'{library}"
            )
    if ALL in wanted:
        wanted |= {name for name, each in FORMATS.items() if each.is_there}
    return tuple(name for name in FORMATS if name in wanted)


def _nearest(name: str) -> str:
    known = [*FORMATS, ALL]
    # In names of three letters two that changed places are the usual slip.
    near = [each for each in known if sorted(each) == sorted(name)]
    near = near or difflib.get_close_matches(name, known, n=1)
    return f", did you mean {near[0]}" if near else ""


def _known() -> str:
    return ", ".join([*FORMATS, ALL])
