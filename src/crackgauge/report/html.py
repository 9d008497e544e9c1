"""One self-contained page that an inspector hands to a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Photos shown with pictures; the others are in the table alone, and the report says so.
PICTURED_IMAGES = 300


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


def write_report(
    path: str | Path,
    *,
    title: str,
    model: ReportModel,
    settings: Mapping[str, str],
    images: pd.DataFrame,
    cracks: pd.DataFrame,
    pictures: Mapping[str, ReportPictures],
    set_aside: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Write `report.html`; pictures are embedded, nothing is loaded from anywhere.

    The text is written piece by piece, with one picture in memory at a time. The date is that of
    the environment variable SOURCE_DATE_EPOCH, or none is printed.

    Args:
        path: the file; atomic.
        title: heading, such as the name of the folder of photos.
        model: what found the cracks.
        settings: name -> value, printed as given.
        images: `measure.columns.IMAGE_COLUMNS`.
        cracks: `measure.columns.CRACK_COLUMNS`.
        pictures: by the `image` column.
        set_aside: (path, reason, sentence) of each refused input.

    Raises:
        StorageError: the file cannot be written.
    """
    raise NotImplementedError
