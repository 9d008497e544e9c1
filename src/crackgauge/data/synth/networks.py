"""Centre lines and widths of cracks: fractal paths, branches, map and alligator cracking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import Voronoi

from crackgauge.data.synth.noise import Shape
from crackgauge.data.synth.strokes import Points, Stroke, clipped, resampled, runs

WIDTH_RANGE_PX = (0.8, 12.0)


@dataclass(frozen=True)
class Character:
    """How the cracks of one picture look.

    Args:
        width_px: typical width of the main crack.
        roughness: sideways wander as a share of the way; 0.02 nearly straight, 0.15 tortuous.
        jaggedness: 0 for smooth bends to 1 for sharp corners.
        gaps: share of the line that is closed, 0 to 0.4.
    """

    width_px: float
    roughness: float
    jaggedness: float
    gaps: float


def draw_character(rng: np.random.Generator, width_px: float | None = None) -> Character:
    """A character at random; widths follow those marked in photographs (median 4.6 px)."""
    width = float(np.exp(rng.normal(np.log(4.6), 0.42))) if width_px is None else width_px
    return Character(
        width_px=float(np.clip(width, 1.0, 11.0)),
        roughness=float(rng.uniform(0.02, 0.14)),
        jaggedness=float(rng.uniform(0.45, 1.0)),
        gaps=float(rng.choice([0.0, rng.uniform(0.02, 0.3)], p=[0.55, 0.45])),
    )


def fractal_path(
    rng: np.random.Generator, start: Points, end: Points, character: Character
) -> Points:
    """A path from `start` to `end`: sideways steps of every scale from half its length to 4 px.

    Returns float64 (K, 2) with vertices about 1 px apart.
    """
    way = np.asarray(end, float) - np.asarray(start, float)
    length = float(np.hypot(*way))
    if length < 2:
        return np.stack([start, end]).astype(float)
    at = np.linspace(0.0, length, max(int(length * 1.2), 3))
    # Two displacements, across and along: the second makes overhangs and steps.
    across, along = np.zeros_like(at), np.zeros_like(at)
    scale = length / 2
    finest = max(4.0, 0.8 * character.width_px)
    while scale >= finest:
        size = character.roughness * scale**0.75 * min(length, 160.0) ** 0.25
        across += size * _wander(rng, at, scale, character.jaggedness)
        along += 0.35 * size * _wander(rng, at, scale, character.jaggedness)
        scale /= 1.9
    for shift in (across, along):
        shift -= np.interp(at, [0.0, length], shift[[0, -1]])
    forward = way / length
    sideward = np.array([-forward[1], forward[0]])
    path = start + np.outer(at + along, forward) + np.outer(across, sideward)
    return resampled(Stroke(path, np.ones(len(path))), 1.0).points


def _wander(rng: np.random.Generator, at: Points, scale: float, jaggedness: float) -> Points:
    """Values of unit deviation at knots about `scale` apart, joined by lines or soft bends."""
    count = max(int(at[-1] / scale), 1) + 2
    knots = np.linspace(0.0, at[-1], count)
    knots[1:-1] += rng.uniform(-0.35, 0.35, count - 2) * knots[1]
    values = rng.standard_normal(count)
    straight = np.interp(at, knots, values)
    if jaggedness >= 1:
        return np.asarray(straight)
    index = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, count - 2)
    share = (at - knots[index]) / np.maximum(knots[index + 1] - knots[index], 1e-9)
    eased = share * share * (3 - 2 * share)
    soft = values[index] * (1 - eased) + values[index + 1] * eased
    return np.asarray(jaggedness * straight + (1 - jaggedness) * soft)


def opened(
    rng: np.random.Generator,
    path: Points,
    character: Character,
    *,
    width_px: float,
    tapers: tuple[bool, bool],
) -> list[Stroke]:
    """Give a path its width: swelling and shrinking along it, thin at free ends, closed in gaps."""
    count = len(path)
    if count < 4:
        return []
    at = np.arange(count, dtype=float)
    swell = 0.28 * _wander(rng, at, 70.0, 0.0) + 0.18 * _wander(rng, at, 16.0, 0.5)
    swell += 0.12 * _wander(rng, at, 4.0, 1.0)
    width = width_px * np.exp(swell)
    reach = min(rng.uniform(25, 90), count / 2)
    for free, distance in zip(tapers, (at, at[::-1]), strict=True):
        if free:
            width = width * np.clip(0.15 + distance / reach, 0, 1) ** 0.7
    width = np.clip(width, *WIDTH_RANGE_PX)
    if character.gaps <= 0 or width_px > 6:
        return [_coarser(Stroke(path, width), width_px)]
    closing = _wander(rng, at, 45.0, 0.5) + 0.5 * _wander(rng, at, 12.0, 0.5)
    margin = closing - np.quantile(closing, character.gaps)
    # Towards a gap the crack closes; it does not break off at its full width.
    width = np.clip(width * np.clip(0.15 + 1.6 * margin, 0.1, 1) ** 0.7, *WIDTH_RANGE_PX)
    pieces = runs(Stroke(path, width), margin > 0)
    return [_coarser(piece, width_px) for piece in pieces if len(piece.points) > 5]


def _coarser(stroke: Stroke, width_px: float) -> Stroke:
    """Fewer vertices for wide cracks: steps much shorter than the width change nothing."""
    return stroke if width_px < 4 else resampled(stroke, width_px / 4)


def single(rng: np.random.Generator, shape: Shape, character: Character) -> list[Stroke]:
    """One crack through the picture, ending in it now and then."""
    return _main(rng, shape, character)[1]


def _main(
    rng: np.random.Generator, shape: Shape, character: Character
) -> tuple[Points, list[Stroke]]:
    size = np.array([shape[1], shape[0]], float)
    middle = size * rng.uniform(0.2, 0.8, 2)
    # Most real cracks run roughly along or across the slab or the lane.
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.35)
    if rng.random() < 0.3:
        angle = rng.uniform(0, np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    reach = float(np.hypot(*size))
    free = rng.random(2) < 0.35
    ends = [reach * (rng.uniform(0.15, 0.45) if is_free else 1.0) for is_free in free]
    path = fractal_path(rng, middle - way * ends[0], middle + way * ends[1], character)
    taper = (bool(free[0]), bool(free[1]))
    return path, opened(rng, path, character, width_px=character.width_px, tapers=taper)


def branching(rng: np.random.Generator, shape: Shape, character: Character) -> list[Stroke]:
    """A main crack with branches, and branches of branches."""
    path, strokes = _main(rng, shape, character)
    limit = np.array([shape[1], shape[0]])
    todo = [(path, character.width_px, 0)]
    while todo:
        parent, width, depth = todo.pop(0)
        seen = np.flatnonzero(((parent > 0) & (parent < limit)).all(axis=1))
        seen = seen[(seen > 8) & (seen < len(parent) - 9)]
        if depth > 2 or len(seen) < 30:
            continue
        for _ in range(int(rng.integers(1, 4)) if depth == 0 else int(rng.integers(0, 3))):
            index = int(rng.choice(seen))
            turn = rng.choice([-1, 1]) * rng.uniform(0.4, 1.4)
            heading = parent[index + 8] - parent[index - 8]
            angle = np.arctan2(heading[1], heading[0]) + turn + rng.choice([0, np.pi])
            reach = rng.uniform(0.12, 0.6) * min(shape) * 0.75**depth
            end = parent[index] + reach * np.array([np.cos(angle), np.sin(angle)])
            branch = fractal_path(rng, parent[index], end, character)
            thinner = max(width * rng.uniform(0.45, 0.85), 1.3)
            strokes += opened(rng, branch, character, width_px=thinner, tapers=(False, True))
            todo.append((branch, thinner, depth + 1))
    return strokes


def parallel(rng: np.random.Generator, shape: Shape, character: Character) -> list[Stroke]:
    """Two or three cracks side by side."""
    strokes: list[Stroke] = []
    for _ in range(int(rng.integers(2, 4))):
        strokes += single(rng, shape, character)
    return strokes


def cells(rng: np.random.Generator, shape: Shape, character: Character) -> list[Stroke]:
    """Map cracking: the borders of cells, wide in the middle of a field and fading around it."""
    spacing = rng.uniform(60, 150)
    return _cells(rng, shape, character, spacing, rng.uniform(0.25, 0.7) * max(shape))


def alligator(rng: np.random.Generator, shape: Shape, character: Character) -> list[Stroke]:
    """Alligator cracking: small cells in a band."""
    spacing = rng.uniform(26, 55)
    return _cells(rng, shape, character, spacing, rng.uniform(0.2, 0.5) * max(shape))


def _cells(
    rng: np.random.Generator,
    shape: Shape,
    character: Character,
    spacing: float,
    field: float,
) -> list[Stroke]:
    size = np.array([shape[1], shape[0]], float)
    middle = size * rng.uniform(0.25, 0.75, 2)
    angle = rng.uniform(0, np.pi)
    squash = rng.uniform(0.4, 1.0)
    grid = np.stack(
        np.meshgrid(*(np.arange(-1.5, side / spacing + 2) for side in size)), axis=-1
    ).reshape(-1, 2)
    seeds = (grid + rng.uniform(-0.42, 0.42, grid.shape)) * spacing
    diagram = Voronoi(seeds)
    width = min(character.width_px, spacing / 9)
    strokes: list[Stroke] = []
    for first, second in diagram.ridge_vertices:
        if first < 0 or second < 0:
            continue
        start, end = diagram.vertices[[first, second]]
        turned = _rotate((start + end) / 2 - middle, -angle) / np.array([1.0, squash])
        distance = float(np.hypot(*turned)) / field
        if distance > rng.uniform(0.6, 1.15) or rng.random() < 0.08:
            continue
        own = width * float(np.clip(1.15 - 0.6 * distance, 0.35, 1)) * rng.uniform(0.6, 1.25)
        path = fractal_path(rng, start, end, character)
        outer = distance > 0.7  # the field fades out
        strokes += opened(rng, path, character, width_px=own, tapers=(outer, outer))
    return strokes


def _rotate(point: Points, angle: float) -> Points:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ point)


PATTERNS: dict[str, Callable[[np.random.Generator, Shape, Character], list[Stroke]]] = {
    "single": single,
    "branching": branching,
    "parallel": parallel,
    "map": cells,
    "alligator": alligator,
}


def draw_network(
    rng: np.random.Generator,
    shape: Shape,
    *,
    pattern: str,
    width_px: float | None = None,
    wander: float = 1.0,
) -> list[Stroke]:
    """Draw cracks of a pattern that lie at least partly in (H, W).

    Args:
        rng: where chance comes from.
        shape: (H, W).
        pattern: a key of `PATTERNS`.
        width_px: typical width of the main crack; None: at random.
        wander: factor on the roughness of the paths.
    """
    for _ in range(8):  # a path may wander past the picture; then draw another
        drawn = draw_character(rng, width_px)
        character = replace(drawn, roughness=drawn.roughness * wander)
        strokes = clipped(PATTERNS[pattern](rng, shape, character), shape)
        if sum(stroke.length_px for stroke in strokes) > 0.25 * min(shape):
            return strokes
    return strokes
