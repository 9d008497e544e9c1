"""What a measuring depends on besides the mask and its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crackgauge.errors import UsageError
from crackgauge.measure.bridging import Bridging
from crackgauge.measure.region import Region
from crackgauge.measure.standard import Standard

# A component of fewer pixels is taken for noise: a crack 2 px wide would be 10 px long.
MIN_AREA_PX2 = 20


@dataclass(frozen=True)
class Settings:
    """How masks are measured, the same for all images of a run.

    Args:
        min_area_px2: components of fewer pixels are left out everywhere.
        bridging: up to where gaps within a crack are bridged.
        region: where cracks are looked for, and zones.
        direction_deg: the direction (of a lane, a beam) that types of cracks refer to, counter-
            clockwise from +x; a zone's own direction comes first.
        standard: by which cracks are graded.

    Raises:
        UsageError: a direction that is no angle, or a negative area.
    """

    min_area_px2: int = MIN_AREA_PX2
    bridging: Bridging = field(default_factory=Bridging)
    region: Region = field(default_factory=Region)
    direction_deg: float | None = None
    standard: Standard | None = None

    def __post_init__(self) -> None:
        if self.min_area_px2 < 0:
            raise UsageError(f"least area: got {self.min_area_px2} px2, expected 0 or more")
        if self.direction_deg is not None and not -360 <= self.direction_deg <= 360:
            raise UsageError(
                f"direction: got {self.direction_deg} degrees, expected an angle counter-clockwise "
                "from the image's +x axis, such as 90"
            )

    def fingerprint(self) -> dict[str, Any]:
        """Return what the results depend on, as JSON values."""
        return {
            "min_area_px2": self.min_area_px2,
            "bridge_px": self.bridging.gap_px,
            "bridge_deg": self.bridging.angle_deg,
            "region": [[_plain(zone) for zone in zones] for zones in self.region],
            "direction_deg": self.direction_deg,
            "standard": None if self.standard is None else self.standard.model_dump(mode="json"),
        }


def _plain(zone: Sequence[Any]) -> list[Any]:
    # NaN is not equal to itself, so a resumed run would see another region.
    return [None if value != value else value for value in zone]
