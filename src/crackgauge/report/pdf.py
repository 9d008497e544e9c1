"""The report on paper: the page laid out by WeasyPrint."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.files import atomic_path
from crackgauge.report.html import ReportContent, render
from crackgauge.report.lettering import font_folder

_INSTALL = (
    "pip install 'crackgauge[pdf]'; on Debian and Ubuntu it needs the packages libpango-1.0-0 and "
    "libpangoft2-1.0-0 besides"
)
# The letters come with matplotlib, so that paper looks the same wherever it is written.
_FACES = (("DejaVuSans.ttf", "normal"), ("DejaVuSans-Bold.ttf", "bold"))


def write_pdf(path: str | Path, content: ReportContent) -> None:
    """Write `report.pdf`, the same content as the page; atomic.

    Nothing is fetched from anywhere. Equal content gives equal bytes.

    Args:
        path: ends in .pdf.
        content: what it shows.

    Raises:
        UsageError: WeasyPrint, or the library Pango that it needs, is not there.
        StorageError: the file cannot be written.
    """
    try:
        with _quiet():
            from weasyprint import CSS, HTML
            from weasyprint.text.fonts import FontConfiguration
            from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: cffi does not find Pango
        raise UsageError(
            f"a PDF is written by WeasyPrint, which is not there; {_INSTALL}"
        ) from error
    page = "".join(render(content, for_print=True))
    page = page.encode("utf-8", "backslashreplace").decode("utf-8")
    with atomic_path(path) as temporary, _quiet():
        fonts = FontConfiguration()
        # The page holds all that it shows; only the letters come from files, and ours they are.
        files, held = URLFetcher(allowed_protocols=["file"]), URLFetcher(allowed_protocols=["data"])
        letters = CSS(string=_letters(), font_config=fonts, url_fetcher=files)
        document = HTML(string=page, url_fetcher=held)
        document.write_pdf(
            temporary,
            stylesheets=[letters],
            font_config=fonts,
            pdf_identifier=b"crackgauge-report",
            jpeg_quality=80,
        )


def _letters() -> str:
    folder = font_folder()
    faces = "".join(
        f"@font-face {{ font-family: 'DejaVu Sans'; font-weight: {weight}; "
        f"src: url('{(folder / name).as_uri()}'); }}\n"
        for name, weight in _FACES
    )
    family = "font-family: 'DejaVu Sans', sans-serif;"
    return f"{faces}body, svg {{ {family} }}\n@page {{ @bottom-right {{ {family} }} }}\n"


@contextmanager
def _quiet() -> Iterator[None]:
    """Let WeasyPrint and fontTools work without a word on what CSS they leave out."""
    loggers = [logging.getLogger(name) for name in ("weasyprint", "fontTools")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
