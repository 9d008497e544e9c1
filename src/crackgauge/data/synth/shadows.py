"""Shadows that fall on the surface from outside the picture, sharp or soft."""

from __future__ import annotations

import numpy as np

from crackgauge.data.synth.ground import line_frame
from crackgauge.data.synth.networks import Character, fractal_path
from crackgauge.data.synth.noise import Field, blurred, soft_step
from crackgauge.data.synth.scene import Scene
from crackgauge.data.synth.strokes import Stroke, coverage


def _cast(scene: Scene, rng: np.random.Generator, shade: Field) -> None:
    """Darken the light map; `shade` is 1 in the full shadow."""
    scene.light_map *= 1 - np.float32(rng.triangular(0.1, 0.35, 0.62)) * np.clip(shade, 0, 1)


def edge_shadow(scene: Scene, rng: np.random.Generator) -> None:
    """The shadow of a wall or a parapet over part of the picture."""
    across, _ = line_frame(scene, rng, spread=0.6)
    _cast(scene, rng, soft_step(across, 0.0, float(rng.lognormal(1.5, 0.9))))


def pole_shadow(scene: Scene, rng: np.random.Generator) -> None:
    """The shadow of a pole or a cable, wider and softer towards its top."""
    across, along = line_frame(scene, rng, spread=0.6)
    half = float(rng.uniform(2, 30))
    soft = np.clip(float(rng.uniform(1.5, 7)) + 0.01 * along, 0.7, 12)
    ramp = np.clip((half - np.abs(across)) / (2 * soft) + 0.5, 0, 1)
    _cast(scene, rng, np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32))


def railing_shadow(scene: Scene, rng: np.random.Generator) -> None:
    """The shadow of a railing: even bars, and a rail across them."""
    across, along = line_frame(scene, rng, spread=0.5)
    pitch, half = float(rng.uniform(28, 110)), float(rng.uniform(2, 9))
    soft = float(rng.uniform(0.8, 5))
    lean = float(rng.normal(0, 0.3))
    at = (along + lean * across + rng.uniform(0, pitch)) % pitch - pitch / 2
    bars = soft_step(half - np.abs(at), 0.0, soft)
    rail = soft_step(1.5 * half - np.abs(across), 0.0, soft)
    _cast(scene, rng, np.maximum(bars * (across > 0), rail))


def branch_shadow(scene: Scene, rng: np.random.Generator) -> None:
    """The shadow of branches and leaves: thin lines and blots, out of focus."""
    height, width = scene.shape
    lines = []
    for _ in range(int(rng.integers(1, 4))):
        start = rng.uniform(-0.1, 1.1, 2) * (width, height)
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.1) * max(scene.shape)
        end = start + reach * np.array([np.cos(angle), np.sin(angle)])
        path = fractal_path(rng, start, end, Character(6.0, 0.06, 0.3, 0.0))
        lines.append(Stroke(path, np.linspace(rng.uniform(7, 18), 3.0, len(path))))
        for _ in range(int(rng.integers(3, 10))):
            foot = path[int(rng.integers(len(path)))]
            turn = angle + rng.choice([-1, 1]) * rng.uniform(0.3, 1.1)
            tip = foot + rng.uniform(20, 120) * np.array([np.cos(turn), np.sin(turn)])
            twig = fractal_path(rng, foot, tip, Character(3.0, 0.06, 0.3, 0.0))
            lines.append(Stroke(twig, np.linspace(5.0, 2.0, len(twig))))
            for _ in range(int(rng.integers(2, 12))):
                at = twig[int(rng.integers(len(twig)))] + rng.normal(0, 9, 2)
                way = rng.normal(0, 7, 2) + 0.1
                lines.append(Stroke(np.stack([at, at + way]), rng.uniform(5, 14, 2)))
    shade = coverage(lines, scene.shape, supersample=1)
    _cast(scene, rng, blurred(shade, float(rng.uniform(2.5, 7.0))))
