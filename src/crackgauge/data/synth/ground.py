"""Distractors that belong to the surface: they are painted before the cracks, which cut them."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.noise import (
    Field,
    blurred,
    fractal_noise,
    grain,
    smooth_noise,
    soft_step,
)
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted
from crackgauge.data.synth.steel import rust_spots
from crackgauge.data.synth.strokes import Stroke, coverage
from crackgauge.data.synth.weathering import ragged

_MARKING: tuple[Colour, ...] = (
    (0.82, 0.82, 0.80),
    (0.74, 0.74, 0.72),
    (0.80, 0.66, 0.25),
    (0.78, 0.36, 0.38),
)


def line_frame(
    scene: Scene, rng: np.random.Generator, *, spread: float = 0.08
) -> tuple[Field, Field]:
    """Signed distance (H, W) to a straight line, near an axis for small spreads, and along it."""
    height, width = scene.shape
    angle = float(rng.choice([0.0, np.pi / 2]) + rng.normal(0, spread))
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5 - width * float(rng.uniform(0.1, 0.9))
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5 - height * float(rng.uniform(0.1, 0.9))
    across = x * np.float32(np.sin(angle)) - y * np.float32(np.cos(angle))
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    return across, along


def _blob(scene: Scene, rng: np.random.Generator, radius: float, wander: float) -> Field:
    """Signed distance, positive inside, of a round spot with a wavy border."""
    height, width = scene.shape
    x = np.arange(width, dtype=np.float32)[None, :] - width * float(rng.uniform(0, 1))
    y = np.arange(height, dtype=np.float32)[:, None] - height * float(rng.uniform(0, 1))
    squash = float(rng.uniform(0.6, 1.6))
    field = radius - np.hypot(x * squash, y / squash)
    return np.asarray(
        field + wander * radius * fractal_noise(rng, scene.shape, max(radius, 8.0), 3), np.float32
    )


def joint(scene: Scene, rng: np.random.Generator) -> None:
    """A straight joint, sawn, formed or filled; sometimes crossed by a second one."""
    half = float(rng.uniform(0.8, 5.0))
    kind = rng.random()
    depth = float(rng.uniform(0.25, 0.85))
    for _ in range(1 if rng.random() < 0.75 else 2):
        across, _ = line_frame(scene, rng)
        across = across + float(rng.uniform(0, 0.5)) * smooth_noise(rng, scene.shape, 25.0)
        gap = np.clip(half + 0.5 - np.abs(across), 0, 1)
        uneven = np.clip(0.85 + 0.25 * fractal_noise(rng, scene.shape, 50, 3), 0.2, 1.1)
        if kind < 0.6:
            alpha = np.clip(gap * depth * uneven, 0, 0.95)
            scene.paint(np.asarray(alpha, np.float32), (0.08, 0.08, 0.08))
        else:
            colour = (0.13, 0.13, 0.135) if kind < 0.8 else (0.5, 0.49, 0.46)
            alpha = np.clip(gap * (0.4 + 0.6 * depth) * uneven, 0, 1)
            scene.paint(np.asarray(alpha, np.float32), colour)
        worn = np.exp(-0.5 * ((np.abs(across) - half - 1) / 1.5) ** 2)
        scene.shade(np.asarray(1 + float(rng.uniform(-0.12, 0.12)) * worn, np.float32))
        dirty = np.exp(-np.abs(across) / (4 * half)) * uneven
        scene.shade(np.asarray(1 - float(rng.uniform(0, 0.12)) * dirty, np.float32))


def stain(scene: Scene, rng: np.random.Generator) -> None:
    """Drops and blots of oil or damp."""
    for _ in range(int(rng.integers(1, 7))):
        radius = float(rng.lognormal(2.6, 0.7))
        inside = _blob(scene, rng, radius, float(rng.uniform(0.1, 0.35)))
        cover = soft_step(inside, 0.0, float(rng.uniform(0.08, 0.5)) * radius)
        scene.shade(1 - np.float32(rng.uniform(0.08, 0.45)) * cover)


def water_stain(scene: Scene, rng: np.random.Generator) -> None:
    """Where water ran down or stood: damp tongues, a dark tide mark, lime along the border."""
    coarse = float(rng.uniform(40, 160))
    field = fractal_noise(rng, scene.shape, coarse, 3, stretch=(float(rng.uniform(1, 6)), 1.0))
    field += 1.2 * smooth_noise(rng, scene.shape, 250.0)  # some parts stay dry
    damp = soft_step(field, float(rng.uniform(0.4, 1.6)), float(rng.uniform(0.1, 0.9)))
    fading = np.clip(0.7 + 0.4 * fractal_noise(rng, scene.shape, 90, 6), 0.1, 1)
    scene.shade(np.asarray(1 - float(rng.uniform(0.06, 0.28)) * damp * fading, np.float32))
    border = np.asarray(4 * damp * (1 - damp) * fading, np.float32)
    if rng.random() < 0.5:
        scene.shade(1 - np.float32(rng.uniform(0.05, 0.25)) * border)
    else:
        lime = border * np.clip(0.6 + 0.5 * smooth_noise(rng, scene.shape, 20.0), 0, 1)
        scene.paint(np.asarray(0.35 * lime, np.float32), (0.78, 0.77, 0.74))


def patch(scene: Scene, rng: np.random.Generator) -> None:
    """A repaired rectangle of another tone, often with a seam around it."""
    across, _ = line_frame(scene, rng, spread=0.04)
    across = across + smooth_noise(rng, scene.shape, 60.0)
    half = float(rng.uniform(25, 160))
    inside = half - np.abs(across)
    cover = soft_step(inside, 0.0, 0.8)
    tone = float(rng.uniform(0.72, 1.2))
    texture = 1 + np.float32(rng.uniform(0.01, 0.05)) * grain(rng, scene.shape, 0.9)
    scene.shade(1 + cover * (tone * texture - 1))
    if rng.random() < 0.5:
        seam = np.exp(-0.5 * (inside / float(rng.uniform(0.8, 2.5))) ** 2)
        patchy = np.clip(0.6 + 0.5 * smooth_noise(rng, scene.shape, 30.0), 0, 1)
        scene.shade(np.asarray(1 - float(rng.uniform(0.1, 0.5)) * seam * patchy, np.float32))


def lane_marking(scene: Scene, rng: np.random.Generator) -> None:
    """A painted stripe, solid or dashed, worn down to the surface in places."""
    across, along = line_frame(scene, rng, spread=0.35)
    half = float(rng.uniform(6, 45))
    rough = 0.6 * fractal_noise(rng, scene.shape, 12, 2)
    cover = soft_step(half - np.abs(across) + rough, 0.0, 0.8)
    if rng.random() < 0.35:
        period = float(rng.uniform(150, 400))
        dash = np.abs((along + rng.uniform(0, period)) % period - period / 2)
        cover = cover * soft_step(0.3 * period - dash + rough, 0.0, 0.8)
    wear = ragged(rng, scene.shape, float(rng.uniform(6, 40)), float(rng.uniform(0.05, 0.6)))
    texture = 1 + np.float32(0.04) * grain(rng, scene.shape, 1.0)
    colour = pick(rng, _MARKING)
    alpha = cover * (1 - 0.85 * wear) * float(rng.uniform(0.5, 0.95))
    scene.blend(np.asarray(alpha, np.float32), tinted(texture, colour))


def tyre_mark(scene: Scene, rng: np.random.Generator) -> None:
    """A dark curved band of rubber with streaks along it."""
    across, along = line_frame(scene, rng, spread=0.5)
    bend = float(rng.normal(0, 0.0006))
    across = across + bend * along**2
    half = float(rng.uniform(8, 40))
    band = soft_step(half - np.abs(across), 0.0, half * 0.4)
    phase = across / half * float(rng.uniform(4, 12))
    streaks = 0.65 + 0.35 * np.sin(phase + smooth_noise(rng, scene.shape, 80.0))
    patchy = np.clip(0.7 + 0.35 * fractal_noise(rng, scene.shape, 90, 2), 0, 1.2)
    factor = 1 - float(rng.uniform(0.08, 0.4)) * band * streaks * patchy
    scene.shade(np.asarray(factor, np.float32))


def scratch(scene: Scene, rng: np.random.Generator) -> None:
    """Thin light or dark scores: straight or slightly bent, many at about the same angle."""
    height, width = scene.shape
    heading = float(rng.uniform(0, np.pi))
    lines = []
    for _ in range(int(rng.integers(1, 9))):
        angle = heading + rng.normal(0, 0.25)
        reach = float(rng.uniform(0.08, 0.7)) * max(scene.shape)
        t = np.linspace(-0.5, 0.5, 40)
        bend = rng.normal(0, 0.06) * reach
        x = rng.uniform(0, width) + reach * t * np.cos(angle) - bend * t**2 * np.sin(angle)
        y = rng.uniform(0, height) + reach * t * np.sin(angle) + bend * t**2 * np.cos(angle)
        thick = float(rng.uniform(0.6, 2.2)) * (1 - 0.8 * np.abs(2 * t) ** 3)
        lines.append(Stroke(np.stack([x, y], axis=1), thick))
    cover = coverage(lines, scene.shape, supersample=3)
    broken = np.clip(0.6 + 0.6 * smooth_noise(rng, scene.shape, 10.0), 0, 1)
    alpha = np.asarray(cover * broken * float(rng.uniform(0.2, 0.7)), np.float32)
    light = rng.random() < (0.75 if scene.surface != "steel" else 0.5)
    scene.paint(alpha, (0.80, 0.79, 0.77) if light else (0.15, 0.14, 0.13))


def rust(scene: Scene, rng: np.random.Generator) -> None:
    """Rust spots and the runs below them."""
    rust_spots(scene, rng)


def sand(scene: Scene, rng: np.random.Generator) -> None:
    """Sand blown over the surface, thick in some places."""
    field = fractal_noise(rng, scene.shape, 150, 2, gain=0.7)
    cover = soft_step(field, float(rng.uniform(0, 1.2)), 0.9) * np.float32(rng.uniform(0.15, 0.6))
    texture = 1 + np.float32(0.06) * blurred(grain(rng, scene.shape, 0.5), 0.5)
    scene.blend(cover, tinted(texture, (0.55, 0.50, 0.42)))
