"""A folder of rendered photographs with masks and truths."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from crackgauge.arrays import Image
from crackgauge.data.synth.render import SURFACES, Rendered, check_size, known_name, render
from crackgauge.errors import UsageError
from crackgauge.files import write_bytes_atomic, write_text_atomic

SETTINGS_NAME = "synth.json"
JPEG_QUALITY = 95
_SUFFIXES = (".jpg", ".png")


@dataclass(frozen=True)
class _Order:
    """One picture to render."""

    out: Path
    stem: str
    seed: int
    surface: str
    size: tuple[int, int]
    crack_free: bool
    suffix: str

    @property
    def image(self) -> Path:
        return self.out / "images" / f"{self.stem}{self.suffix}"

    @property
    def truth(self) -> Path:
        return self.out / "truth" / f"{self.stem}.json"


def write_dataset(
    out: str | Path,
    count: int,
    seed: int,
    *,
    size: tuple[int, int] = (448, 448),
    surfaces: Sequence[str] = ("asphalt", "concrete"),
    negatives: float = 0.25,
    jobs: int = 1,
    suffix: str = ".jpg",
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Render `count` photographs to `out/images`, `out/masks` (PNG, 0 and 255) and `out/truth`.

    Picture k depends on `seed`, k and the settings alone, so a larger count only adds pictures. A
    stopped run goes on where it stopped when called again with the same settings.

    Args:
        out: the folder; made if missing.
        count: how many, 1 or more.
        seed: 0 or more.
        size: (H, W) in px.
        surfaces: taken in turn at random; a name given twice comes twice as often.
        negatives: share of pictures without cracks, 0 to 1.
        jobs: processes that render at the same time.
        suffix: ".jpg" (quality 95) or ".png".
        progress: called with (done, count) after every picture.

    Returns:
        The image files in order.

    Raises:
        UsageError: a setting out of range, or `out` holds pictures of other settings.
        StorageError: the disk is full or the folder cannot be written.
    """
    out = Path(out)
    check_size(size)
    _check(count, seed, surfaces, negatives, jobs, suffix)
    settings = {
        "format": 1,
        "seed": seed,
        "size": list(size),
        "surfaces": list(surfaces),
        "negatives": negatives,
        "suffix": suffix,
    }
    _claim(out, settings)
    orders = list(_orders(out, count, seed, size, surfaces, negatives, suffix))
    # The truth is written last: where it is, the picture is whole.
    todo = [order for order in orders if not order.truth.exists()]
    done = len(orders) - len(todo)
    for _ in _carry_out(todo, jobs):
        done += 1
        if progress is not None:
            progress(done, count)
    return [order.image for order in orders]


def truth_of(picture: Rendered, *, image: str) -> dict[str, Any]:
    """The truth of a picture as JSON values; coordinates and widths in px to 1/1000."""
    return {
        "format": 1,
        "image": image,
        "height": picture.image.shape[0],
        "width": picture.image.shape[1],
        "coordinates": "x, y in px; pixel corners at integers",
        "surface": picture.surface,
        "filling": picture.filling,
        "distractors": list(picture.distractors),
        "crack_pixels": int(picture.mask.sum()),
        "length_px": round(picture.length_px, 3),
        "centre_lines": [line.round(3).tolist() for line in picture.centre_lines],
        "widths_px": [widths.round(3).tolist() for widths in picture.widths_px],
    }


def encode_image(image: Image, suffix: str) -> bytes:
    """Encode uint8 (H, W, 3) RGB or (H, W) as PNG, or as JPEG of quality 95."""
    turned = image[..., ::-1] if image.ndim == 3 else image
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix == ".jpg" else []
    _, encoded = cv2.imencode(suffix, turned, options)
    return bytes(encoded.tobytes())


def _check(
    count: int, seed: int, surfaces: Sequence[str], negatives: float, jobs: int, suffix: str
) -> None:
    if count < 1 or seed < 0 or jobs < 1:
        raise UsageError(
            f"got count {count}, seed {seed}, jobs {jobs}; expected a count and jobs of 1 or more "
            "and a seed of 0 or more"
        )
    if not 0 <= negatives <= 1:
        raise UsageError(f"negatives: got {negatives:g}, expected a share from 0 to 1")
    if not surfaces:
        raise UsageError(f"surfaces: got none, expected some of {', '.join(SURFACES)}")
    for surface in surfaces:
        known_name("surface", surface, SURFACES)
    known_name("suffix", suffix, _SUFFIXES)


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Write the settings beside the pictures, or compare them with those that are there."""
    path = out / SETTINGS_NAME
    text = json.dumps(settings, indent=2) + "\n"
    if not path.exists():
        write_text_atomic(path, text)
    elif path.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"{out}: holds pictures rendered with other settings (see {SETTINGS_NAME}); "
            "choose another folder or remove this one"
        )


def _orders(
    out: Path,
    count: int,
    seed: int,
    size: tuple[int, int],
    surfaces: Sequence[str],
    negatives: float,
    suffix: str,
) -> Iterator[_Order]:
    for index in range(count):
        own = np.random.default_rng([seed, index])
        surface = surfaces[int(own.integers(len(surfaces)))]
        # Spread evenly, so that every beginning of the set has the share asked for.
        crack_free = int((index + 1) * negatives) > int(index * negatives)
        stem = f"{surface}_{index:05d}"
        yield _Order(out, stem, int(own.integers(2**32)), surface, size, crack_free, suffix)


def _carry_out(orders: Sequence[_Order], jobs: int) -> Iterator[None]:
    if jobs == 1 or len(orders) < 2:
        for order in orders:
            _render_one(order)
            yield
        return
    # Spawned, because a forked child may inherit a lock that OpenCV's threads hold.
    context = multiprocessing.get_context("spawn")
    # One thread of OpenCV to a process: the processes are what fills the machine.
    with ProcessPoolExecutor(
        min(jobs, len(orders)), mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        yield from pool.map(_render_one, orders, chunksize=4)


def _render_one(order: _Order) -> None:
    picture = render(
        order.seed,
        surface=order.surface,
        size=order.size,
        cracks=0 if order.crack_free else None,
    )
    mask = picture.mask.astype(np.uint8) * np.uint8(255)
    write_bytes_atomic(order.image, encode_image(picture.image, order.suffix))
    write_bytes_atomic(order.out / "masks" / f"{order.stem}.png", encode_image(mask, ".png"))
    truth = json.dumps(truth_of(picture, image=order.image.name), separators=(",", ":"))
    write_text_atomic(order.truth, truth + "\n")
