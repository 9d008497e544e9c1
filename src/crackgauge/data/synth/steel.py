"""Painted steel: smooth and glossy, with welds, rivets, plate edges, rust."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.noise import (
    Field,
    blurred,
    emboss,
    fractal_noise,
    grain,
    smooth_noise,
    soft_step,
)
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted, varied
from crackgauge.data.synth.weathering import ragged

_PAINT: tuple[Colour, ...] = (
    (0.55, 0.57, 0.58),
    (0.40, 0.43, 0.45),
    (0.68, 0.69, 0.67),
    (0.36, 0.46, 0.40),
    (0.45, 0.53, 0.60),
    (0.70, 0.65, 0.50),
    (0.48, 0.28, 0.23),
    (0.30, 0.33, 0.36),
    (0.74, 0.74, 0.73),
)
_RUST: tuple[Colour, ...] = ((0.36, 0.24, 0.16), (0.30, 0.19, 0.13), (0.45, 0.32, 0.21))


def steel(rng: np.random.Generator, shape: tuple[int, int], light: tuple[float, float]) -> Scene:
    """Paint a painted steel surface of (H, W)."""
    base = varied(rng, pick(rng, _PAINT), 0.15)
    peel = fractal_noise(rng, shape, 10, 2, gain=0.7)
    tone = 1 + np.float32(rng.uniform(0.02, 0.12)) * emboss(peel, light)
    tone += np.float32(rng.uniform(0.004, 0.02)) * fractal_noise(rng, shape, 120, 8)
    tone += np.float32(rng.uniform(0.002, 0.012)) * grain(rng, shape, 0.6)
    scene = Scene(tinted(tone, base), light, "steel")
    for chance, part in ((0.35, _plate_edge), (0.35, _weld), (0.35, _rivets)):
        if rng.random() < chance:
            part(scene, rng)
    if rng.random() < 0.45:
        _dirt(scene, rng)
    if rng.random() < 0.35:
        rust_spots(scene, rng)
    _gloss(scene, rng)
    return scene


def _line_frame(scene: Scene, rng: np.random.Generator) -> tuple[Field, Field]:
    """Signed distance (H, W) to a straight line through the picture, and the way along it."""
    height, width = scene.shape
    angle = float(rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.08))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x += 0.5 - width * float(rng.uniform(0.15, 0.85))
    y += 0.5 - height * float(rng.uniform(0.15, 0.85))
    across = np.asarray(x * np.sin(angle) - y * np.cos(angle), np.float32)
    return across, np.asarray(x * np.cos(angle) + y * np.sin(angle), np.float32)


def _plate_edge(scene: Scene, rng: np.random.Generator) -> None:
    """A lapped plate: another tone beyond a sharp edge that throws a narrow shadow."""
    across, _ = _line_frame(scene, rng)
    beyond = soft_step(across, 0.0, 0.6)
    scene.shade(1 + np.float32(rng.normal(0, 0.08)) * beyond)
    reach = float(rng.uniform(2, 14))
    shadow = soft_step(across, 0.0, 0.8) * (1 - soft_step(across, reach, reach * 0.6))
    scene.shade(1 - np.float32(rng.uniform(0.15, 0.6)) * shadow)
    glint = np.exp(-0.5 * ((across + 1.5) / 1.0) ** 2)
    scene.shade(np.asarray(1 + float(rng.uniform(0, 0.25)) * glint, np.float32))


def _weld(scene: Scene, rng: np.random.Generator) -> None:
    """A weld seam: a rounded bead with crescent ripples."""
    across, along = _line_frame(scene, rng)
    half = float(rng.uniform(6, 16))
    across = across + smooth_noise(rng, scene.shape, 40.0)
    u = across / half
    dome = np.sqrt(np.clip(1 - u**2, 0, 1))
    pitch = float(rng.uniform(4, 9))
    phase = (along + 0.35 * half * u**2 + smooth_noise(rng, scene.shape, 12.0)) / pitch
    ripple = np.sin(2 * np.pi * phase) * dome
    height = np.asarray(half * 0.6 * dome + 0.8 * ripple, np.float32)
    slope = emboss(blurred(height, 0.7), scene.light)
    scene.shade(np.clip(1 + np.float32(rng.uniform(0.12, 0.3)) * slope, 0.45, 1.6))


def _rivets(scene: Scene, rng: np.random.Generator) -> None:
    """One or two rows of round heads with a shaded side, a glint and a cast shadow."""
    across, along = _line_frame(scene, rng)
    radius = float(rng.uniform(7, 18))
    pitch = radius * float(rng.uniform(3.2, 6))
    rows = [0.0] if rng.random() < 0.5 else [-1.6 * radius, 1.6 * radius]
    height = np.zeros(scene.shape, np.float32)
    for row in rows:
        step = (along + rng.uniform(0, pitch)) % pitch - pitch / 2
        distance = np.hypot(across - row, step) / radius
        dome = np.sqrt(np.clip(1 - distance**2, 0, 1)) * radius * 0.7
        height = np.maximum(height, dome.astype(np.float32))
    shift = (-round(scene.light[0] * radius / 3), -round(scene.light[1] * radius / 3))
    cast = np.roll(height > 0, (shift[1], shift[0]), (0, 1)).astype(np.float32)
    scene.shade(1 - np.float32(0.35) * blurred(cast, 1.5) * (height <= 0))
    slope = emboss(blurred(height, 0.8), scene.light)
    scene.shade(np.clip(1 + np.float32(rng.uniform(0.2, 0.4)) * slope, 0.4, 1.7))


def _dirt(scene: Scene, rng: np.random.Generator) -> None:
    field = smooth_noise(rng, scene.shape, (float(rng.uniform(80, 250)), float(rng.uniform(5, 18))))
    field += fractal_noise(rng, scene.shape, 60, 4)
    cover = soft_step(field, 0.3, 1.5) * np.float32(rng.uniform(0.05, 0.3))
    scene.paint(cover, (0.25, 0.23, 0.20))


def rust_spots(scene: Scene, rng: np.random.Generator) -> None:
    """Rust breaking through: ragged brown spots with a paler halo and runs below them."""
    cover = ragged(rng, scene.shape, float(rng.uniform(20, 110)), float(rng.uniform(0.005, 0.08)))
    colour = pick(rng, _RUST)
    texture = 1 + np.float32(0.18) * fractal_noise(rng, scene.shape, 16, 2, gain=0.8)
    halo = blurred(cover, 5.0) * np.float32(0.35)
    below = np.zeros_like(cover)
    reach = int(rng.integers(20, 120))
    below[reach:] = blurred(cover, 2.0)[:-reach]
    runs = soft_step(smooth_noise(rng, scene.shape, (200.0, 3.0)), 0.6, 0.8) * below
    scene.paint(np.asarray(halo + 0.25 * runs, np.float32), colour)
    scene.blend(np.asarray(cover * 0.85, np.float32), tinted(texture, colour))


def _gloss(scene: Scene, rng: np.random.Generator) -> None:
    """Reflections: a soft highlight and faint bands of the surroundings."""
    height, width = scene.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(-0.2, 1.2, 2) * (width, height)
    spread = float(rng.uniform(0.15, 0.6)) * max(scene.shape)
    spot = np.exp(-0.5 * (np.hypot(x - cx, y - cy) / spread) ** 2)
    scene.canvas += np.float32(rng.uniform(0.0, 0.28)) * np.asarray(spot, np.float32)[..., None]
    bands = smooth_noise(rng, scene.shape, (float(rng.uniform(60, 300)), 160.0))
    scene.canvas += np.float32(rng.uniform(0, 0.03)) * bands[..., None]
