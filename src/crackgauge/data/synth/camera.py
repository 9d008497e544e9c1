"""From the painted scene to a photograph: light, lens, sensor, file."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image
from crackgauge.data.synth.noise import blurred
from crackgauge.data.synth.scene import Scene
from crackgauge.errors import UsageError


@dataclass(frozen=True)
class Camera:
    """How the picture is taken; the defaults add nothing to the scene.

    Args:
        exposure: factor on the brightness.
        gradient: darkening from one side of the picture to the other, as a share.
        blur_px: sigma of the lens.
        motion_px: length of the smear by the flight.
        vignetting: darkening of the corners, as a share.
        noise: deviation of the sensor's noise, of full scale.
        smoothing_px: sigma of the smoothing that the camera's software applies after the noise.
        despeckled: whether it also takes a median over 3 x 3 px, as small drones' do.
        sharpening: strength of its sharpening, which leaves halos.
        white: factors on red and blue.
        jpeg_quality: 1 to 100, or None for no JPEG artefacts.
    """

    exposure: float = 1.0
    gradient: float = 0.0
    blur_px: float = 0.0
    motion_px: float = 0.0
    vignetting: float = 0.0
    noise: float = 0.0
    smoothing_px: float = 0.0
    despeckled: bool = False
    sharpening: float = 0.0
    white: tuple[float, float] = (1.0, 1.0)
    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality <= 100:
            raise UsageError(f"jpeg_quality: got {self.jpeg_quality}, expected 1 to 100 or None")


def draw_camera(rng: np.random.Generator) -> Camera:
    """A camera at random: most often a small drone's, soft and smoothed by its software."""
    drone = rng.random() < 0.65
    return Camera(
        exposure=float(np.clip(rng.normal(1.0, 0.12), 0.7, 1.35)),
        gradient=float(rng.uniform(0, 0.3)),
        blur_px=float(rng.uniform(0.6, 1.5) if drone else rng.uniform(0.3, 0.9)),
        motion_px=float(rng.choice([0.0, rng.uniform(1, 4)], p=[0.85, 0.15])),
        vignetting=float(rng.choice([0.0, rng.uniform(0.05, 0.35)], p=[0.5, 0.5])),
        noise=float(rng.uniform(0.003, 0.02) if drone else rng.uniform(0.004, 0.03)),
        smoothing_px=float(rng.uniform(0.5, 0.9) if drone else rng.uniform(0, 0.5)),
        despeckled=bool(drone and rng.random() < 0.6),
        sharpening=float(rng.uniform(0.0, 1.0)),
        white=(float(rng.normal(1, 0.015)), float(rng.normal(1, 0.025))),
        jpeg_quality=int(rng.integers(60, 98)),
    )


def photograph(scene: Scene, rng: np.random.Generator, camera: Camera) -> Image:
    """Take the picture: uint8 (H, W, 3) RGB."""
    picture = scene.canvas * _light(scene, rng, camera)
    picture = blurred(picture, camera.blur_px)
    if camera.motion_px > 0.5:
        picture = _smeared(picture, rng, camera.motion_px)
    if camera.noise > 0:
        picture = picture + _noise(rng, picture, camera.noise)
    if camera.despeckled:
        picture = np.asarray(cv2.medianBlur(picture, 3), np.float32)
    picture = blurred(picture, camera.smoothing_px)
    if camera.sharpening > 0:
        picture = picture + np.float32(camera.sharpening) * (picture - blurred(picture, 1.3))
    image: Image = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
    return image if camera.jpeg_quality is None else _through_jpeg(image, camera.jpeg_quality)


def _light(scene: Scene, rng: np.random.Generator, camera: Camera) -> npt.NDArray[np.float32]:
    """All that multiplies the scene, float32 (H, W, 3): shadows are a little blue."""
    height, width = scene.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = float(rng.uniform(0, 2 * np.pi))
    slope = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) / np.float32(1.4)
    even = np.float32(camera.exposure) * (1 + np.float32(camera.gradient / 2) * slope)
    even = even * (1 - np.float32(camera.vignetting / 2) * (x * x + y * y))
    shade = scene.light_map
    red, blue = camera.white
    return np.stack(
        [
            even * shade * np.float32(red),
            even * shade ** np.float32(0.97),
            even * shade ** np.float32(0.9) * np.float32(blue),
        ],
        axis=-1,
    )


def _smeared(
    picture: npt.NDArray[np.float32], rng: np.random.Generator, length_px: float
) -> npt.NDArray[np.float32]:
    reach = int(np.ceil(length_px)) | 1
    side = reach + 2
    kernel = np.zeros((side, side), np.float32)
    angle = float(rng.uniform(0, np.pi))
    middle = (side - 1) / 2
    for t in np.linspace(-length_px / 2, length_px / 2, 8 * reach):
        row, col = middle + t * np.sin(angle), middle + t * np.cos(angle)
        kernel[round(row), round(col)] += 1
    kernel /= kernel.sum()
    smeared = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smeared, np.float32)


def _noise(
    rng: np.random.Generator, picture: npt.NDArray[np.float32], deviation: float
) -> npt.NDArray[np.float32]:
    """Noise of the light and, weaker and coarser, of the colour."""
    height, width = picture.shape[:2]
    light = rng.standard_normal((height, width, 1), dtype=np.float32)
    half = ((height + 1) // 2, (width + 1) // 2, 3)
    colour = cv2.resize(rng.standard_normal(half, dtype=np.float32), (width, height))
    return np.asarray(np.float32(deviation) * (light + np.float32(0.2) * colour), np.float32)


def _through_jpeg(image: Image, quality: int) -> Image:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], options)
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
