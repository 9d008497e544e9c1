"""Things that lie on the surface and hide it: leaves, twigs, wires, grass, litter, pebbles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from crackgauge.data.synth.networks import Character, fractal_path
from crackgauge.data.synth.noise import Field, blurred, emboss, fractal_noise, grain, soft_step
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted, varied
from crackgauge.data.synth.strokes import Points, Stroke, coverage

_LEAF: tuple[Colour, ...] = (
    (0.42, 0.28, 0.14),
    (0.55, 0.42, 0.18),
    (0.33, 0.38, 0.16),
    (0.28, 0.20, 0.13),
    (0.60, 0.34, 0.15),
    (0.62, 0.55, 0.30),
)
_GRASS: tuple[Colour, ...] = ((0.36, 0.46, 0.18), (0.46, 0.52, 0.26), (0.50, 0.46, 0.26))
_WIRE: tuple[Colour, ...] = (
    (0.08, 0.08, 0.09),
    (0.22, 0.22, 0.24),
    (0.62, 0.62, 0.63),
    (0.55, 0.20, 0.15),
    (0.20, 0.28, 0.45),
)
_BEYOND: tuple[Colour, ...] = (
    (0.30, 0.33, 0.26),
    (0.42, 0.38, 0.32),
    (0.24, 0.24, 0.24),
    (0.50, 0.49, 0.46),
    (0.34, 0.38, 0.24),
)
_LITTER: tuple[Colour, ...] = (
    (0.88, 0.88, 0.87),
    (0.80, 0.78, 0.70),
    (0.70, 0.22, 0.20),
    (0.25, 0.40, 0.62),
)


def lay(
    scene: Scene,
    rng: np.random.Generator,
    strokes: Sequence[Stroke],
    colour: Colour,
    *,
    height_px: float,
    rounded: float,
) -> Field:
    """Lay strokes of one colour on the surface, with a cast shadow and a shaded side.

    Where they cover half a pixel or more the surface counts as hidden. Returns their cover.
    """
    cover = coverage(strokes, scene.shape, supersample=3)
    shift = np.array(
        [[1, 0, scene.light[0] * height_px], [0, 1, scene.light[1] * height_px]], np.float64
    )
    cast = cv2.warpAffine(
        blurred(cover, 0.4 + 0.35 * height_px),
        shift,
        (scene.shape[1], scene.shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    scene.shade(1 - np.float32(rng.uniform(0.25, 0.55)) * cast)
    tone = 1 + np.float32(0.05) * grain(rng, scene.shape, 1.0)
    if rounded > 0:
        tone = tone + np.float32(rounded) * emboss(blurred(cover, 1.0), scene.light)
    scene.blend(cover, tinted(np.clip(tone, 0.4, 1.8), colour))
    scene.hidden |= cover >= 0.5
    return cover


def _bow(
    rng: np.random.Generator,
    start: Points,
    angle: float,
    reach: float,
    bend: float,
    count: int = 24,
) -> Points:
    """A bent line of `count` points from `start`."""
    t = np.linspace(0, 1, count)
    heading = angle + rng.normal(0, bend) * t
    step = reach / (count - 1)
    ways = np.stack([np.cos(heading), np.sin(heading)], axis=1) * step
    ways[0] = 0
    return np.asarray(start + np.cumsum(ways, axis=0))


def _place(scene: Scene, rng: np.random.Generator) -> Points:
    return rng.uniform(0, 1, 2) * (scene.shape[1], scene.shape[0])


def leaf(scene: Scene, rng: np.random.Generator) -> None:
    """Fallen leaves: pointed, with a midrib, brown to green."""
    size = float(rng.uniform(12, 70))
    for _ in range(int(rng.integers(1, 9))):
        own = size * float(rng.uniform(0.6, 1.3))
        middle = _bow(rng, _place(scene, rng), float(rng.uniform(0, 2 * np.pi)), own, 0.5)
        t = np.linspace(0, 1, len(middle))
        belly = float(rng.uniform(0.25, 0.55)) * own
        width = belly * np.sin(np.pi * t**0.8) ** 0.9 + 0.8
        colour = varied(rng, pick(rng, _LEAF), 0.2)
        blade = Stroke(middle, np.maximum(width, 0.8))
        lay(scene, rng, [blade], colour, height_px=float(rng.uniform(1, 4)), rounded=0.5)
        rib = coverage([Stroke(middle, np.linspace(1.6, 0.6, len(middle)))], scene.shape)
        scene.paint(rib * np.float32(0.35), varied(rng, (0.6, 0.5, 0.3), 0.2))


def twig(scene: Scene, rng: np.random.Generator) -> None:
    """Twigs and pine needles: crack-like lines that are round, brown and throw a shadow."""
    lines = []
    for _ in range(int(rng.integers(1, 6))):
        start = _place(scene, rng)
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(30, 180)
        end = start + reach * np.array([np.cos(angle), np.sin(angle)])
        width = float(rng.uniform(1.2, 5))
        wander = Character(width, float(rng.uniform(0.01, 0.05)), 0.3, 0.0)
        path = fractal_path(rng, start, end, wander)
        lines.append(Stroke(path, np.linspace(width, 0.4 * width, len(path))))
    colour = varied(rng, pick(rng, _LEAF[:4]), 0.3)
    lay(scene, rng, lines, colour, height_px=float(rng.uniform(1, 4)), rounded=0.8)


def wire(scene: Scene, rng: np.random.Generator) -> None:
    """A cable or a hose: an even, smooth, round line, sometimes hanging clear of the surface."""
    height, width = scene.shape
    start = np.array([rng.uniform(0, width), -5.0])
    end = np.array([rng.uniform(0, width), height + 5.0])
    if rng.random() < 0.5:
        start, end = start[::-1] * (width / height), end[::-1] * (width / height)
    t = np.linspace(0, 1, 120)[:, None]
    pull = rng.normal(0, 0.25, (2, 2)) * min(scene.shape)
    knots = [start, start * 2 / 3 + end / 3 + pull[0], start / 3 + end * 2 / 3 + pull[1], end]
    weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
    path = np.sum([w * k for w, k in zip(weights, knots, strict=True)], axis=0)
    thick = float(rng.uniform(1.5, 9))
    line = Stroke(path, np.full(len(path), thick))
    above = thick * float(rng.choice([rng.uniform(0.3, 1), rng.uniform(1, 5)]))
    lay(scene, rng, [line], varied(rng, pick(rng, _WIRE), 0.2), height_px=above, rounded=1.5)


def grass(scene: Scene, rng: np.random.Generator) -> None:
    """Tufts of grass or weeds, many of them coming in from the border."""
    height, width = scene.shape
    for _ in range(int(rng.integers(1, 4))):
        root = _place(scene, rng)
        if rng.random() < 0.6:
            root[int(rng.integers(2))] = rng.choice([0.0, float(min(height, width))])
        reach = float(rng.uniform(15, 90))
        heading = float(rng.uniform(0, 2 * np.pi))
        for colour in _GRASS:
            blades = []
            for _ in range(int(rng.integers(4, 14))):
                foot = root + rng.normal(0, reach * 0.2, 2)
                angle, own = heading + rng.normal(0, 0.9), reach * rng.uniform(0.4, 1.2)
                path = _bow(rng, foot, float(angle), float(own), 0.8, 14)
                blades.append(Stroke(path, np.linspace(rng.uniform(1.5, 4.5), 0.5, 14)))
            lay(scene, rng, blades, varied(rng, colour, 0.3), height_px=2.5, rounded=0.5)


def pebbles(scene: Scene, rng: np.random.Generator) -> None:
    """Loose grit and pebbles."""
    size = float(rng.uniform(1.5, 6))
    for _ in range(2):
        lumps = []
        for _ in range(int(rng.integers(5, 40))):
            own = size * float(rng.lognormal(0, 0.4))
            path = _bow(rng, _place(scene, rng), float(rng.uniform(0, 6.28)), own, 0.6, 5)
            lumps.append(Stroke(path, own * np.array([0.55, 0.9, 1.0, 0.85, 0.5])))
        colour = varied(rng, (0.55, 0.52, 0.48), 0.4)
        lay(scene, rng, lumps, colour, height_px=0.4 * size, rounded=1.2)


def ledge(scene: Scene, rng: np.random.Generator) -> None:
    """The slab ends: beyond a chipped edge lies other ground, lower and in the slab's shade."""
    height, width = scene.shape
    angle = float(rng.choice([0.0, 0.5, 1.0, 1.5]) * np.pi + rng.normal(0, 0.15))
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    across = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    across = across - np.float32(rng.uniform(0.22, 0.46) * min(scene.shape))
    chipped = fractal_noise(rng, scene.shape, 60, 3, gain=0.7) * np.float32(rng.uniform(0.3, 3))
    inside = across + chipped  # positive beyond the edge
    beyond = soft_step(inside, 0.0, 0.7)
    texture = 1 + np.float32(rng.uniform(0.02, 0.12)) * fractal_noise(rng, scene.shape, 50, 2)
    lip = np.exp(-0.5 * ((inside + 1.5) / float(rng.uniform(1, 4))) ** 2)
    scene.shade(np.asarray(1 + float(rng.uniform(0, 0.3)) * lip, np.float32))
    scene.blend(beyond, tinted(texture, varied(rng, pick(rng, _BEYOND), 0.3)))
    reach = float(rng.lognormal(1.6, 0.6))
    shade = beyond * np.exp(-np.clip(inside, 0, None) / reach)
    scene.shade(np.asarray(1 - float(rng.uniform(0.3, 0.85)) * shade, np.float32))
    scene.hidden |= inside > 0


def litter(scene: Scene, rng: np.random.Generator) -> None:
    """Scraps of paper or plastic: creased, torn, pale or coloured."""
    for _ in range(int(rng.integers(1, 4))):
        own = float(rng.uniform(8, 50))
        start, angle = _place(scene, rng), float(rng.uniform(0, 2 * np.pi))
        path = _bow(rng, start, angle, own, 0.3, 9)
        width = own * float(rng.uniform(0.4, 0.9)) * rng.uniform(0.7, 1.0, 9)
        colour = varied(rng, pick(rng, _LITTER), 0.1)
        cover = lay(scene, rng, [Stroke(path, width)], colour, height_px=1.5, rounded=0.3)
        crease = fractal_noise(rng, scene.shape, 14, 3, gain=0.7)
        scene.shade(np.asarray(1 + 0.25 * cover * emboss(crease, scene.light) * 2, np.float32))
