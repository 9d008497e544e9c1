"""How a crack looks: dark, darker inside, a lit edge, chipped sides, and what has filled it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from crackgauge.data.synth.noise import (
    Field,
    blurred,
    emboss,
    fractal_noise,
    smooth_noise,
    soft_step,
)
from crackgauge.data.synth.scene import Colour, Scene, pick, tinted
from crackgauge.data.synth.strokes import Stroke, coverage, resampled

FILLINGS = ("open", "dust", "moss", "sealant", "rust")
_DUST: tuple[Colour, ...] = ((0.55, 0.50, 0.42), (0.42, 0.38, 0.33), (0.62, 0.60, 0.56))
_MOSS: tuple[Colour, ...] = ((0.20, 0.24, 0.10), (0.26, 0.29, 0.14), (0.15, 0.17, 0.09))
_DEEP: Colour = (0.07, 0.07, 0.075)


def choose_filling(rng: np.random.Generator, surface: str) -> str:
    """A filling that suits the surface; most cracks are open."""
    if surface == "steel":
        return str(rng.choice(["open", "rust"], p=[0.55, 0.45]))
    return str(rng.choice(["open", "dust", "moss", "sealant"], p=[0.80, 0.09, 0.07, 0.04]))


def draw_cracks(
    scene: Scene,
    rng: np.random.Generator,
    strokes: Sequence[Stroke],
    *,
    filling: str,
    blur_px: float,
) -> Field:
    """Paint the cracks and return their exact cover of every pixel, float32 (H, W) in [0, 1].

    They are painted strongly enough to be seen through a camera that blurs by `blur_px`.
    """
    cover = coverage(strokes, scene.shape)
    if not cover.any():
        return cover
    before = _tone(scene)
    if scene.surface != "steel" or filling == "rust":
        _surround(scene, rng, strokes, filling)
    _chips(scene, rng, strokes)
    _edges(scene, rng, cover)
    if filling == "dust":
        _fill(scene, rng, cover, pick(rng, _DUST), float(rng.uniform(0.35, 0.8)))
    elif filling == "moss":
        _moss(scene, rng, strokes, cover)
    elif filling == "sealant":
        _fill(scene, rng, cover, (0.10, 0.10, 0.105), float(rng.uniform(0.8, 0.97)))
    else:
        _hollow(scene, rng, strokes, cover)
    _make_seen(scene, before, cover, blur_px, pale=filling == "dust")
    return cover


def _make_seen(scene: Scene, before: Field, cover: Field, blur_px: float, *, pale: bool) -> None:
    """Where a crack could not be told from its surround, strengthen it: its truth would be a lie.

    `before` is the tone (H, W) without the crack, `blur_px` what the camera will blur, which takes
    most from hairlines. In photographs with marked cracks, nine in ten are at least 0.14 darker
    than what is beside them, as a share of it.
    """
    weight = _around(cover) + np.float32(1e-4)
    tone = np.maximum(before, np.float32(0.02))
    change = 1 - _tone(scene) / tone  # positive where darker
    kept = _around(blurred(cover, blur_px) * cover) / weight
    seen = blurred(np.asarray(change, np.float32), blur_px) * cover
    local = _around(np.asarray(seen, np.float32)) / weight
    if not (cover >= 0.5).any():
        return
    beside = (_around(cover) > 0) & (cover == 0)
    rough = float((tone - blurred(tone, 6.0))[beside].std() / tone[beside].mean())
    # A filling of light dust may be lighter than the surface as a whole; nothing else is.
    way = -1 if float(change[cover >= 0.5].mean()) < -0.05 and pale else 1
    lacking = (max(0.2, 2.2 * rough) - way * local) / np.clip(kept, 0.2, 1)
    scene.shade(np.asarray(1 - way * cover * np.clip(lacking, 0, 0.75), np.float32))


def _tone(scene: Scene) -> Field:
    """Mean of the three colours."""
    return np.asarray(cv2.transform(scene.canvas, np.full((1, 3), 1 / 3)), np.float32)


def _around(field: Field) -> Field:
    """Mean over 35 x 35 px."""
    return np.asarray(cv2.boxFilter(field, -1, (35, 35), borderType=cv2.BORDER_REFLECT), np.float32)


def _hollow(
    scene: Scene, rng: np.random.Generator, strokes: Sequence[Stroke], cover: Field
) -> None:
    """The dark of the opening: deeper in the middle and where the crack is wide, never even."""
    depth = float(rng.triangular(0.15, 0.3, 0.85))
    uneven = 1 + 0.22 * smooth_noise(rng, scene.shape, 45.0)
    uneven += 0.12 * smooth_noise(rng, scene.shape, 7.0)
    wide = blurred(cover, 1.5)  # hairlines are shallower than gaping cracks
    alpha = cover * np.clip(depth * uneven * (0.62 + 0.5 * wide), 0.05, 0.97)
    scene.paint(np.asarray(alpha, np.float32), _DEEP)
    if max(float(stroke.widths_px.max()) for stroke in strokes) > 3:
        core = coverage([stroke.widened(0.55) for stroke in strokes], scene.shape, supersample=3)
        inside = core * wide * np.float32(depth * rng.uniform(0.1, 0.8))
        scene.paint(np.clip(inside, 0, 0.95), (0.03, 0.03, 0.035))
    if rng.random() < 0.3:  # crumbs caught in the opening
        crumbs = soft_step(fractal_noise(rng, scene.shape, 8, 2), 1.3, 0.3) * cover
        scene.paint(crumbs * np.float32(0.6), pick(rng, _DUST))


def _fill(
    scene: Scene, rng: np.random.Generator, cover: Field, colour: Colour, strength: float
) -> None:
    """Fill to the brim with something of one colour, leaving a dark line along the sides."""
    rim = np.clip(cover - blurred(cover, 1.2), 0, 1)
    texture = 1 + np.float32(0.12) * fractal_noise(rng, scene.shape, 24, 2, gain=0.8)
    patchy = np.clip(1 + 0.35 * smooth_noise(rng, scene.shape, 30.0), 0, 1.2)
    alpha = np.clip(cover * strength * patchy, 0, 1)
    scene.paint(cover * np.float32(0.3), _DEEP)
    scene.blend(np.asarray(alpha, np.float32), tinted(texture, colour))
    scene.paint(np.asarray(rim * 0.6, np.float32), _DEEP)


def _moss(scene: Scene, rng: np.random.Generator, strokes: Sequence[Stroke], cover: Field) -> None:
    """Moss in the opening, spilling over it in cushions."""
    scene.paint(cover * np.float32(0.75), _DEEP)
    around = _zone(scene, strokes, 1.5, 2.0)
    tufts = soft_step(fractal_noise(rng, scene.shape, 40, 2, gain=0.8), 0.5, 0.5)
    colour = pick(rng, _MOSS)
    texture = 1 + np.float32(0.3) * fractal_noise(rng, scene.shape, 6, 1.5, gain=0.8)
    alpha = np.maximum(blurred(around, 0.8) * tufts * 0.55, cover * 0.55)
    scene.blend(np.asarray(alpha, np.float32), tinted(texture, colour))


def _edges(scene: Scene, rng: np.random.Generator, cover: Field) -> None:
    """One side of the opening catches the light, the other is in the shade."""
    soft = blurred(cover, float(rng.uniform(0.5, 1.0)))
    reach = float(rng.uniform(0.8, 1.8))
    shift = np.array([[1, 0, -scene.light[0] * reach], [0, 1, -scene.light[1] * reach]])
    size = (scene.shape[1], scene.shape[0])
    lit = cv2.warpAffine(soft, shift, size, borderMode=cv2.BORDER_REFLECT)
    strength = float(rng.choice([rng.uniform(0, 0.15), rng.uniform(0.15, 0.7)], p=[0.65, 0.35]))
    broken = np.clip(0.6 + 0.6 * smooth_noise(rng, scene.shape, 14.0), 0, 1.4)
    edge = np.clip(lit - soft, 0, 1) * broken
    scene.shade(np.asarray(1 + strength * edge, np.float32))


def _chips(scene: Scene, rng: np.random.Generator, strokes: Sequence[Stroke]) -> None:
    """Spalled sides: here and there the skin has broken off beside the crack, leaving it pale."""
    if rng.random() < 0.4:
        return
    zone = _zone(scene, strokes, float(rng.uniform(1.5, 2.6)), 2.0)
    where = fractal_noise(rng, scene.shape, 30, 2, gain=0.85)
    where += 0.8 * smooth_noise(rng, scene.shape, 120.0)
    chip = blurred(zone, 1.0) * soft_step(where, float(rng.uniform(0.5, 1.6)), 0.25)
    tone = float(rng.uniform(-0.12, 0.28)) if scene.surface != "steel" else 0.15
    scene.shade(np.asarray(1 + tone * chip, np.float32))
    slope = emboss(blurred(chip, 0.7), scene.light)  # the broken skin's own little edge
    scene.shade(np.asarray(1 - float(rng.uniform(0.1, 0.6)) * slope, np.float32))


def _surround(
    scene: Scene, rng: np.random.Generator, strokes: Sequence[Stroke], filling: str
) -> None:
    """Damp, grime or bloom that has spread from the crack."""
    chance = rng.random()
    if filling != "rust" and chance < 0.45:
        return
    reach = float(rng.uniform(3, 14))
    zone = blurred(_zone(scene, strokes, 1.0, reach), reach / 2)
    zone = zone * np.clip(0.55 + 0.5 * fractal_noise(rng, scene.shape, 60, 3, gain=0.75), 0, 1.3)
    if filling == "rust":
        scene.paint(np.clip(zone * float(rng.uniform(0.2, 0.6)), 0, 0.9), (0.42, 0.25, 0.14))
    elif chance < 0.8:
        scene.shade(np.asarray(1 - float(rng.uniform(0.03, 0.2)) * zone, np.float32))
    else:
        scene.paint(np.clip(zone * float(rng.uniform(0.08, 0.4)), 0, 0.6), (0.74, 0.73, 0.70))


def _zone(scene: Scene, strokes: Sequence[Stroke], factor: float, plus_px: float) -> Field:
    """Rough cover of the strokes made wider: what lies along the crack."""
    wider = [stroke.widened(factor, plus_px) for stroke in strokes]
    sparse = [resampled(s, max(float(s.widths_px.mean()) / 3, 1.0)) for s in wider]
    return coverage(sparse, scene.shape, supersample=1)
