"""Small surveys with drawn cracks, and photographs of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crackgauge.arrays import Mask
from crackgauge.images import Georeference, write_image
from crackgauge.measure import Survey, join, measure
from crackgauge.report.html import ReportContent, ReportModel, ReportPictures
from crackgauge.report.overlay import draw_closeup, draw_overlay

MODEL = ReportModel("attention-unet-fast", "Apache-2.0", "rendered images", 0.5, "by hand", "0.1")
PLACE = Georeference("EPSG:25832", (0.01, 0, 500000, 0, -0.01, 5400000), metres_per_unit=1.0)


def two_bars() -> Mask:
    """A level crack of 80 x 5 px on y = 22.5 and an upright one of 50 x 7 px on x = 103.5."""
    mask = np.zeros((100, 120), dtype=bool)
    mask[20:25, 10:90] = True
    mask[40:90, 100:107] = True
    return mask


def graded(survey: Survey) -> Survey:
    """Grade by hand: what is wider than 5 px is severe."""
    wide = survey.cracks["width_mean_px"] > 5
    cracks = survey.cracks.assign(
        severity=np.where(wide, "severe / wide", "slight"),
        severity_rank=np.where(wide, 1, 0),
        standard="by-hand",
        standard_verified="no",
        severity_reason="mean width",
    )
    return Survey(survey.images, cracks, survey.branches, survey.zones)


def survey_of(*names: str, mm_per_px: float | None = None) -> Survey:
    return graded(join([measure(two_bars(), image=name, mm_per_px=mm_per_px) for name in names]))


def content_of(survey: Survey, folder: Path, **more: object) -> ReportContent:
    """What a report of the survey shows, with pictures of a grey wall."""
    image = np.full((100, 120, 3), 150, np.uint8)
    image[two_bars()] = 60
    pictures = {}
    for number, name in enumerate(survey.images["image"]):
        files = [folder / f"{number}-{kind}.jpg" for kind in ("photo", "overlay", "closeup")]
        write_image(files[0], image)
        write_image(files[1], draw_overlay(image, two_bars()))
        write_image(files[2], draw_closeup(image, two_bars(), x_px=103.5, y_px=65, width_px=7))
        pictures[name] = ReportPictures(*files)
    values = {
        "title": "Deck",
        "model": MODEL,
        "settings": {"scale": "by hand"},
        "images": survey.images,
        "cracks": survey.cracks,
        "branches": survey.branches,
        "pictures": pictures,
    }
    return ReportContent(**{**values, **more})
