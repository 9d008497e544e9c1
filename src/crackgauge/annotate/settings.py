"""What tracing depends on besides the image: one frozen set of numbers, kept with every trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from crackgauge.errors import UsageError


@dataclass(frozen=True)
class TraceSettings:
    """Numbers of the orientation score, the cost and the path.

    Attributes:
        orientations: No, directions over the full turn, even.
        bright: the crack is brighter than what is around it.
        pooling: the score is that of the image reduced by this factor; the edges are always found
            in the full image.
        contrast: λ of the cost 1 / (1 + λ V^p).
        sharpness: p of the cost.
        trust: the cost is multiplied by 1 - trust * probability.
        bending: ξ in 1/px: a turn by one radian costs as much as 1/ξ px ahead.
        sideways: ζ: a px sideways costs as much as 1/ζ px ahead.
        reach_px: edges are sought so far on either side of the centre line.

    Raises:
        UsageError: a value that cannot be.
    """

    # A session's file is refused where it names another number.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    orientations: int = 16
    bright: bool = False
    pooling: int = 1
    contrast: float = 200.0
    sharpness: float = 1.5
    trust: float = 0.9
    bending: float = 0.1
    sideways: float = 0.1
    reach_px: float = 24.0

    def __post_init__(self) -> None:
        if self.orientations not in range(8, 65, 4):
            raise UsageError(
                f"orientations: got {self.orientations}, expected a multiple of 4 from 8 to 64"
            )
        if self.pooling not in (1, 2, 3, 4):
            raise UsageError(f"pooling: got {self.pooling}, expected 1, 2, 3 or 4")
        if not 0 <= self.trust < 1:
            raise UsageError(f"trust: got {self.trust:g}, expected 0 or more and below 1")
        for name in ("contrast", "sharpness", "bending", "sideways"):
            value = getattr(self, name)
            if not 0 < value < 1e6:
                raise UsageError(f"{name}: got {value:g}, expected a positive number")
        if self.sideways > 1:
            raise UsageError(
                f"sideways: got {self.sideways:g}, expected at most 1: a px sideways costs no less "
                "than one ahead"
            )
        if not 1 <= self.reach_px <= 256:
            raise UsageError(f"reach_px: got {self.reach_px:g}, expected 1 to 256")
