"""What time does to mineral surfaces: mottling, grime, worn patches, streaks, specks."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.noise import (
    Field,
    Shape,
    fractal_noise,
    grain,
    smooth_noise,
    soft_step,
    standardised,
)
from crackgauge.data.synth.scene import Scene, pick

_GRIME = ((0.20, 0.20, 0.19), (0.19, 0.17, 0.14), (0.22, 0.24, 0.20))
_BLOOM = ((0.66, 0.62, 0.56), (0.72, 0.72, 0.71), (0.60, 0.56, 0.50))


def mottling(rng: np.random.Generator, shape: Shape, strength: float) -> Field:
    """A tone about 1 that varies at every scale from 64 to 2 px by about `strength`."""
    field = fractal_noise(rng, shape, 64, 2, gain=float(rng.uniform(0.7, 0.95)))
    field = field + np.float32(rng.uniform(0.05, 0.35)) * (
        field * field - 1
    )  # light spots stand out
    return np.asarray(1 + strength * field, np.float32)


def weather(scene: Scene, rng: np.random.Generator, amount: float) -> None:
    """Paint a chance selection of traces; `amount` 0 (new) to 1 (old)."""
    if rng.random() < amount:
        _patches(scene, rng, worn=False)
    for _ in range(2):
        if rng.random() < 0.7 * amount:
            _patches(scene, rng, worn=True)
    if rng.random() < 0.3 * amount:
        _streaks(scene, rng)
    _tint(scene, rng)
    _specks(scene, rng, amount)


def ragged(rng: np.random.Generator, shape: Shape, coarse_px: float, share: float) -> Field:
    """A cover in [0, 1] with ragged borders over about `share` of the picture."""
    field = fractal_noise(rng, shape, coarse_px, 2, gain=float(rng.uniform(0.6, 0.8)))
    threshold = float(np.quantile(field[::4, ::4], 1 - share))
    return soft_step(field, threshold, float(rng.uniform(0.15, 0.6)))


def _patches(scene: Scene, rng: np.random.Generator, *, worn: bool) -> None:
    cover = ragged(rng, scene.shape, float(rng.uniform(40, 220)), float(rng.uniform(0.08, 0.5)))
    strength = float(rng.uniform(0.08, 0.4))
    if worn and rng.random() < 0.6:
        # Flakes: the coarse pattern holds where small spots may be light.
        cover = cover * ragged(rng, scene.shape, float(rng.uniform(5, 14)), 0.35)
        strength = float(rng.uniform(0.15, 0.5))
    colour = pick(rng, _BLOOM if worn else _GRIME)
    # Half its own tone, half the colour of the trace: the texture beneath stays visible.
    own = scene.canvas * np.float32(1.35 if worn else 0.6)
    target = np.float32(0.5) * (own + np.asarray(colour, np.float32))
    scene.blend(np.asarray(strength * cover, np.float32), target)


def _streaks(scene: Scene, rng: np.random.Generator) -> None:
    long = float(rng.uniform(6, 25))
    stretch = (long, 1.0) if rng.random() < 0.75 else (1.0, long)
    field = fractal_noise(
        rng, scene.shape, float(rng.uniform(10, 40)), 2, gain=0.8, stretch=stretch
    )
    scene.shade(np.asarray(1 + float(rng.uniform(0.02, 0.08)) * field, np.float32))


def _tint(scene: Scene, rng: np.random.Generator) -> None:
    warmth = smooth_noise(rng, scene.shape, float(rng.uniform(50, 200)))
    warmth += 0.5 * smooth_noise(rng, scene.shape, 12.0)
    warmth *= np.float32(rng.uniform(0.002, 0.011))
    scene.canvas[..., 0] *= 1 + warmth
    scene.canvas[..., 2] *= 1 - warmth


def _specks(scene: Scene, rng: np.random.Generator, amount: float) -> None:
    """Grit: small light (and fewer dark) spots, gathered here and there."""
    for light, most in ((True, 0.03), (False, 0.005)):
        size = float(rng.uniform(0.7, 1.7))
        field = grain(rng, scene.shape, size)
        field += 0.6 * smooth_noise(rng, scene.shape, 40.0)
        share = most * float(rng.uniform(0.05, 0.3 + amount))
        threshold = float(np.quantile(field[::3, ::3], 1 - share))
        cover = soft_step(field, threshold, 0.25) * np.float32(rng.uniform(0.2, 0.7))
        scene.paint(cover, (0.75, 0.73, 0.70) if light else (0.12, 0.11, 0.10))


def relief_tone(rng: np.random.Generator, shape: Shape, scale_px: float) -> Field:
    """Fine roughness of unit deviation: two octaves of blurred white noise."""
    field = grain(rng, shape, scale_px) + 0.7 * grain(rng, shape, 2 * scale_px)
    return standardised(field)
