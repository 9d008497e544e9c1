"""The verb `trace`: cracks of one image between given points, as a session, a mask and an overlay.

Names of outputs: STEM is the image's name without suffix.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from crackgauge.annotate import Erase, Session, Trace, Tracer, TraceSettings
from crackgauge.arrays import Probability, Window
from crackgauge.errors import UsageError
from crackgauge.images import (
    BIG_OUTPUT_PX,
    WHOLE_LIMIT_PX,
    ImageSource,
    open_image,
    open_mask_writer,
    read_probability,
    write_image,
    write_mask,
)
from crackgauge.images.bigtiff import TILE_PX
from crackgauge.inference.predictor import open_model
from crackgauge.labels.shapes import Point
from crackgauge.pipeline.overview import Overview
from crackgauge.pipeline.proposals import propose
from crackgauge.report.overlay import draw_overlay

DEFAULT_MODEL = "default"
ERASER_PX = 4.0


@dataclass(frozen=True)
class TraceOutcome:
    """What a run of `trace` wrote.

    Args:
        session: with all its strokes.
        added: the numbers of the traces of the points, in their order.
        proposed: how many traces come from the prediction.
        mask, session_file, overlay: what was written.
    """

    session: Session
    added: tuple[int, ...]
    proposed: int
    mask: Path
    session_file: Path
    overlay: Path

    def traces(self) -> list[Trace]:
        """The traces of the points."""
        strokes = self.session.strokes
        return [stroke for number in self.added if isinstance(stroke := strokes[number], Trace)]


def trace(
    image: str | Path,
    out: str | Path,
    *,
    points: Sequence[Sequence[Point]] = (),
    erase: Sequence[Sequence[Point]] = (),
    eraser_px: float = ERASER_PX,
    session: str | Path | None = None,
    probability: str | Path | None = None,
    model: str | Path | None = None,
    proposals: bool = False,
    threshold: float | None = None,
    settings: TraceSettings | None = None,
    overwrite: bool = False,
) -> TraceOutcome:
    """Trace cracks and write `STEM_session.json`, `STEM_mask.png` and `STEM_overlay.png`.

    The mask of an image above 100 megapixels is a tiled BigTIFF, `STEM_mask.tif`. The overlay of a
    large image is scaled down.

    Args:
        image: the photo's file.
        out: the folder to write.
        points: for each crack two or more points (x, y): its ends, and between them in order
            points that it passes through.
        erase: lines that are erased before, and that the traces keep away from.
        eraser_px: radius of the eraser.
        session: a session's file that goes on; None begins one.
        probability: a map of this image from `predict`, which draws the paths to it.
        model: instead of it a model file, the folder of a training, or "default".
        proposals: the prediction is taken as traces first.
        threshold: of the proposals, above 0; None takes the model's own, or 0.5.
        settings: numbers of the method.
        overwrite: replaces the session that an earlier trace left in the folder.

    Raises:
        UsageError: nothing to do; points that cannot be; a prediction or a session of another size;
            a session that is there and does not go on.
        InputRefused: the image, the probability or the session cannot be read.
        StorageError: the disk is full or the folder cannot be written.
    """
    if not (points or proposals or erase or session):
        raise UsageError(
            "there is nothing to trace; give points, or a prediction to take proposals from"
        )
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"threshold: got {threshold:g}, expected above 0 and at most 1")
    source_path, folder = Path(image), Path(out)
    if not overwrite:
        _check_way(folder / f"{source_path.stem}_session.json", session)
    with open_image(source_path) as source:
        found, level = _prediction(source, probability, model)
        kept = _open_session(session, source)
        proposed = 0
        if proposals:
            if found is None:
                raise UsageError("proposals need a prediction; give a probability or a model")
            made = propose(found, threshold=level if threshold is None else threshold)
            proposed = len([kept.add(each) for each in made])
        for line in erase:
            kept.add(_eraser(line, eraser_px))
        tracer = Tracer(source, probability=found, settings=settings)
        added = tuple(kept.trace(tracer, line, label="crack") for line in points)
        big = source.height * source.width > BIG_OUTPUT_PX
        stem = folder / source_path.stem
        files = [
            stem.with_name(f"{source_path.stem}_{name}")
            for name in ("mask.tif" if big else "mask.png", "session.json", "overlay.png")
        ]
        _write(kept, source, files)
    return TraceOutcome(kept, added, proposed, *files)


def _prediction(
    source: ImageSource, probability: str | Path | None, model: str | Path | None
) -> tuple[Probability | None, float]:
    """The probability of the image, if there is to be one, and the threshold that goes with it."""
    if probability is not None and model is not None:
        raise UsageError("got a probability and a model, expected one of them; leave one out")
    if probability is not None:
        return read_probability(probability), 0.5
    if model is None:
        return None, 0.5
    if source.height * source.width > WHOLE_LIMIT_PX:
        raise UsageError(
            f"the image has {source.width} x {source.height} px, a model is applied here to "
            f"{WHOLE_LIMIT_PX:,} pixels at most; trace without one, or trace a part of the image"
        )
    predictor = open_model(None if str(model) == DEFAULT_MODEL else model)
    whole = source.read(Window(0, 0, source.height, source.width))
    return predictor.predict(whole), predictor.threshold


def _check_way(file: Path, session: str | Path | None) -> None:
    """Nobody's strokes are lost unasked: a session that is there goes on, or stays."""
    goes_on = session is not None and os.path.realpath(session) == os.path.realpath(file)
    if file.exists() and not goes_on:
        raise UsageError(
            f"{file} is there already; go on with it (--session), choose another folder, or "
            "replace it with --overwrite"
        )


def _eraser(line: Sequence[Point], radius_px: float) -> Erase:
    try:
        return Erase(points=tuple(line), radius_px=radius_px)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["loc"][0] == "radius_px":
            sentence = (
                f"eraser: got a radius of {radius_px:g} px, expected above 0 and at most 10,000"
            )
        else:
            sentence = (
                "eraser: got points that no image has, expected one or more x,y in px; leave those "
                "out that are no numbers or lie far away"
            )
        raise UsageError(sentence) from error


def _open_session(session: str | Path | None, source: ImageSource) -> Session:
    if session is None:
        name = source.path.name if source.path else ""
        # A name may hold bytes that are no letters; JSON holds letters alone.
        readable = name.encode("utf-8", "replace").decode("utf-8")
        return Session(source.height, source.width, image=readable)
    kept = Session.load(session)
    if (kept.height, kept.width) != (source.height, source.width):
        raise UsageError(
            f"{session}: is of an image of {kept.width} x {kept.height} px, this one has "
            f"{source.width} x {source.height}; give the session's own image"
        )
    return kept


def _write(session: Session, source: ImageSource, files: Sequence[Path]) -> None:
    """Write the mask, the session and the overlay."""
    mask_file, session_file, overlay_file = files
    session.save(session_file)
    overview = Overview(source.height, source.width)
    if mask_file.suffix == ".tif":
        with open_mask_writer(mask_file, source.height, source.width) as writer:
            for window in _windows(source):
                mask = session.mask(window)
                writer.write(window, mask)
                overview.add(window, source.read(window), mask)
    else:
        whole = Window(0, 0, source.height, source.width)
        mask = session.mask()
        write_mask(mask_file, mask)
        overview.add(whole, source.read(whole), mask)
    write_image(overlay_file, draw_overlay(overview.image, overview.mask))


def _windows(source: ImageSource) -> Iterator[Window]:
    """The image in bands of whole tiles, from the top."""
    rows = TILE_PX * max(1, 16_000_000 // (TILE_PX * source.width))
    for row in range(0, source.height, rows):
        yield Window(row, 0, min(rows, source.height - row), source.width)
