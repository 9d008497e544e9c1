"""The verb `measure`: from masks or probabilities to measures and a report, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from crackgauge.arrays import Image, Mask, Probability, Window
from crackgauge.errors import BAD_ENCODING, MISSING, SIZE_MISMATCH, InputRefused, UsageError
from crackgauge.images import (
    BIG_OUTPUT_PX,
    ImageSource,
    image_size,
    list_images,
    open_image,
    read_georeference,
    read_image,
    read_mask,
    read_probability,
)
from crackgauge.images.mask_rules import check_rule
from crackgauge.measure import Settings, Survey, assemble, measure_image, measure_part
from crackgauge.pipeline.export_formats import DEFAULT_FORMATS, choose_formats
from crackgauge.pipeline.folder import RunFolder, open_run_folder
from crackgauge.pipeline.naming import Job, find_jobs, source_root
from crackgauge.pipeline.pictures import PictureFiles, closeup_of, write_pictures
from crackgauge.pipeline.recording import settings_words, survey_values
from crackgauge.pipeline.regions import MEASURED_AT_ONCE_PX, Regions
from crackgauge.pipeline.reporting import REPORT_FILES, write_report_files
from crackgauge.pipeline.scaling import FoundScale, ScaleRule, one_rule
from crackgauge.pipeline.sequence import run_one_by_one
from crackgauge.pipeline.stream import Result
from crackgauge.pipeline.summary import Progress, RunSummary, silent
from crackgauge.pipeline.tables import SET_ASIDE_FILE, write_set_aside
from crackgauge.pipeline.timings import TIMINGS_FILE

_OWNED = ("overlays", *REPORT_FILES, SET_ASIDE_FILE, TIMINGS_FILE)
_BLOCK_PX = 4096
DEFAULT_THRESHOLD = 0.5
# A mask with more crack than this shows the ground: white where nothing is.
_MOST_CRACK = 0.8


def measure_files(
    source: str | Path,
    out: str | Path,
    *,
    probabilities: bool = False,
    threshold: float | None = None,
    mask_rule: str = "auto",
    photos: str | Path | None = None,
    mm_per_px: float | None = None,
    scale: ScaleRule | None = None,
    settings: Settings | None = None,
    recursive: bool = True,
    overwrite: bool = False,
    big_px: int = BIG_OUTPUT_PX,
    formats: Sequence[str] | str = DEFAULT_FORMATS,
    progress: Progress = silent,
) -> RunSummary:
    """Measure every mask of a source and write a report; a stopped run goes on.

    Masks above `big_px` are read by window, as `inspect` writes them: 0 and 255 (or 0 and 1).

    Args:
        source: a mask, a folder or a glob.
        out: the folder to write; another run's results in it are never mixed with these.
        probabilities: the files hold probabilities, 8 or 16 bit or float; widths are then
            measured between the pixels.
        threshold: with probabilities: crack is what is at least this; None is 1/2.
        mask_rule: which pixels of a mask are crack, see `read_mask`.
        photos: the folder of the photos, found by the masks' names; for markers, for the camera's
            EXIF, and for pictures in the report.
        mm_per_px: millimetres on the surface that one pixel covers.
        scale: instead of `mm_per_px`, another way in which the scale of each image is known.
        settings: how cracks are measured.
        recursive: look into folders inside the source.
        overwrite: begin again whatever is in `out`.
        big_px: masks of more pixels are read and measured by window.
        formats: what is written of the survey, see `export_formats.FORMATS`.
        progress: called with every step.

    Raises:
        UsageError: no mask; an unknown mask rule; a threshold without probabilities or out of
            range; `out` holds another run or is being written by one.
        StorageError: the disk is full; what was finished stays.
    """
    _check_threshold(threshold, probabilities)
    check_rule(mask_rule, None)
    rule, wanted = one_rule(mm_per_px, scale), choose_formats(formats)
    chosen = settings or Settings()
    out = Path(out)
    jobs = find_jobs(source, out, recursive=recursive)
    found = None if photos is None else _photos_by_key(Path(photos))
    used = (DEFAULT_THRESHOLD if threshold is None else threshold) if probabilities else None
    fingerprint = {
        "command": "measure",
        "source": source_root(source).resolve().as_posix(),
        "probabilities": probabilities,
        "threshold": used,
        "mask_rule": mask_rule,
        "photos": None if photos is None else Path(photos).resolve().as_posix(),
        "big_px": big_px,
        **rule.fingerprint(),
        **chosen.fingerprint(),
    }
    with open_run_folder(out, fingerprint, owned=_OWNED, overwrite=overwrite) as folder:
        work = _Measure(folder, used, mask_rule, found, rule, chosen, big_px)
        outcome = run_one_by_one(jobs, work, folder, progress)
        summary = outcome.summary(out)
        write_set_aside(out, summary.set_aside)
        words = {"scale": rule.words(), **settings_words(chosen)}
        words["widths from"] = "masks" if used is None else f"probabilities from {used:g} on"
        write_report_files(
            out,
            source_root(source).resolve().name,
            network=None,
            settings=words,
            records=outcome.records,
            set_aside=summary.set_aside,
            formats=wanted,
        )
    return summary


@dataclass(frozen=True)
class _Measure:
    """What `measure` does with one mask; see `sequence.Work`."""

    folder: RunFolder
    threshold: float | None
    mask_rule: str
    photos: dict[str, Path] | None
    rule: ScaleRule
    settings: Settings
    big_px: int

    def one(self, job: Job) -> tuple[Result, float]:
        height, width = image_size(job.path)
        photo = self._photo_of(job, height, width)
        place = read_georeference(job.path)
        if place is None and photo is not None:
            place = read_georeference(photo)
        big = height * width > self.big_px
        image = None if photo is None or big else read_image(photo)
        found = self.rule.of_image(
            height=height,
            width=width,
            photo=photo,
            read=None if image is None else lambda: image,
            place=place,
        )
        if big:
            survey = self._by_window(job, found)
            values = survey_values(survey, found=found, photo=photo, place=place)
            return Result([], _with_mask(values, job)), height * width / 1e6
        mask, probability = self._read(job)
        survey = measure_image(
            mask,
            probability=probability,
            threshold=self.threshold,
            scale=found.scale,
            image=job.name,
            settings=self.settings,
        )
        outputs = self._pictures(job, image, mask, survey, found)
        values = survey_values(survey, found=found, photo=photo, place=place)
        return Result(outputs, _with_mask(values, job)), height * width / 1e6

    def possible_outputs(self, job: Job) -> list[str]:
        return list(PictureFiles.of(job.key))

    def _read(self, job: Job) -> tuple[Mask, Probability | None]:
        if self.threshold is None:
            mask = read_mask(job.path, rule=self.mask_rule).mask
            _refuse_ground(mask, job.path)
            return mask, None
        probability = read_probability(job.path)
        return probability >= self.threshold, probability

    def _photo_of(self, job: Job, height: int, width: int) -> Path | None:
        if self.photos is None:
            return None
        photo = self.photos.get(job.key) or self.photos.get(PurePosixPath(job.key).name)
        if photo is None:
            raise InputRefused(
                job.path,
                MISSING,
                "has no photo of the same name; name them alike, or leave --photos out",
            )
        if image_size(photo) != (height, width):
            tall, wide = image_size(photo)
            raise InputRefused(
                job.path,
                SIZE_MISMATCH,
                f"is {height} x {width} and its photo {tall} x {wide} (height x width), expected "
                "the same size",
            )
        return photo

    def _pictures(
        self, job: Job, image: Image | None, mask: Mask, survey: Survey, found: FoundScale
    ) -> list[str]:
        if image is None:
            return []

        def read(window: Window) -> tuple[Image, Mask]:
            return image[window.slices], mask[window.slices]

        mm_per_px = found.bar_mm_per_px
        height, width = mask.shape
        closeup = closeup_of(survey, height, width, read, mm_per_px)
        files = PictureFiles.of(job.key)
        return write_pictures(self.folder.out, files, image, mask, survey, mm_per_px, closeup)

    def _by_window(self, job: Job, found: FoundScale) -> Survey:
        if self.threshold is not None:
            raise InputRefused(
                job.path,
                BAD_ENCODING,
                f"is a probability above {self.big_px / 1e6:g} megapixels, expected a mask of 0 "
                "and 255 for so large an image; give the masks",
            )
        with open_image(job.path) as source:
            regions = Regions(source.width)
            for window in _blocks(source):
                regions.add(window, _mask_of(source, window, job.path))
            parts = [
                measure_part(
                    region.read(source),
                    window=region.bounds,
                    image=job.name,
                    settings=self.settings,
                )
                for region in regions.regions(largest_px=MEASURED_AT_ONCE_PX)
            ]
            return assemble(
                parts,
                height=source.height,
                width=source.width,
                scale=found.scale,
                image=job.name,
                settings=self.settings,
            )


def _check_threshold(threshold: float | None, probabilities: bool) -> None:
    if threshold is not None and not probabilities:
        raise UsageError("threshold: goes with probabilities; a mask says itself what is crack")
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"threshold: got {threshold:g}, expected above 0 and at most 1")


def _photos_by_key(folder: Path) -> dict[str, Path]:
    """Return the photos by their relative path without suffix, and by their stem where it is alone.

    Raises:
        UsageError: no such folder, or no photo in it.
    """
    root = source_root(folder)
    found: dict[str, Path] = {}
    stems: dict[str, list[Path]] = {}
    for path in list_images(folder):
        name = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        found.setdefault(name.with_suffix("").as_posix(), path)
        stems.setdefault(path.stem, []).append(path)
    alone = {stem: paths[0] for stem, paths in stems.items() if len(paths) == 1}
    return {**alone, **found}


def _refuse_ground(mask: Mask, path: Path) -> None:
    """Set aside a mask that marks nearly everything: its ground was taken for its cracks."""
    share = float(mask.mean())
    if share > _MOST_CRACK:
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"{100 * share:.1f} % of the mask is crack, expected at most {100 * _MOST_CRACK:g} %; "
            "say which pixels are crack with the mask rule (below-half for dark cracks on white)",
        )


def _with_mask(values: dict[str, object], job: Job) -> dict[str, object]:
    return values | {"mask": job.path.resolve().as_posix()}


def _blocks(source: ImageSource) -> Iterator[Window]:
    for row in range(0, source.height, _BLOCK_PX):
        for col in range(0, source.width, _BLOCK_PX):
            height = min(_BLOCK_PX, source.height - row)
            yield Window(row, col, height, min(_BLOCK_PX, source.width - col))


def _mask_of(source: ImageSource, window: Window, path: Path) -> Mask:
    values = source.read(window)[:, :, 0]
    if not np.isin(values, (0, 1, 255)).all():
        raise InputRefused(
            path,
            BAD_ENCODING,
            "holds other values than 0 and 255, expected a mask of these two for so large an image",
        )
    return values > 0
