"""The verb `inspect`: from photographs to masks, measures and a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crackgauge.arrays import Image, Mask, Probability, Window
from crackgauge.images import (
    BIG_OUTPUT_PX,
    Georeference,
    ImageSource,
    open_image,
    read_georeference,
    read_image,
    write_mask,
)
from crackgauge.inference.enlarging import Enlarged
from crackgauge.inference.predictor import Predictor
from crackgauge.measure import Part, Settings, assemble, measure_image, measure_part
from crackgauge.pipeline.export_formats import DEFAULT_FORMATS, choose_formats
from crackgauge.pipeline.folder import RunFolder, open_run_folder
from crackgauge.pipeline.naming import Job, find_jobs, source_root
from crackgauge.pipeline.network import Augmentation, Network
from crackgauge.pipeline.overview import Overview
from crackgauge.pipeline.pictures import PictureFiles, closeup_of, write_pictures
from crackgauge.pipeline.prediction import predict_by_window
from crackgauge.pipeline.recording import settings_words, survey_values
from crackgauge.pipeline.regions import MEASURED_AT_ONCE_PX, Regions
from crackgauge.pipeline.reporting import REPORT_FILES, write_report_files
from crackgauge.pipeline.scaling import FoundScale, ScaleRule, one_rule
from crackgauge.pipeline.stream import Result, run_jobs
from crackgauge.pipeline.summary import Progress, RunSummary, silent
from crackgauge.pipeline.tables import SET_ASIDE_FILE, write_set_aside
from crackgauge.pipeline.timings import TIMINGS_FILE

_OWNED = ("masks", "overlays", *REPORT_FILES, SET_ASIDE_FILE, TIMINGS_FILE)


def inspect(
    source: str | Path,
    out: str | Path,
    *,
    mm_per_px: float | None = None,
    scale: ScaleRule | None = None,
    settings: Settings | None = None,
    model: Predictor | str | Path | None = None,
    threshold: float | None = None,
    augmentation: Augmentation = "none",
    tile: int | None = None,
    upscale: int | None = None,
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

    Writes `masks/KEY.png`, `overlays/KEY.png`, `images.csv`, `cracks.csv`, `branches.csv`,
    `report.html` and `set_aside.csv`. A stopped run goes on, and ends with the same bytes as an
    undisturbed one (`timings.csv` apart). Images above `big_px` are worked on by window: the mask
    is a tiled BigTIFF, the overlay is scaled down, and a network of cracks that spreads over more
    than 50 megapixels is measured block by block.

    Args:
        source: an image, a folder or a glob.
        out: the folder to write; another run's results in it are never mixed with these.
        mm_per_px: millimetres on the surface that one pixel covers; adds measures in mm.
        scale: instead of `mm_per_px`, another way in which the scale of each image is known.
        settings: how cracks are measured and graded.
        model: an open model, a model file, the folder of a training, or None for the default.
        threshold: crack is what is at least this; None takes the model's own.
        augmentation: test-time augmentation.
        tile: side of a tile's core in px, a multiple of 512 (of 512 / `upscale`); None takes the
            model's own.
        upscale: how many times the model enlarges the photo; needed for those that do. Masks,
            overlays, positions and measures in pixels are then those of the enlarged photo, whose
            pixels cover `mm_per_px / upscale`; the areas of `settings.region` stay in those of
            the photo.
        recursive: look into folders inside the source.
        overwrite: begin again whatever is in `out`.
        backend: as in `open_model`; so are `device`, `threads` and `precision`.
        big_px: images of more pixels are read, predicted and measured by window.
        formats: what is written of the survey, see `export_formats.FORMATS`.
        progress: called with every step.

    Raises:
        UsageError: no image; a scale that is not positive; `out` holds another run or is being
            written by one; the model does not enlarge as `upscale` says,
            or draws bands around cracks.
        ModelFileError: the model is none.
        StorageError: the disk is full; what was finished stays.
    """
    rule, measured = one_rule(mm_per_px, scale), settings or Settings()
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
    network.check_upscale(upscale)
    network.check_widths()
    # Areas are given in px of the photo, and measured in those of the enlarged one.
    enlarged = replace(measured, region=measured.region.enlarged(network.enlargement))
    fingerprint = {
        "command": "inspect",
        "source": source_root(source).resolve().as_posix(),
        "big_px": big_px,
        **rule.fingerprint(),
        **measured.fingerprint(),
        **network.fingerprint(),
    }
    with open_run_folder(out, fingerprint, owned=_OWNED, overwrite=overwrite) as folder:
        outcome = run_jobs(
            jobs, _Inspect(network, folder, rule, enlarged, big_px), folder, progress
        )
        summary = outcome.summary(out)
        write_set_aside(out, summary.set_aside)
        title = source_root(source).resolve().name
        write_report_files(
            out,
            title,
            network=network,
            settings=_words(network, rule, measured),
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
    rule: ScaleRule
    settings: Settings
    big_px: int

    @property
    def enlargement(self) -> int:
        return self.network.enlargement

    def predict(self, image: Image) -> Enlarged:
        return self.network.predict_enlarged(image)

    def finish(self, job: Job, image: Image, probability: Probability) -> Result:
        mask = self.network.mask(probability)
        height, width = image.shape[:2]
        found = self._scale(job, height, width)
        survey = measure_image(
            mask,
            probability=probability,
            threshold=self.network.threshold,
            scale=found.scale,
            image=job.name,
            settings=self.settings,
        )
        mask_name = f"masks/{job.key}.png"
        write_mask(self.folder.out / mask_name, mask)

        def read(window: Window) -> tuple[Image, Mask]:
            return image[window.slices], mask[window.slices]

        files = self._files(job)
        closeup = closeup_of(survey, height, width, read, found.bar_mm_per_px)
        names = write_pictures(
            self.folder.out, files, image, mask, survey, found.bar_mm_per_px, closeup
        )
        values = survey_values(survey, found=found, photo=job.path, place=self._place(job))
        return Result([mask_name, *names], values)

    def by_window(self, job: Job, source: ImageSource, progress: Progress) -> Result:
        enlarged = self.network.enlarged_source(source)
        height, width = enlarged.height, enlarged.width
        mask_name = f"masks/{job.key}.tif"
        mask_file = self.folder.out / mask_name
        found = self._scale(job, height, width)
        regions, overview = Regions(width), Overview(height, width)

        def on_window(window: Window, mask: Mask) -> None:
            regions.add(window, mask)
            overview.add(window, enlarged.read(window), mask)

        probability_file = self.folder.out / _probability_name(job)
        files = [mask_file, probability_file]
        predict_by_window(self.network, source, files, "uint16", on_window, progress)
        with open_image(mask_file) as masks:
            parts = self._parts(job, regions, masks, probability_file)
            survey = assemble(
                parts,
                height=height,
                width=width,
                scale=found.scale,
                image=job.name,
                settings=self.settings,
            )

            def read(window: Window) -> tuple[Image, Mask]:
                return enlarged.read(window), masks.read(window)[:, :, 0] > 0

            closeup = closeup_of(survey, height, width, read, found.bar_mm_per_px)
        names = write_pictures(
            self.folder.out,
            self._files(job),
            overview.image,
            overview.mask,
            survey,
            found.bar_mm_per_px,
            closeup,
            factor=overview.factor,
        )
        values = survey_values(survey, found=found, photo=job.path, place=self._place(job))
        return Result([mask_name, *names], values)

    def possible_outputs(self, job: Job) -> list[str]:
        masks = [f"masks/{job.key}.{suffix}" for suffix in ("png", "tif")]
        return [*masks, _probability_name(job), *self._files(job)]

    def _parts(
        self, job: Job, regions: Regions, masks: ImageSource, probability_file: Path
    ) -> list[Part]:
        """Measure a huge image in parts, with the probability, which is not kept."""
        with open_image(probability_file) as probabilities:
            parts = [
                measure_part(
                    region.read(masks),
                    window=region.bounds,
                    probability=region.read_probability(probabilities),
                    threshold=self.network.threshold,
                    image=job.name,
                    settings=self.settings,
                )
                for region in regions.regions(largest_px=MEASURED_AT_ONCE_PX)
            ]
        probability_file.unlink(missing_ok=True)
        return parts

    def _files(self, job: Job) -> PictureFiles:
        return PictureFiles.of(job.key)

    def _place(self, job: Job) -> Georeference | None:
        place = read_georeference(job.path)
        return None if place is None else place.enlarged(self.enlargement)

    def _scale(self, job: Job, height: int, width: int) -> FoundScale:
        """Find the scale of the photo, in px of the result, which may be enlarged."""
        times = self.enlargement
        small = height * width <= self.big_px
        found = self.rule.of_image(
            height=height // times,
            width=width // times,
            photo=job.path,
            read=(lambda: read_image(job.path)) if small else None,
            place=read_georeference(job.path),
        )
        return found if found.scale is None else FoundScale(found.scale.times(1 / times))


def _probability_name(job: Job) -> str:
    return f".state/{job.key}.probability.tif"


def _words(network: Network, rule: ScaleRule, settings: Settings) -> dict[str, str]:
    times = network.enlargement
    enlarged = {"enlarged": f"{times} times, and measured in its pixels"} if times > 1 else {}
    return {
        "scale": rule.words(),
        **enlarged,
        "test-time augmentation": network.augmentation,
        **settings_words(settings),
    }
