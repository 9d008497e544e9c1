"""The verb `predict`: masks and probabilities of many images."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from crackgauge.arrays import Image, Mask, Probability, Window
from crackgauge.errors import TOO_LARGE, InputRefused
from crackgauge.images import (
    BIG_OUTPUT_PX,
    ImageSource,
    open_image_writer,
    open_mask_writer,
    open_probability_writer,
    write_image,
    write_mask,
    write_probability,
)
from crackgauge.inference.enlarging import Enlarged
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline.folder import RunFolder, open_run_folder
from crackgauge.pipeline.naming import Job, find_jobs, source_root
from crackgauge.pipeline.network import Augmentation, Network
from crackgauge.pipeline.stream import Result, run_jobs
from crackgauge.pipeline.summary import Progress, ProgressEvent, RunSummary, silent
from crackgauge.pipeline.tables import write_set_aside
from crackgauge.pipeline.timings import TIMINGS_FILE

ProbabilityFormat = Literal["png", "tif", "none"]
_OWNED = ("masks", "probabilities", "enlarged", "set_aside.csv", TIMINGS_FILE)


def predict(
    source: str | Path,
    out: str | Path,
    *,
    model: Predictor | str | Path | None = None,
    threshold: float | None = None,
    augmentation: Augmentation = "none",
    tile: int | None = None,
    thin: bool | None = None,
    upscale: int | None = None,
    probability_format: ProbabilityFormat = "png",
    recursive: bool = True,
    overwrite: bool = False,
    backend: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    precision: str = "f32",
    big_px: int = BIG_OUTPUT_PX,
    progress: Progress = silent,
) -> RunSummary:
    """Write a mask and a probability for every image of a source; a stopped run goes on.

    `masks/KEY.png` holds 0 and 255. `probabilities/KEY.png` holds round(65535 p) in 16 bits, or
    `.tif` p in float32. Images above `big_px` are predicted by window; their masks and
    probabilities are tiled BigTIFF (`.tif`; uint16 as in the PNG, or float32). `set_aside.csv`
    lists what was refused. With `upscale` all of them are of the enlarged photo, which is written
    to `enlarged/KEY.png`: as the model enlarges it, or bicubic where it enlarges the probability
    alone; `big_px` then counts the pixels of the enlarged photo.

    Args:
        source: an image, a folder or a glob.
        out: the folder to write; another run's results in it are never mixed with these.
        model: an open model, a model file, the folder of a training, or None for the default.
        threshold: crack is what is at least this; None takes the model's own.
        augmentation: test-time augmentation.
        tile: side of a tile's core in px, a multiple of 512 (of 512 / `upscale`); None takes the
            model's own.
        upscale: how many times the model enlarges the photo; needed for those that do.
        thin: masks are thinned to curves of one pixel, parts below 30 px left out; None does what
            the model's description says. Images above `big_px` are then set aside.
        probability_format: how probabilities are written.
        recursive: look into folders inside the source.
        overwrite: begin again whatever is in `out`.
        backend: as in `open_model`; so are `device`, `threads` and `precision`.
        big_px: images of more pixels are read, predicted and written by window.
        progress: called with every step.

    Raises:
        UsageError: no image; `out` holds another run or is being written by one; the model does
            not enlarge as `upscale` says.
        ModelFileError: the model is none.
        StorageError: the disk is full; what was finished stays.
    """
    out = Path(out)
    jobs = find_jobs(source, out, recursive=recursive)
    network = Network.open(
        model,
        threshold=threshold,
        augmentation=augmentation,
        tile=tile,
        backend=backend,
        device=device,
        threads=threads,
        precision=precision,
        thin=thin,
    )
    network.check_upscale(upscale)
    fingerprint = {
        "command": "predict",
        "source": source_root(source).resolve().as_posix(),
        "probability_format": probability_format,
        "big_px": big_px,
        **network.fingerprint(),
    }
    with open_run_folder(out, fingerprint, owned=_OWNED, overwrite=overwrite) as folder:
        verb = _Predict(network, folder, probability_format, big_px)
        outcome = run_jobs(jobs, verb, folder, progress)
        write_set_aside(out, outcome.set_aside)
    return outcome.summary(out)


@dataclass(frozen=True)
class _Predict:
    """What `predict` does with one input; see `stream.Verb`."""

    network: Network
    folder: RunFolder
    probability_format: ProbabilityFormat
    big_px: int

    @property
    def enlargement(self) -> int:
        return self.network.enlargement

    def predict(self, image: Image) -> Enlarged:
        return self.network.predict_enlarged(image)

    def finish(self, job: Job, image: Image, probability: Probability) -> Result:
        mask_name = f"masks/{job.key}.png"
        write_mask(self.folder.out / mask_name, self.network.mask(probability))
        outputs = [mask_name]
        if self.probability_format != "none":
            outputs.append(f"probabilities/{job.key}.{self.probability_format}")
            write_probability(self.folder.out / outputs[-1], probability)
        if self.enlargement > 1:
            outputs.append(f"enlarged/{job.key}.png")
            write_image(self.folder.out / outputs[-1], image)
        height, width = image.shape[:2]
        return Result(outputs, {"height_px": height, "width_px": width})

    def by_window(self, job: Job, source: ImageSource, progress: Progress) -> Result:
        outputs = [f"masks/{job.key}.tif"]
        if self.probability_format != "none":
            outputs.append(f"probabilities/{job.key}.tif")
        files = [self.folder.out / name for name in outputs]
        dtype: Literal["float32", "uint16"] = (
            "float32" if self.probability_format == "tif" else "uint16"
        )
        enlarged = None
        if self.enlargement > 1:
            outputs.append(f"enlarged/{job.key}.tif")
            enlarged = self.folder.out / outputs[-1]
        predict_by_window(
            self.network, source, files, dtype, _no_window, progress, enlarged=enlarged
        )
        height, width = (self.enlargement * size for size in (source.height, source.width))
        return Result(outputs, {"height_px": height, "width_px": width})

    def possible_outputs(self, job: Job) -> list[str]:
        return [
            f"{room}/{job.key}.{suffix}"
            for room in ("masks", "probabilities", "enlarged")
            for suffix in ("png", "tif")
        ]


def _windows(
    network: Network, source: ImageSource, *, with_photo: bool
) -> Iterator[tuple[Window, Probability, Image]]:
    """Each window with its probability and, where asked for, the enlarged photo; else nothing."""
    if with_photo:
        for window, enlarged in network.enlarged_windows(source):
            yield window, enlarged.probability, enlarged.image
    else:
        nothing = np.empty((0, 0, 3), np.uint8)
        for window, probability in network.windows(source):
            yield window, probability, nothing


class OnWindow(Protocol):
    """What else is done with each window of a huge image while it is there."""

    def __call__(self, window: Window, mask: Mask) -> None:
        """Take the mask of a window, bool (h, w)."""


def _no_window(window: Window, mask: Mask) -> None:
    """Do nothing more."""


def predict_by_window(
    network: Network,
    source: ImageSource,
    files: list[Path],
    dtype: Literal["float32", "uint16"],
    on_window: OnWindow,
    progress: Progress,
    *,
    enlarged: Path | None = None,
) -> None:
    """Predict an image of any size with the memory of a few windows.

    Args:
        network: what predicts.
        source: the image.
        files: the mask to write and, optionally, the probability.
        dtype: of the probability.
        on_window: called with each window in row-major order.
        progress: called with the share done.
        enlarged: the enlarged photo to write, or None.

    Raises:
        InputRefused: the image is damaged where it is read, or masks are to be thinned.
        StorageError: the disk is full; neither file is left.
    """
    if network.thin:
        raise InputRefused(
            source.path or files[0],
            TOO_LARGE,
            "its mask is too large to be thinned as a whole; leave it as it is with --no-thin, or "
            "cut the image",
        )
    height, width = (network.enlargement * size for size in (source.height, source.width))
    pixels = 0
    with contextlib.ExitStack() as stack:
        masks = stack.enter_context(open_mask_writer(files[0], height, width))
        probabilities = [
            stack.enter_context(open_probability_writer(file, height, width, dtype=dtype))
            for file in files[1:]
        ]
        photos = [
            stack.enter_context(open_image_writer(file, height, width))
            for file in [enlarged]
            if file is not None
        ]
        for window, probability, photo in _windows(network, source, with_photo=bool(photos)):
            mask = network.mask(probability)
            masks.write(window, mask)
            for writer in probabilities:
                writer.write(window, probability)
            for writer in photos:
                writer.write(window, photo)
            on_window(window, mask)
            pixels += window.height * window.width
            progress(ProgressEvent(0, 1, "", "working", pixels / (height * width)))
