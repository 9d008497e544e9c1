"""One photo in a worker: its probability, and what is measured in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.arrays import Image, Window
from crackgauge.errors import CORRUPT, MISSING, SIZE_MISMATCH, InputRefused
from crackgauge.files import write_text_atomic
from crackgauge.images import (
    BIG_OUTPUT_PX,
    image_size,
    read_georeference,
    read_image,
    read_probability,
)
from crackgauge.inference.predictor import Predictor
from crackgauge.measure import (
    Settings,
    Survey,
    assemble,
    load_standard,
    measure_image,
    measure_part,
)
from crackgauge.pipeline import predict
from crackgauge.pipeline.recording import survey_values
from crackgauge.pipeline.regions import MEASURED_AT_ONCE_PX, Regions
from crackgauge.pipeline.scaling import FoundScale, ScaleRule
from crackgauge.pipeline.summary import ProgressEvent
from crackgauge.web.blocks import Tell, blocks
from crackgauge.web.mask_sources import MaskSource, SessionSource, ThresholdSource

_SHARE_OF_NETWORK = 0.8


def find_cracks(photo: Path, out: Path, predictor: Predictor, tell: Tell) -> None:
    """Write the probability of a photo, as `crackgauge predict` does.

    Args:
        photo: the file.
        out: folder of its own; what an earlier model left there is removed.
        predictor: the model.
        tell: called with the share done, up to 0.8.

    Raises:
        InputRefused: the photo cannot be read.
        StorageError: the disk is full.
    """

    def show(event: ProgressEvent) -> None:
        if event.status == "working":
            tell(event.share * _SHARE_OF_NETWORK)

    summary = predict(
        photo, out, model=predictor, probability_format="png", overwrite=True, progress=show
    )
    for refused in summary.set_aside:
        raise InputRefused(photo, refused.reason, refused.sentence)
    tell(_SHARE_OF_NETWORK)


def probability_file(out: Path) -> Path | None:
    """Return what `find_cracks` left, None where it did not."""
    found = sorted((out / "probabilities").glob("[!.]*"))
    return found[0] if found and found[0].is_file() else None


def measure_photo(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Measure one photo and write what was measured.

    Args:
        arguments: `photo`, `name`, `out`, `threshold`, `scale` (of `ScaleRule`), `standard`,
            `survey_file` to write, `session_file`: strokes made by hand, whose mask is measured as
            `crackgauge measure` does; None measures the probability.

    Returns:
        The row of the image.

    Raises:
        InputRefused: there is neither a probability nor strokes, or a file cannot be read.
        UsageError: an unknown standard or a scale that is none.
        StorageError: the disk is full.
    """
    photo, out = Path(arguments["photo"]), Path(arguments["out"])
    session = arguments.get("session_file")
    place = read_georeference(photo)
    height, width = image_size(photo)
    big = height * width > BIG_OUTPUT_PX

    def read() -> Image:
        return read_image(photo)

    rule = scale_rule(arguments["scale"])
    found = rule.of_image(
        height=height, width=width, photo=photo, read=None if big else read, place=place
    )
    standard = arguments["standard"]
    settings = Settings(standard=load_standard(standard) if standard else None)
    threshold, name = float(arguments["threshold"]), str(arguments["name"])
    if session is not None:
        with SessionSource(Path(session)) as strokes:
            _check_size(strokes, photo, height, width)
            survey = (_by_window if big else _drawn)(strokes, found, name, settings)
    else:
        survey = _predicted(out, photo, big, threshold, found, name, settings)
    values = survey_values(survey, found=found, photo=photo, place=place)
    write_text_atomic(arguments["survey_file"], json.dumps(values) + "\n")
    tables: Any = values["survey"]
    row: dict[str, Any] = tables["images"][0]
    return row


def read_measured(path: Path) -> dict[str, Any]:
    """Read what `measure_photo` wrote.

    Raises:
        InputRefused: it is gone or damaged.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        if isinstance(values["survey"]["branches"], list):
            return dict(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        damaged: Exception = error
    else:
        damaged = ValueError("no list of branches")
    raise InputRefused(
        path, CORRUPT, "what was measured is damaged; find the cracks of this photo again"
    ) from damaged


def scale_rule(values: Mapping[str, Any] | None) -> ScaleRule:
    """Make the rule of its JSON values; None: what a GeoTIFF says, or pixels.

    Raises:
        UsageError: a scale that is none.
    """
    given = dict(values or {})
    if given.get("points_px") is not None:
        given["points_px"] = tuple(given["points_px"])
    return ScaleRule(**given)


def _predicted(
    out: Path,
    photo: Path,
    big: bool,
    threshold: float,
    found: FoundScale,
    name: str,
    settings: Settings,
) -> Survey:
    file = probability_file(out)
    if file is None:
        raise InputRefused(photo, MISSING, "its cracks were not searched yet; find them first")
    if not big:
        return _whole(file, threshold, found, name, settings)
    with ThresholdSource(file, threshold) as masks:
        return _by_window(masks, found, name, settings)


def _whole(
    file: Path, threshold: float, found: FoundScale, name: str, settings: Settings
) -> Survey:
    probability = read_probability(file)
    return measure_image(
        probability >= np.float32(threshold),
        probability=probability,
        threshold=threshold,
        scale=found.scale,
        image=name,
        settings=settings,
    )


def _drawn(strokes: MaskSource, found: FoundScale, name: str, settings: Settings) -> Survey:
    whole = Window(0, 0, strokes.height, strokes.width)
    return measure_image(
        strokes.mask(whole),
        probability=None,
        threshold=None,
        scale=found.scale,
        image=name,
        settings=settings,
    )


def _check_size(strokes: MaskSource, photo: Path, height: int, width: int) -> None:
    if (strokes.height, strokes.width) != (height, width):
        raise InputRefused(
            photo,
            SIZE_MISMATCH,
            f"the strokes are of a photo of {strokes.width} x {strokes.height} px, this one has "
            f"{width} x {height}; give them up, or put the photo back",
        )


def _by_window(masks: MaskSource, found: FoundScale, name: str, settings: Settings) -> Survey:
    regions = Regions(masks.width)
    for window in blocks(masks.height, masks.width):
        regions.add(window, masks.mask(window))
    parts = [
        measure_part(region.read(masks), window=region.bounds, image=name, settings=settings)
        for region in regions.regions(largest_px=MEASURED_AT_ONCE_PX)
    ]
    return assemble(
        parts,
        height=masks.height,
        width=masks.width,
        scale=found.scale,
        image=name,
        settings=settings,
    )
