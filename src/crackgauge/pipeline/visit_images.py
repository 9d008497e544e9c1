"""The images of two visits: which belong together, where their photos are, how they lie."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image
from crackgauge.errors import InputRefused, UsageError
from crackgauge.images import list_images, open_image
from crackgauge.measure.registration import Registration, register_images, same_frame
from crackgauge.measure.visit_samples import Visit
from crackgauge.pipeline.folder import RUN_FILE
from crackgauge.pipeline.naming import name_jobs
from crackgauge.pipeline.overview import shrink
from crackgauge.pipeline.survey_folder import SurveyFolder

RegisterBy = Literal["auto", "none", "map", "features"]
REGISTER_BY: tuple[RegisterBy, ...] = ("auto", "none", "map", "features")
# Photos are read for their features and as the ground of the picture, not for measuring.
_LONGEST_PX = 3200


@dataclass(frozen=True)
class Photo:
    """The photo of an image, or a small version of it.

    Args:
        image: uint8 (h, w, 3).
        px_per_px: how many px of the image one px of it is.
        is_thumbnail: it is the small picture of the report, because the photo was not found.
    """

    image: Image
    px_per_px: float
    is_thumbnail: bool


class VisitImages:
    """The images of one visit.

    Args:
        survey: the survey.
        photos: folder of the photos; None looks where the survey was made from.

    Raises:
        UsageError: `photos` is no folder.
    """

    def __init__(self, survey: SurveyFolder, photos: Path | None) -> None:
        if photos is not None and not photos.is_dir():
            raise UsageError(f"{photos}: is no folder; expected that of the photos of a visit")
        self.survey = survey
        self._root = photos or _photo_folder(survey.path)
        self._by_key: dict[str, Path] | None = None

    @property
    def names(self) -> list[str]:
        """The names of the images, sorted."""
        return sorted(self.survey.files)

    def visit(self, name: str) -> Visit:
        """Return what was measured in an image."""
        return Visit.of(self.survey.survey, name)

    def photo(self, name: str, width_px: int) -> Photo | None:
        """Return the photo of an image, the report's small picture of it, or None.

        Args:
            name: of the image.
            width_px: of the image; a photo of another shape is not its photo.
        """
        path = self._find(name)
        if path is not None:
            try:
                with open_image(path) as source:
                    if source.width == width_px:
                        image, factor = shrink(source, longest_px=_LONGEST_PX)
                        return Photo(image, float(factor), False)
            except InputRefused:
                pass  # the small picture shows the same
        small = self.survey.files[name].pictures.original
        if small is None or not small.is_file():
            return None
        with open_image(small) as source:
            image, _ = shrink(source, longest_px=_LONGEST_PX)
        return Photo(image, width_px / image.shape[1], True)

    def _find(self, name: str) -> Path | None:
        if self._root is None or not self._root.is_dir():
            return None
        if (self._root / name).is_file():
            return self._root / name
        if self._by_key is None:
            try:
                jobs = name_jobs(list_images(self._root, recursive=True), self._root)
            except UsageError:
                jobs = []
            self._by_key = {job.key: job.path for job in jobs}
        return self._by_key.get(self.survey.files[name].key)


def _photo_folder(survey: Path) -> Path | None:
    """Return where the photos lay when the survey was made."""
    try:
        run = json.loads((survey / RUN_FILE).read_text("utf-8"))
        folder = run["photos"] if run["command"] == "measure" else run["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Path(folder) if isinstance(folder, str) else None


def pair_images(before: SurveyFolder, after: SurveyFolder) -> list[tuple[str, str]]:
    """Return the images that show the same place: those of one name, or the only ones.

    The suffix does not count: `inspect` knows the photo a.jpg, `measure` its mask a.png.

    Raises:
        UsageError: there is none.
    """
    earlier, later = sorted(before.files), sorted(after.files)
    if len(earlier) == len(later) == 1:
        return [(earlier[0], later[0])]
    by_stem = _by_stem(later)
    both = [(name, by_stem[stem]) for stem, name in _by_stem(earlier).items() if stem in by_stem]
    if not both:
        raise UsageError(
            f"{before.path} and {after.path} have no image of the same name "
            f"({len(earlier)} and {len(later)} images); give the photos of one place one name in "
            "both visits"
        )
    return sorted(both)


def _by_stem(names: Sequence[str]) -> dict[str, str]:
    """Name each image without its suffix; those that share a stem keep theirs."""
    stems = Counter(str(PurePosixPath(name).with_suffix("")) for name in names)
    kept = {}
    for name in names:
        stem = str(PurePosixPath(name).with_suffix(""))
        kept[stem if stems[stem] == 1 else name] = name
    return kept


def register(
    before: tuple[VisitImages, str], after: tuple[VisitImages, str], by: RegisterBy
) -> tuple[Registration, Photo | None, str]:
    """Lay two images over each other.

    Args:
        before: the earlier visit and the name of its image.
        after: the later visit and the name of its image.
        by: "none": the camera did not move; "map": the places of two GeoTIFFs; "features": what
            the photos show; "auto": the map where both have one, else features, and only where
            there are no photos at all the same frame.

    Returns:
        The registration, the later photo, and a note for the reader, "" for none.

    Raises:
        UsageError: not possible this way.
    """
    visits = before[0].visit(before[1]), after[0].visit(after[1])
    photo = after[0].photo(after[1], visits[1].width_px)
    places = [images.survey.places.get(name) for images, name in (before, after)]
    if by == "map" or (by == "auto" and all(places)):
        return _by_map(before, after), photo, ""
    earlier = before[0].photo(before[1], visits[0].width_px) if by != "none" else None
    if by == "features" or (by == "auto" and earlier is not None and photo is not None):
        if earlier is None or photo is None:
            raise UsageError(
                "there is no photo to find the view from; name the folders with --photos-before "
                "and --photos-after, or say that the camera did not move (--register none)"
            )
        small = earlier.is_thumbnail or photo.is_thumbnail
        note = "the photos were not found, so small pictures of them were laid over each other"
        return _by_features(earlier, photo), photo, note if small else ""
    sizes = [(visit.width_px, visit.height_px) for visit in visits]
    if sizes[0] != sizes[1]:
        raise UsageError(
            f"the images have {sizes[0][0]} x {sizes[0][1]} and {sizes[1][0]} x {sizes[1][1]} px, "
            "so they are not of one frame; give the photos of both visits, so that the view is "
            "found from what they show"
        )
    assumed = "there is no photo, so the camera is taken not to have moved"
    return same_frame(), photo, assumed if by == "auto" else ""


def _by_features(before: Photo, after: Photo) -> Registration:
    found = register_images(before.image, after.image)
    shrink_before, grow_after = _scaling(1 / before.px_per_px), _scaling(after.px_per_px)
    return found._replace(
        matrix=grow_after @ found.matrix @ shrink_before,
        error_px=found.error_px * after.px_per_px,
    )


def _scaling(factor: float) -> npt.NDArray[np.float64]:
    return np.diag([factor, factor, 1.0])


def _by_map(before: tuple[VisitImages, str], after: tuple[VisitImages, str]) -> Registration:
    earlier, later = (images.survey.places.get(name) for images, name in (before, after))
    if earlier is None or later is None or earlier.crs != later.crs:
        systems = " and ".join("none" if each is None else each.crs for each in (earlier, later))
        raise UsageError(
            f"the reference systems are {systems}, expected one and the same; project one image "
            "into that of the other with gdalwarp, or use --register features"
        )
    to_map, from_map = (
        np.array([*place.transform, 0.0, 0.0, 1.0]).reshape(3, 3) for place in (earlier, later)
    )
    matrix = np.linalg.inv(from_map) @ to_map
    return Registration(np.asarray(matrix, dtype=np.float64), "map")
