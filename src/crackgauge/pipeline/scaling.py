"""Where the scale of each image of a run comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from crackgauge.arrays import Image
from crackgauge.errors import UsageError
from crackgauge.images import Georeference, read_photo_metadata
from crackgauge.measure.columns import NO_SCALE_PREFIX
from crackgauge.measure.marker import (
    DEFAULT_FAMILY,
    check_family,
    find_markers,
    scale_of_markers,
)
from crackgauge.measure.scale import LEAST_MM, MOST_MM, Scale
from crackgauge.measure.scale_sources import (
    scale_of_camera,
    scale_of_georeference,
    scale_of_points,
)

_NAN = float("nan")


class FoundScale(NamedTuple):
    """The scale of an image, or None with the reason ("" where none was asked for)."""

    scale: Scale | None
    reason: str = ""

    @property
    def source(self) -> str:
        """What stands in the column `scale_source`."""
        if self.scale is not None:
            return self.scale.source
        return f"{NO_SCALE_PREFIX}{self.reason}" if self.reason else ""

    @property
    def bar_mm_per_px(self) -> float | None:
        """The scale of scale bars in pictures; None for an oblique view, where it is not one."""
        if self.scale is None or self.scale.plane is not None:
            return None
        return self.scale.mm_per_px


@dataclass(frozen=True)
class ScaleRule:
    """What the user knows of the scale; at most one of the four ways.

    Without any, a GeoTIFF in a projected system has the scale of its transform, and other images
    none.

    Args:
        mm_per_px: the same for all images.
        mm_per_px_sd: its standard deviation.
        points_px: x and y of one point, x and y of another, in every image.
        points_mm: their distance.
        marker_mm: side of a marker's black square; looked for in every photo.
        marker_family: a key of `measure.marker.FAMILIES`.
        camera_mm: distance from the lens to the surface; focal length and sensor from EXIF, or:
        focal_length_mm: of the lens.
        sensor_width_mm: the sensor's longer side.
        known_sd_mm: standard deviation of the one length in mm that is given.

    Raises:
        UsageError: two ways at once, half of one, an unknown family, or a number that is not
            positive.
    """

    mm_per_px: float | None = None
    mm_per_px_sd: float | None = None
    points_px: tuple[float, float, float, float] | None = None
    points_mm: float | None = None
    marker_mm: float | None = None
    marker_family: str = DEFAULT_FAMILY
    camera_mm: float | None = None
    focal_length_mm: float | None = None
    sensor_width_mm: float | None = None
    known_sd_mm: float | None = None

    def __post_init__(self) -> None:
        if (self.points_px is None) != (self.points_mm is None):
            raise UsageError(
                "scale from two points: expected both the points and their distance in mm, got one"
            )
        ways = [
            name
            for name in ("mm_per_px", "points_mm", "marker_mm", "camera_mm")
            if getattr(self, name) is not None
        ]
        if len(ways) > 1:
            raise UsageError(f"scale: got {' and '.join(ways)}, expected one way; leave one out")
        self._check_companions(ways[0] if ways else "")
        check_family(self.marker_family)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, float | int) and not LEAST_MM <= value <= MOST_MM:
                name = item.name.replace("_", " ")
                raise UsageError(f"{name}: got {value:g}, expected a positive number such as 0.21")
        if self.points_px is not None:
            self._of_points()  # points at one place are refused before any image is read

    def of_image(
        self,
        *,
        height: int,
        width: int,
        photo: Path | None,
        read: Callable[[], Image] | None,
        place: Georeference | None,
    ) -> FoundScale:
        """Find the scale of one image.

        Args:
            height: of the image in px.
            width: of the image in px.
            photo: the photo, for its EXIF; None where there is none.
            read: gives the photo's pixels; None where they are not there or too many.
            place: of a GeoTIFF.
        """
        try:
            if self.mm_per_px is not None:
                sd = _NAN if self.mm_per_px_sd is None else self.mm_per_px_sd
                return FoundScale(Scale(self.mm_per_px, sd))
            if self.points_px is not None:
                return FoundScale(self._of_points())
            if self.marker_mm is not None:
                return self._of_markers(height, width, read)
            if self.camera_mm is not None:
                return FoundScale(self._of_camera(height, width, photo))
            if place is not None:
                return FoundScale(scale_of_georeference(place, height_px=height, width_px=width))
        except UsageError as error:
            return FoundScale(None, str(error))
        return FoundScale(None)

    def fingerprint(self) -> dict[str, Any]:
        """Return what the results depend on, as JSON values."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def words(self) -> str:
        """Word the rule for the report.

        >>> ScaleRule(mm_per_px=0.21).words()
        '0.21 mm per pixel'
        """
        if self.mm_per_px is not None:
            sd = "" if self.mm_per_px_sd is None else f" ± {self.mm_per_px_sd:g}"
            return f"{self.mm_per_px:g}{sd} mm per pixel"
        if self.points_mm is not None:
            return f"two points {self.points_mm:g} mm apart"
        if self.marker_mm is not None:
            return f"markers of {self.marker_mm:g} mm ({self.marker_family}) in the photos"
        if self.camera_mm is not None:
            return f"camera, {self.camera_mm:g} mm from the surface"
        return "not given; from the transform of a GeoTIFF, otherwise measures are in pixels"

    def _check_companions(self, way: str) -> None:
        for name, of in (
            ("mm_per_px_sd", ("mm_per_px",)),
            ("focal_length_mm", ("camera_mm",)),
            ("sensor_width_mm", ("camera_mm",)),
            ("known_sd_mm", ("points_mm", "marker_mm", "camera_mm")),
        ):
            if getattr(self, name) is not None and way not in of:
                raise UsageError(f"{name} goes with {' or '.join(of)}; give that too")

    def _of_points(self) -> Scale:
        if self.points_px is None or self.points_mm is None:
            raise UsageError("scale from two points: expected points and their distance")
        x0, y0, x1, y1 = self.points_px
        sd = self.known_sd_mm or 0.0
        return scale_of_points((x0, y0), (x1, y1), self.points_mm, distance_sd_mm=sd)

    def _of_markers(self, height: int, width: int, read: Callable[[], Image] | None) -> FoundScale:
        if read is None or self.marker_mm is None:
            return FoundScale(None, "no photo of this size to look for markers in")
        markers = find_markers(read(), family=self.marker_family)
        if not markers:
            return FoundScale(None, f"no marker of the family {self.marker_family} was found")
        return FoundScale(
            scale_of_markers(
                markers,
                self.marker_mm,
                height_px=height,
                width_px=width,
                size_sd_mm=self.known_sd_mm or 0.0,
            )
        )

    def _of_camera(self, height: int, width: int, photo: Path | None) -> Scale:
        exif = None if photo is None else read_photo_metadata(photo)
        return scale_of_camera(
            distance_mm=self.camera_mm or 0.0,
            focal_length_mm=self.focal_length_mm or (exif.focal_length_mm if exif else None),
            sensor_width_mm=self.sensor_width_mm,
            focal_length_35mm=exif.focal_length_35mm if exif else None,
            height_px=height,
            width_px=width,
            distance_sd_mm=_NAN if self.known_sd_mm is None else self.known_sd_mm,
        )


def one_rule(mm_per_px: float | None, rule: ScaleRule | None) -> ScaleRule:
    """Return the rule of which only a number may have been given.

    Raises:
        UsageError: both, or a number that is no scale.
    """
    if mm_per_px is None:
        return rule or ScaleRule()
    if rule is not None:
        raise UsageError("got mm_per_px and a scale, expected one of them; leave one out")
    return ScaleRule(mm_per_px=mm_per_px)
