from __future__ import annotations

import shutil
import subprocess

import pytest
from PIL import Image as PillowImage
from tests.report.surveys import content_of, survey_of

from crackgauge.report.pdf import write_pdf

pytest.importorskip("weasyprint", exc_type=OSError)  # OSError: Pango is not there

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None,
    reason="poppler-utils is not there (apt install poppler-utils)",
)


@needs_poppler
def test_every_page_can_be_drawn_and_read(tmp_path):
    survey = survey_of("a.jpg", "b\udcff.jpg", mm_per_px=0.5)
    write_pdf(tmp_path / "report.pdf", content_of(survey, tmp_path))
    file = str(tmp_path / "report.pdf")
    done = subprocess.run(
        ["pdftoppm", "-r", "40", "-png", file, str(tmp_path / "page")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    pages = sorted(tmp_path.glob("page*.png"))
    assert len(pages) >= 2
    for page in pages:
        with PillowImage.open(page) as image:
            assert image.size == (331, 468)  # A4 at 40 px an inch
            dark = sum(image.convert("L").histogram()[:128])
        assert dark > 100
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("Deck", "Widths and directions", "3.50 mm", "severe / wide", "Limits"):
        assert words in text
    assert f"{len(pages)}/{len(pages)}" in text.replace(" ", "")
    fonts = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0].rpartition("+")[2] for line in fonts.splitlines()[2:]} <= {
        "DejaVu-Sans",
        "DejaVu-Sans-Bold",
    }
    images = subprocess.run(
        ["pdfimages", "-list", file], capture_output=True, text=True, check=True
    )
    assert len(images.stdout.splitlines()) - 2 >= 6  # photo, map and close-up of two photos


def test_equal_content_gives_equal_bytes(tmp_path):
    content = content_of(survey_of("a.jpg"), tmp_path)
    for name in ("one.pdf", "two.pdf"):
        write_pdf(tmp_path / name, content)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF-1.")
