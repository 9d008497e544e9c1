"""Concrete: mottled cement skin with pores, formwork lines, broom strokes, bare sand."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.noise import (
    Field,
    emboss,
    fractal_noise,
    grain,
    smooth_noise,
    soft_step,
    standardised,
    stones,
)
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted, varied
from crackgauge.data.synth.weathering import mottling, relief_tone, weather

_CEMENT: tuple[Colour, ...] = (
    (0.47, 0.46, 0.44),
    (0.40, 0.40, 0.39),
    (0.31, 0.32, 0.33),
    (0.45, 0.40, 0.34),
    (0.42, 0.37, 0.34),
    (0.48, 0.45, 0.36),
    (0.36, 0.37, 0.33),
    (0.62, 0.61, 0.59),
    (0.70, 0.69, 0.66),
    (0.55, 0.53, 0.55),
    (0.66, 0.58, 0.48),
)


def concrete(rng: np.random.Generator, shape: tuple[int, int], light: tuple[float, float]) -> Scene:
    """Paint a bare concrete surface of (H, W)."""
    base = varied(rng, pick(rng, _CEMENT), 0.18)
    tone = mottling(rng, shape, float(rng.uniform(0.015, 0.075)))
    scene = Scene(tinted(tone, base), light, "concrete")
    rough = float(rng.uniform(0.2, 1.0))
    scene.shade(
        1 + np.float32(0.045 * rough) * relief_tone(rng, shape, float(rng.uniform(0.6, 1.4)))
    )
    height = fractal_noise(rng, shape, 24, 2, gain=0.75)
    scene.shade(1 + np.float32(rng.uniform(0.05, 0.3) * rough) * emboss(height, light))
    for chance, finish in ((0.3, _formwork), (0.2, _broom), (0.25, _sand)):
        if rng.random() < chance:
            finish(scene, rng)
    if rng.random() < 0.7:
        _pores(scene, rng)
    weather(scene, rng, float(rng.uniform(0.1, 1.0)))
    return scene


def _along(scene: Scene, upright: bool) -> tuple[Field, Field]:
    """Coordinates across and along the boards, in px, broadcastable to (H, W)."""
    y = np.arange(scene.shape[0], dtype=np.float32)[:, None] + 0.5
    x = np.arange(scene.shape[1], dtype=np.float32)[None, :] + 0.5
    return (x, y) if upright else (y, x)


def _formwork(scene: Scene, rng: np.random.Generator) -> None:
    """Prints of boards or panels: a tone to each, thin ridges between, wood grain, tie holes."""
    upright = bool(rng.random() < 0.5)
    across, along = _along(scene, upright)
    board = float(rng.uniform(40, 220))
    lean = float(rng.normal(0, 0.01))
    at = (across + lean * along + rng.uniform(0, board)) / board
    number = np.floor(at).astype(int)
    levels = rng.normal(1, 0.03, int(number.max()) + 2).astype(np.float32)
    scene.shade(np.broadcast_to(levels[number], scene.shape))
    if rng.random() < 0.6:
        stretch = (30.0, 1.0) if upright else (1.0, 30.0)
        wood = fractal_noise(rng, scene.shape, 14, 1.4, gain=0.8, stretch=stretch)
        scene.shade(1 + np.float32(rng.uniform(0.005, 0.03)) * wood)
    distance = (at - np.round(at)) * board + 0.5 * smooth_noise(rng, scene.shape, 20.0)
    width = float(rng.uniform(0.7, 2.2))
    patchy = np.clip(0.7 + 0.5 * smooth_noise(rng, scene.shape, 40.0), 0.1, 1)
    line = np.exp(-0.5 * (distance / width) ** 2) * patchy
    lit = np.exp(-0.5 * ((distance - 1.6 * width) / width) ** 2) * patchy
    depth = float(rng.uniform(0.05, 0.4))
    scene.shade(np.asarray(1 - depth * line + 0.4 * depth * lit, np.float32))
    if rng.random() < 0.5:
        _tie_holes(scene, rng, board, upright)


def _tie_holes(scene: Scene, rng: np.random.Generator, board: float, upright: bool) -> None:
    across, along = _along(scene, upright)
    radius = float(rng.uniform(3, 8))
    pitch = float(rng.uniform(90, 200))
    a = (across + rng.uniform(0, board)) % max(board, 80.0) - 40
    b = (along + rng.uniform(0, pitch)) % pitch - pitch / 2
    distance = np.hypot(a, b) - radius
    scene.shade(1 - np.float32(rng.uniform(0.2, 0.6)) * soft_step(-distance, 0.0, 1.0))
    rim = np.exp(-0.5 * ((distance - 1.5) / 1.2) ** 2)
    scene.shade(np.asarray(1 + 0.12 * rim, np.float32))


def _broom(scene: Scene, rng: np.random.Generator) -> None:
    """Fine parallel strokes of a broom, a little curved."""
    stretch = (60.0, 1.0) if rng.random() < 0.5 else (1.0, 60.0)
    strokes = fractal_noise(rng, scene.shape, 8, 1.2, gain=0.9, stretch=stretch)
    scene.shade(1 + np.float32(rng.uniform(0.015, 0.07)) * strokes)


def _sand(scene: Scene, rng: np.random.Generator) -> None:
    """Washed-out sand and pebbles."""
    spacing = float(rng.uniform(3, 10))
    label, distance, count = stones(rng, scene.shape, spacing)
    level = rng.normal(0.02, 0.14, count).astype(np.float32)
    radius = spacing * rng.uniform(0.15, 0.5, count).astype(np.float32)
    where = soft_step(fractal_noise(rng, scene.shape, 120, 8), 0.0, 0.8)
    cover = soft_step(radius[label] - distance, 0.0, 0.7) * where
    scene.shade(1 + cover * level[label])


def _pores(scene: Scene, rng: np.random.Generator) -> None:
    """Bug holes: round dark pits of all sizes, lit on the far rim, more of them here than there."""
    crowd = standardised(smooth_noise(rng, scene.shape, 90.0))
    for size, spacing in ((0.8, 10.0), (1.5, 22.0), (2.8, 55.0)):
        label, distance, count = stones(rng, scene.shape, spacing * float(rng.uniform(0.8, 2.0)))
        radius = size * rng.lognormal(0, 0.35, count).astype(np.float32)
        radius[rng.random(count) < 0.5] = -9
        depth = np.float32(rng.uniform(0.15, 0.55))
        pit = soft_step(radius[label] - distance, 0.0, 0.7) * soft_step(crowd, 0.0, 1.0)
        scene.shade(1 - depth * pit)
        scene.shade(1 + np.float32(0.5) * depth * np.maximum(-emboss(pit, scene.light), 0))
    scene.shade(1 + np.float32(0.01) * grain(rng, scene.shape, 0.6))
