"""The verb `inspect`: from photographs to masks, measures and a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crackgauge.arrays import Image, Mask, Probability, Window
from crackgauge.errors import UsageError
from crackgauge.images import (
    BIG_OUTPUT_PX,
    ImageSource,
    open_image,
    read_georeference,
    read_photo_metadata,
    write_mask,
)
from crackgauge.inference.enlarging import Enlarged
from crackgauge.inference.predictor import Predictor
from crackgauge.measure import Survey, assemble, measure, measure_part
from crackgauge.pipeline.export_formats import DEFAULT_FORMATS, choose_formats
from crackgauge.pipeline.folder import RunFolder, open_run_folder
from crackgauge.pipeline.naming import Job, find_jobs, source_root
from crackgauge.pipeline.network import Augmentation, Network
from crackgauge.pipeline.overview import Overview
from crackgauge.pipeline.pictures import PictureFiles, closeup_of, write_pictures
from crackgauge.pipeline.prediction import predict_by_window
from crackgauge.pipeline.regions import Regions
from crackgauge.pipeline.reporting import REPORT_FILES, write_report_files
from crackgauge.pipeline.stream import Result, run_jobs
from crackgauge.pipeline.summary import Progress, RunSummary, silent
from crackgauge.pipeline.tables import SET_ASIDE_FILE, write_set_aside
from crackgauge.pipeline.timings import TIMINGS_FILE

# A crack network whose bounding window is larger is measured block by block: measuring takes about
# 17 bytes a pixel.
_MEASURED_AT_ONCE_PX = 50_000_000
_OWNED = ("masks", "overlays", *REPORT_FILES, SET_ASIDE_FILE, TIMINGS_FILE)


def inspect(
    source: str | Path,
    out: str | Path,
    *,
    mm_per_px: float | None = None,
    model: Predictor | str | Path | None = None,
    threshold: float | None = None,
    augmentation: Augmentation = "none",
    tile: int | None = None,
    recursive: bool = True,
    overwrite: bool = False,
    backend: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    precision: str = "f32",
    big_px: int = BIG_OUTPUT_PX,
    formats: Sequence[str] | str = DEFAULT_FORMATS,
    progress: Progress = silent,
) -> RunSummary:
    """Find the cracks of every image of a source, measure them and write a report.

    Writes `masks/KEY.png`, `overlays/KEY.jpg`, `images.csv`, `cracks.csv`, `branches.csv`,
    `report.html` and `set_aside.csv`. A stopped run goes on, and ends with the same bytes as an
    undisturbed one (`timings.csv` apart). Images above `big_px` are worked on by window: the mask
    is a tiled BigTIFF, the overlay is scaled down, `confidence` is not given, and a network
    of cracks that spreads over more than 50 megapixels is measured block by block.

    Args:
        source: an image, a folder or a glob.
        out: the folder to write; another run's results in it are never mixed with these.
        mm_per_px: millimetres on the surface that one pixel covers; adds measures in mm.
        model: an open model, a model file, the folder of a training, or None for the default.
        threshold: crack is what is at least this; None takes the model's own.
        augmentation: test-time augmentation.
        tile: side of a tile's core in px, a multiple of 512; None takes the model's own.
        recursive: look into folders inside the source.
        overwrite: begin again whatever is in `out`.
        backend: as in `open_model`; so are `device`, `threads` and `precision`.
        big_px: images of more pixels are read, predicted and measured by window.
        formats: what is written of the survey, see `export_formats.FORMATS`.
        progress: called with every step.

    Raises:
        UsageError: no image; a scale that is not positive; `out` holds another run or is being
            written by one.
        ModelFileError: the model is none.
        StorageError: the disk is full; what was finished stays.
    """
    if mm_per_px is not None and not 0 < mm_per_px < float("inf"):
        raise UsageError(f"mm per px: got {mm_per_px:g}, expected a positive number such as 0.21")
    chosen = choose_formats(formats)
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
    )
    fingerprint = {
        "command": "inspect",
        "source": source_root(source).resolve().as_posix(),
        "mm_per_px": mm_per_px,
        "big_px": big_px,
        **network.fingerprint(),
    }
    with open_run_folder(out, fingerprint, owned=_OWNED, overwrite=overwrite) as folder:
        outcome = run_jobs(jobs, _Inspect(network, folder, mm_per_px, big_px), folder, progress)
        summary = outcome.summary(out)
        write_set_aside(out, summary.set_aside)
        title = source_root(source).resolve().name
        write_report_files(
            out,
            title,
            network=network,
            settings=_settings(network, mm_per_px),
            records=outcome.records,
            set_aside=summary.set_aside,
            formats=chosen,
        )
    return summary


@dataclass(frozen=True)
class _Inspect:
    """What `inspect` does with one input; see `stream.Verb`."""

    network: Network
    folder: RunFolder
    mm_per_px: float | None
    big_px: int

    @property
    def enlargement(self) -> int:
        return self.network.enlargement

    def predict(self, image: Image) -> Enlarged:
        return self.network.predict_enlarged(image)

    def finish(self, job: Job, image: Image, probability: Probability) -> Result:
        mask = self.network.mask(probability)
        survey = measure(
            mask,
            probability=probability,
            threshold=self.network.threshold,
            mm_per_px=self.mm_per_px,
            image=job.name,
        )
        mask_name = f"masks/{job.key}.png"
        write_mask(self.folder.out / mask_name, mask)

        def read(window: Window) -> tuple[Image, Mask]:
            return image[window.slices], mask[window.slices]

        files = self._files(job)
        height, width = image.shape[:2]
        closeup = closeup_of(survey, height, width, read, self.mm_per_px)
        names = write_pictures(self.folder.out, files, image, mask, survey, self.mm_per_px, closeup)
        return _result([mask_name, *names], survey, job)

    def by_window(self, job: Job, source: ImageSource, progress: Progress) -> Result:
        height, width = source.height, source.width
        mask_name = f"masks/{job.key}.tif"
        mask_file = self.folder.out / mask_name
        regions, overview = Regions(width), Overview(height, width)

        def on_window(window: Window, mask: Mask) -> None:
            regions.add(window, mask)
            overview.add(window, source.read(window), mask)

        predict_by_window(self.network, source, [mask_file], "uint16", on_window, progress)
        with open_image(mask_file) as masks:
            parts = [
                measure_part(region.read(masks), window=region.bounds)
                for region in regions.regions(largest_px=_MEASURED_AT_ONCE_PX)
            ]
            survey = assemble(
                parts, height=height, width=width, mm_per_px=self.mm_per_px, image=job.name
            )

            def read(window: Window) -> tuple[Image, Mask]:
                return source.read(window), masks.read(window)[:, :, 0] > 0

            closeup = closeup_of(survey, height, width, read, self.mm_per_px)
        names = write_pictures(
            self.folder.out,
            self._files(job),
            overview.image,
            overview.mask,
            survey,
            self.mm_per_px,
            closeup,
            factor=overview.factor,
        )
        return _result([mask_name, *names], survey, job)

    def possible_outputs(self, job: Job) -> list[str]:
        masks = [f"masks/{job.key}.{suffix}" for suffix in ("png", "tif")]
        return [*masks, *self._files(job)]

    def _files(self, job: Job) -> PictureFiles:
        return PictureFiles.of(job.key)


def _settings(network: Network, mm_per_px: float | None) -> dict[str, str]:
    return {
        "scale": "not given; measures are in pixels"
        if mm_per_px is None
        else f"{mm_per_px:g} mm per pixel",
        "test-time augmentation": network.augmentation,
    }


def _result(outputs: list[str], survey: Survey, job: Job) -> Result:
    """Keep the survey with the photo's place and time, and say which pictures there are."""
    tables: Mapping[str, list[dict[str, Any]]] = survey.to_json()
    photo, place = read_photo_metadata(job.path), read_georeference(job.path)
    tables["images"][0].update(
        latitude_deg=photo.latitude_deg,
        longitude_deg=photo.longitude_deg,
        altitude_m=photo.altitude_m,
        captured_at=photo.captured_at or "",
    )
    values: dict[str, object] = {"survey": tables}
    if place is not None:
        values["georeference"] = asdict(place)
    return Result(outputs, values)
