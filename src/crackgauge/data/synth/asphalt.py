"""Asphalt: light and dark aggregate in a dark binder, worn to any degree."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.noise import blurred, emboss, grain, smooth_noise, soft_step, stones
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted, varied
from crackgauge.data.synth.weathering import mottling, weather

_BINDER: tuple[Colour, ...] = (
    (0.36, 0.36, 0.37),
    (0.46, 0.46, 0.46),
    (0.29, 0.30, 0.32),
    (0.48, 0.47, 0.44),
    (0.40, 0.42, 0.45),
    (0.52, 0.51, 0.50),
    (0.38, 0.35, 0.33),
)


def asphalt(rng: np.random.Generator, shape: tuple[int, int], light: tuple[float, float]) -> Scene:
    """Paint a bare asphalt surface of (H, W)."""
    base = varied(rng, pick(rng, _BINDER), 0.15)
    near = float(rng.beta(1.2, 2.2))  # 0: seen from far, the stones are a fine grain; 1: close up
    tone = mottling(rng, shape, float(rng.uniform(0.008, 0.03)))
    scene = Scene(tinted(tone, base), light, "asphalt")
    strength = float(rng.uniform(0.35, 1.0))
    for spacing in (1.6 + 1.2 * near, 3.0 + 5.0 * near, 6.0 + 9.0 * near):
        _aggregate(scene, rng, spacing, strength)
    height = grain(rng, shape, 0.8 + 1.6 * near) + 0.8 * grain(rng, shape, 1.6 + 3.5 * near)
    slope = emboss(height, light)
    scene.shade(1 + np.float32(rng.uniform(0.05, 0.22)) * slope)
    if rng.random() < 0.3:  # wheel paths: polished or bleeding bands
        across = (12.0 * shape[0], 90.0) if rng.random() < 0.5 else (90.0, 12.0 * shape[1])
        band = smooth_noise(rng, shape, across)
        scene.shade(1 + np.float32(rng.uniform(0.02, 0.06)) * band)
    weather(scene, rng, float(rng.uniform(0.0, 0.8)))
    return scene


def _aggregate(scene: Scene, rng: np.random.Generator, spacing_px: float, strength: float) -> None:
    """Stones about `spacing_px` apart, some bare and light, some dark, most coated."""
    label, distance, count = stones(rng, scene.shape, spacing_px)
    radius = spacing_px * rng.uniform(0.2, 0.62, count).astype(np.float32)
    level = rng.normal(0, 0.13, count).astype(np.float32)
    bare = rng.random(count) < rng.uniform(0.02, 0.16)
    level[bare] += rng.uniform(0.1, 0.55, int(bare.sum())).astype(np.float32)
    pits = rng.random(count) < 0.06
    level[pits] -= 0.3
    warm = rng.normal(0, 0.015, count).astype(np.float32)
    cover = soft_step(radius[label] - distance, 0.0, 0.6)
    tone = blurred(cover * level[label], 0.5) * np.float32(strength)
    hue = cover * warm[label] * np.float32(strength)
    scene.canvas[..., 0] *= 1 + tone + hue
    scene.canvas[..., 1] *= 1 + tone
    scene.canvas[..., 2] *= 1 + tone - hue
