"""The picture while it is painted.

Colours are RGB in [0, 1] as a screen shows them (gamma-coded), because that is the scale on which
the contrasts of photographs were compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from crackgauge.data.synth.noise import Field, Shape

Colour = tuple[float, float, float]


@dataclass
class Scene:
    """What is painted so far.

    Args:
        canvas: float32 (H, W, 3), the surface and what is on it, evenly lit.
        light: unit vector (x, y) from the surface towards the light.
        surface: "asphalt", "concrete" or "steel".
        hidden: bool (H, W), where an object lies on the surface.
        light_map: float32 (H, W), 1 where the light falls freely.
    """

    canvas: npt.NDArray[np.float32]
    light: tuple[float, float]
    surface: str
    hidden: npt.NDArray[np.bool_] = field(init=False)
    light_map: Field = field(init=False)

    def __post_init__(self) -> None:
        self.hidden = np.zeros(self.shape, bool)
        self.light_map = np.ones(self.shape, np.float32)

    @property
    def shape(self) -> Shape:
        """(H, W)."""
        return self.canvas.shape[0], self.canvas.shape[1]

    def paint(self, alpha: Field, colour: Colour) -> None:
        """Cover with an even colour; `alpha` 0 leaves, 1 covers."""
        self.blend(alpha, np.asarray(colour, np.float32))

    def blend(self, alpha: Field, colour: npt.NDArray[np.float32]) -> None:
        """Cover with a colour (3,) or a picture (H, W, 3), within the box where alpha is not 0."""
        rows, cols = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not len(rows):
            return
        box = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
        part = self.canvas[box]
        source = colour[box] if colour.ndim == 3 else colour
        part += alpha[box][..., None] * (source - part)

    def shade(self, factor: Field | float) -> None:
        """Make darker (below 1) or lighter (above 1)."""
        self.canvas *= factor[..., None] if isinstance(factor, np.ndarray) else np.float32(factor)


def tinted(tone: Field, colour: Colour) -> npt.NDArray[np.float32]:
    """A tone about 1 in the given colour: float32 (H, W, 3)."""
    return np.asarray(tone[..., None] * np.asarray(colour, np.float32), np.float32)


def varied(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """The colour, a little lighter or darker, paler and shifted."""
    level = 1 + rng.uniform(-spread, spread)
    grey, pale = sum(colour) / 3, rng.uniform(0, 0.5)
    shifts = rng.normal(0, spread / 25, 3)
    red, green, blue = (
        float(np.clip((c + pale * (grey - c)) * level + s, 0.02, 0.98))
        for c, s in zip(colour, shifts, strict=True)
    )
    return red, green, blue


def pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """One of the colours."""
    return colours[int(rng.integers(len(colours)))]
