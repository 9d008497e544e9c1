"""One rendered photograph with its exact truth."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from crackgauge.arrays import Image, Mask
from crackgauge.data.synth import ground, objects, shadows
from crackgauge.data.synth.asphalt import asphalt
from crackgauge.data.synth.camera import Camera, draw_camera, photograph
from crackgauge.data.synth.concrete import concrete
from crackgauge.data.synth.cracking import FILLINGS, choose_filling, draw_cracks
from crackgauge.data.synth.networks import PATTERNS, draw_network
from crackgauge.data.synth.noise import Shape
from crackgauge.data.synth.scene import Scene
from crackgauge.data.synth.steel import steel
from crackgauge.data.synth.strokes import Points, Stroke, clipped, resampled, runs
from crackgauge.errors import UsageError

Surface = Callable[[np.random.Generator, Shape, tuple[float, float]], Scene]
Distractor = Callable[[Scene, np.random.Generator], None]

SURFACES: dict[str, Surface] = {"asphalt": asphalt, "concrete": concrete, "steel": steel}

# In the order of painting: what belongs to the surface, then (over the cracks) what lies on it,
# then what falls on it from outside.
GROUND: dict[str, Distractor] = {
    "patch": ground.patch,
    "joint": ground.joint,
    "stain": ground.stain,
    "water_stain": ground.water_stain,
    "lane_marking": ground.lane_marking,
    "tyre_mark": ground.tyre_mark,
    "rust": ground.rust,
    "sand": ground.sand,
    "scratch": ground.scratch,
}
OBJECTS: dict[str, Distractor] = {
    "ledge": objects.ledge,
    "pebbles": objects.pebbles,
    "litter": objects.litter,
    "leaf": objects.leaf,
    "twig": objects.twig,
    "grass": objects.grass,
    "wire": objects.wire,
}
SHADOWS: dict[str, Distractor] = {
    "edge_shadow": shadows.edge_shadow,
    "pole_shadow": shadows.pole_shadow,
    "railing_shadow": shadows.railing_shadow,
    "branch_shadow": shadows.branch_shadow,
}
DISTRACTORS: dict[str, Distractor] = GROUND | OBJECTS | SHADOWS

_CHANCES: dict[str, dict[str, float]] = {
    "asphalt": {
        "patch": 0.10, "joint": 0.08, "stain": 0.15, "water_stain": 0.08, "lane_marking": 0.12,
        "tyre_mark": 0.12, "sand": 0.08, "scratch": 0.10, "ledge": 0.05, "pebbles": 0.15,
        "litter": 0.05, "leaf": 0.10, "twig": 0.08, "grass": 0.06, "wire": 0.05,
        "edge_shadow": 0.06, "pole_shadow": 0.06, "railing_shadow": 0.04, "branch_shadow": 0.06,
    },
    "concrete": {
        "patch": 0.08, "joint": 0.16, "stain": 0.12, "water_stain": 0.16, "lane_marking": 0.03,
        "tyre_mark": 0.04, "rust": 0.05, "sand": 0.06, "scratch": 0.12, "ledge": 0.12,
        "pebbles": 0.12, "litter": 0.05, "leaf": 0.08, "twig": 0.07, "grass": 0.08, "wire": 0.07,
        "edge_shadow": 0.06, "pole_shadow": 0.05, "railing_shadow": 0.05, "branch_shadow": 0.06,
    },
    "steel": {
        "stain": 0.08, "water_stain": 0.10, "rust": 0.25, "scratch": 0.30, "wire": 0.10,
        "edge_shadow": 0.08, "pole_shadow": 0.08, "railing_shadow": 0.06, "branch_shadow": 0.03,
        "litter": 0.02, "leaf": 0.03, "twig": 0.03,
    },
}  # fmt: skip
# A picture without cracks is there to be confused with one: it has more to be confused by.
_CRACK_FREE_FACTOR = 2.0
_MINERAL = {"single": 0.42, "branching": 0.30, "parallel": 0.12, "map": 0.10, "alligator": 0.06}
_PATTERN_CHANCES: dict[str, dict[str, float]] = {
    "asphalt": _MINERAL,
    "concrete": _MINERAL,
    "steel": {"single": 0.65, "branching": 0.25, "parallel": 0.10},
}
# Cracks in steel follow the stress and not the grain.
_STRAIGHTNESS = {"asphalt": 1.0, "concrete": 1.0, "steel": 0.45}


@dataclass(frozen=True)
class Rendered:
    """A rendered photograph and its truth.

    Args:
        image: uint8 (H, W, 3) RGB.
        mask: bool (H, W), the pixels of which visible cracks cover at least half.
        centre_lines: one float64 (K, 2) for each visible piece, x and y in px, pixel corners at
            integers.
        widths_px: one float64 (K,) for each piece, the width of the opening at every vertex.
        length_px: length of all pieces together.
        surface: what the picture shows.
        distractors: what was drawn besides, in the order of painting.
        filling: what the cracks are filled with, "" without cracks.
    """

    image: Image
    mask: Mask
    centre_lines: list[Points]
    widths_px: list[Points]
    length_px: float
    surface: str
    distractors: tuple[str, ...]
    filling: str


def render(
    seed: int,
    *,
    surface: str = "asphalt",
    size: tuple[int, int] = (448, 448),
    cracks: str | int | Sequence[Stroke] | None = None,
    width_px: float | None = None,
    filling: str | None = None,
    distractors: Sequence[str] | None = None,
    camera: Camera | None = None,
) -> Rendered:
    """Render a photograph of a surface with cracks; the same arguments give the same bytes.

    Args:
        seed: 0 or more.
        surface: a key of `SURFACES`.
        size: (H, W) in px, 32 or more each.
        cracks: a key of `PATTERNS`, a number of single cracks (0: none), the strokes to draw, or
            None for a pattern at random.
        width_px: typical width of drawn patterns, 1 to 11; None: at random, median 4.6.
        filling: one of `FILLINGS`; None: at random, mostly open.
        distractors: keys of `DISTRACTORS`; None: at random, () for none.
        camera: None for one at random, `Camera()` for the bare scene.

    Raises:
        UsageError: an unknown name or a size or seed out of range.

    >>> line = Stroke(np.array([[10.0, 32.5], [50.0, 32.5]]), np.array([3.0, 3.0]))
    >>> picture = render(1, size=(64, 64), cracks=[line], distractors=())
    >>> int(picture.mask.sum()), picture.length_px
    (120, 40.0)
    """
    check_size(size)
    _check(seed, surface, cracks, width_px, filling, distractors)
    of_surface, of_cracks, of_look, of_extras, of_camera = np.random.default_rng(seed).spawn(5)
    angle = float(of_camera.uniform(0, 2 * np.pi))
    scene = SURFACES[surface](of_surface, size, (float(np.cos(angle)), float(np.sin(angle))))
    strokes = _strokes(of_cracks, size, surface, cracks, width_px)
    names = _choose(of_extras, surface, bool(strokes)) if distractors is None else distractors
    names = tuple(name for name in DISTRACTORS if name in set(names))
    # One stream each, so that leaving one out does not change the others.
    streams = dict(zip(DISTRACTORS, of_extras.spawn(len(DISTRACTORS)), strict=True))
    for name in names:
        if name in GROUND:
            GROUND[name](scene, streams[name])
    chosen = choose_filling(of_look, surface) if filling is None else filling
    taken_by = draw_camera(of_camera) if camera is None else camera
    blur_px = float(np.hypot(taken_by.blur_px, taken_by.smoothing_px))
    cover = draw_cracks(scene, of_look, strokes, filling=chosen, blur_px=blur_px)
    for name in names:
        if name not in GROUND:
            DISTRACTORS[name](scene, streams[name])
    visible = _visible(strokes, scene)
    return Rendered(
        image=photograph(scene, of_camera, taken_by),
        mask=(cover >= 0.5) & ~scene.hidden,
        centre_lines=[stroke.points for stroke in visible],
        widths_px=[stroke.widths_px for stroke in visible],
        length_px=float(sum(stroke.length_px for stroke in visible)),
        surface=surface,
        distractors=names,
        filling=chosen if strokes else "",
    )


def _check(
    seed: int,
    surface: str,
    cracks: str | int | Sequence[Stroke] | None,
    width_px: float | None,
    filling: str | None,
    distractors: Sequence[str] | None,
) -> None:
    if seed < 0:
        raise UsageError(f"seed: got {seed}, expected 0 or more")
    if isinstance(cracks, int) and cracks < 0:
        raise UsageError(f"cracks: got {cracks}, expected 0 or more, a pattern or strokes")
    if isinstance(cracks, str):
        known_name("cracks", cracks, PATTERNS)
    if width_px is not None and not 1 <= width_px <= 11:
        raise UsageError(f"width_px: got {width_px:g}, expected 1 to 11")
    known_name("surface", surface, SURFACES)
    if filling is not None:
        known_name("filling", filling, FILLINGS)
    for name in distractors or ():
        known_name("distractor", name, DISTRACTORS)


def check_size(size: tuple[int, int]) -> None:
    """Check that (H, W) can be rendered.

    Raises:
        UsageError: a side below 32 px.
    """
    if min(size) < 32:
        raise UsageError(f"size: got {size[0]}x{size[1]} (height x width), expected 32 or more")


def known_name(what: str, name: str, names: Iterable[str]) -> None:
    """Check that `name` is one of `names`.

    Raises:
        UsageError: it is not; the sentence names the nearest one.
    """
    names = list(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, 0.0)[0]
        raise UsageError(
            f"{what}: got {name!r}, expected one of {', '.join(names)}; did you mean {near!r}?"
        )


def _strokes(
    rng: np.random.Generator,
    shape: Shape,
    surface: str,
    cracks: str | int | Sequence[Stroke] | None,
    width_px: float | None,
) -> list[Stroke]:
    if cracks is None:
        chances = _PATTERN_CHANCES[surface]
        cracks = str(rng.choice(list(chances), p=list(chances.values())))
    if isinstance(cracks, int):
        patterns = ["single"] * cracks
    elif isinstance(cracks, str):
        patterns = [cracks]
    else:
        return clipped(cracks, shape)
    wander = _STRAIGHTNESS[surface]
    strokes: list[Stroke] = []
    for pattern in patterns:
        strokes += draw_network(rng, shape, pattern=pattern, width_px=width_px, wander=wander)
    return strokes


def _choose(rng: np.random.Generator, surface: str, cracked: bool) -> tuple[str, ...]:
    factor = 1.0 if cracked else _CRACK_FREE_FACTOR
    draws = {name: rng.random() for name in DISTRACTORS}
    chances = _CHANCES[surface]
    return tuple(name for name, draw in draws.items() if draw < factor * chances.get(name, 0.0))


def _visible(strokes: Sequence[Stroke], scene: Scene) -> list[Stroke]:
    """Cut out the parts that objects hide, to half a pixel."""
    if not scene.hidden.any():
        return list(strokes)
    pieces: list[Stroke] = []
    for stroke in strokes:
        fine = resampled(stroke, 0.5)
        col = fine.points[:, 0].astype(int).clip(0, scene.shape[1] - 1)
        row = fine.points[:, 1].astype(int).clip(0, scene.shape[0] - 1)
        seen = ~scene.hidden[row, col]
        pieces += [stroke] if seen.all() else runs(fine, seen)
    return pieces
