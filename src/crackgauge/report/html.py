"""One self-contained page that an inspector hands to a client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from markupsafe import Markup

from crackgauge.files import atomic_path
from crackgauge.report import wording
from crackgauge.report.embedding import embed
from crackgauge.report.orientation_rose import orientation_rose
from crackgauge.report.overlay import THUMBNAIL_PX
from crackgauge.report.segments import segments_of
from crackgauge.report.site_map import site_map
from crackgauge.report.views import PhotoView, Views
from crackgauge.report.width_histogram import width_histogram
from crackgauge.report.zone_views import zone_views

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment

# Photos shown with pictures; the others are in the table alone, and the report says so.
PICTURED_IMAGES = 300
CLOSEUPS = 8
_CLOSEUP_PX = 1192
# The pictures of the first photos are larger; 300 photos make a page of about 20 MB.
_LARGE, _LARGE_PX, _SMALL_PX = 50, THUMBNAIL_PX, 400
_MAP_PX = 900


@dataclass(frozen=True)
class ReportModel:
    """What the report says about the model that found the cracks.

    Args:
        name: architecture or preset, as in the model file.
        licence: of the weights.
        training_data: what the model was trained on.
        threshold: probability from which on a pixel counts as crack.
        threshold_source: how the threshold was chosen.
        version: of crackgauge.
    """

    name: str
    licence: str
    training_data: str
    threshold: float
    threshold_source: str = ""
    version: str = ""


@dataclass(frozen=True)
class ReportPictures:
    """Image files of one photo, already scaled down; None where there is none.

    Args:
        original: the photo as `overlay.draw_thumbnail` makes it.
        overlay: the photo with its cracks as `overlay.draw_overlay` makes it.
        closeup: the widest spot as `overlay.draw_closeup` makes it.
    """

    original: Path | None = None
    overlay: Path | None = None
    closeup: Path | None = None


@dataclass(frozen=True)
class ReportContent:
    """What the page and its printed version show.

    Args:
        title: heading, such as the name of the folder of photos.
        model: what found the cracks; None where the masks were given.
        settings: name -> value, printed as given.
        images: `measure.columns.IMAGE_COLUMNS`.
        cracks: `measure.columns.CRACK_COLUMNS`.
        branches: `measure.columns.BRANCH_COLUMNS`.
        pictures: by the `image` column.
        set_aside: (path, reason, sentence) of each refused input.
        zones: `measure.columns.ZONE_COLUMNS`; None or without rows where there are none.
        version: of crackgauge; that of the model's words where there is one.
    """

    title: str
    model: ReportModel | None
    settings: Mapping[str, str]
    images: pd.DataFrame
    cracks: pd.DataFrame
    branches: pd.DataFrame
    pictures: Mapping[str, ReportPictures]
    set_aside: Sequence[tuple[str, str, str]] = ()
    zones: pd.DataFrame | None = None
    version: str = ""


def write_report(path: str | Path, content: ReportContent) -> None:
    """Write `report.html`; pictures are embedded, nothing is loaded from anywhere.

    The text is written piece by piece, with one picture in memory at a time. The date is that of
    the environment variable SOURCE_DATE_EPOCH, or none is printed.

    Args:
        path: the file; atomic.
        content: what it shows.

    Raises:
        StorageError: the file cannot be written.
    """
    with atomic_path(path) as temporary, open_page(temporary) as out:
        out.writelines(render(content))


def render(content: ReportContent, *, for_print: bool = False) -> Iterable[str]:
    """Give the page piece by piece.

    Args:
        content: what it shows.
        for_print: pages are numbered, and no photo has less than its map of cracks.
    """
    environment, style = page_environment()
    views = Views(content.images, content.cracks)
    pictures = content.pictures
    page = environment.get_template("report.html.j2").stream(
        title=content.title,
        date=wording.report_date(),
        style=Markup(style),
        style_hash=style_digest(style),
        model=content.model,
        version=content.model.version if content.model else content.version,
        settings=content.settings,
        summary=views.summary(),
        views=views,
        **_charts(content, views),
        closeups=lambda: _closeups(views, pictures),
        photos=views.ranked,
        pictured=lambda: _pictured(views, pictures),
        pictured_limit=PICTURED_IMAGES,
        cracks_of=views.cracks,
        clear=views.clear,
        clear_count=views.clear_count,
        has_place=views.has_place,
        zones=[] if content.zones is None else list(zone_views(content.zones)),
        set_aside=sorted(content.set_aside),
        for_print=for_print,
    )
    page.enable_buffering(64)
    return page


def page_environment() -> tuple[Environment, str]:
    """Return what the pages are made with, and their style sheet."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("crackgauge.report", "templates")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment, loader.get_source(environment, "report.css")[0]


def _charts(content: ReportContent, views: Views) -> dict[str, Any]:
    segments = segments_of(content.branches, in_mm=views.in_mm)
    return {
        "histogram": width_histogram(segments, in_mm=views.in_mm),
        "rose": orientation_rose(segments),
        "site_map": site_map(content.images),
    }


def open_page(path: Path) -> TextIO:
    """Open a page to be written; a name that is no UTF-8 shows its bytes as \\xNN."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def style_digest(style: str) -> str:
    """Return what the page's security policy lets through: this style sheet alone."""
    return base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")


def _closeups(
    views: Views, pictures: Mapping[str, ReportPictures]
) -> Iterator[tuple[PhotoView, str]]:
    """Give the widest spots with their pictures, widest first."""
    shown = 0
    for photo in views.ranked():
        found = pictures.get(photo.name)
        uri = embed(found.closeup, longest_px=_CLOSEUP_PX) if found else ""
        if uri:
            yield photo, uri
            shown += 1
        if shown == CLOSEUPS:
            return


def _pictured(
    views: Views, pictures: Mapping[str, ReportPictures]
) -> Iterator[tuple[PhotoView, str, str]]:
    """Give the worst photos, each with the photo and the map of its cracks as data URIs."""
    for photo in islice(views.ranked(), PICTURED_IMAGES):
        found = pictures.get(photo.name, ReportPictures())
        is_large = photo.rank <= _LARGE
        original = embed(found.original, longest_px=_LARGE_PX if is_large else _SMALL_PX)
        overlay = embed(found.overlay, longest_px=_MAP_PX if is_large else _SMALL_PX)
        yield photo, original, overlay
