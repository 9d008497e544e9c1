"""The network of a run: the model, how it is applied, and what that depends on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from crackgauge.arrays import Image, Mask, Probability, Window
from crackgauge.data.curves import THIN, thin
from crackgauge.errors import UsageError
from crackgauge.images import ImageSource
from crackgauge.images.bigtiff import TILE_PX
from crackgauge.inference.enlarging import BicubicSource, Enlarged
from crackgauge.inference.predictor import Predictor, open_model

Augmentation = Literal["none", "flips", "flips+scales"]


@dataclass(frozen=True)
class Network:
    """A model with the settings that it is applied with.

    Args:
        predictor: the opened model.
        threshold: crack is what is at least this, in [0, 1].
        threshold_source: where it comes from, in words.
        augmentation: copies of the image that the probability is the mean over.
        tile: side of a core in px of the photo; None takes the model's own.
        thin: masks are thinned to curves, see `crackgauge.data.curves.thin`.
    """

    predictor: Predictor
    threshold: float
    threshold_source: str
    augmentation: Augmentation
    tile: int | None = None
    thin: bool = False

    @classmethod
    def open(
        cls,
        model: Predictor | str | Path | None,
        *,
        threshold: float | None,
        augmentation: Augmentation,
        tile: int | None,
        backend: str,
        device: str,
        threads: int | None,
        precision: str,
        thin: bool | None = None,
    ) -> Network:
        """Open a model file, a training or the default model (None), or take an open one.

        `thin` None is what the model's description says.

        Raises:
            UsageError: a threshold or a tile that cannot be, a backend that is not there.
            ModelFileError: the file is no model.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"threshold: got {threshold:g}, expected a probability in [0, 1]")
        if not isinstance(model, Predictor):
            model = open_model(
                model, backend=backend, device=device, threads=threads, precision=precision
            )
        unit = TILE_PX // math.gcd(TILE_PX, model.enlargement)
        if tile is not None and (tile < unit or tile % unit):
            raise UsageError(f"tile: got {tile} px, expected a multiple of {unit}")
        model.plan(1, 1, augmentation=augmentation, tile=tile)  # raises before any image is read
        if thin is None:
            thin = THIN in model.metadata.postprocessing
        if threshold is not None:
            return cls(model, threshold, "given", augmentation, tile, thin)
        words = model.metadata.threshold_source
        source = f"the model's own ({words})" if words else "the model's own"
        return cls(model, model.threshold, source, augmentation, tile, thin)

    def fingerprint(self) -> dict[str, object]:
        """Name everything here that the results depend on, as JSON values."""
        return {
            "model": self.predictor.digest,
            "backend": self.predictor.backend_name,
            "threshold": self.threshold,
            "threshold_source": self.threshold_source,
            "augmentation": self.augmentation,
            "tile": self.tile,
            **({"thin": True} if self.thin else {}),
        }

    @property
    def enlargement(self) -> int:
        """How many times larger the result is than the image, s."""
        return self.predictor.enlargement

    def check_upscale(self, upscale: int | None) -> None:
        """Make sure that what was asked for is what the model does.

        A mask of the enlarged photo has other sizes and another scale, so it must be asked for.

        Raises:
            UsageError: the model enlarges by another factor, or not at all; or it enlarges and
                nobody asked for it.
        """
        own = self.enlargement
        if upscale is None and own > 1:
            raise UsageError(
                f"this model gives the mask of the photo enlarged {own} times, and measures in its "
                f"pixels; say so with --upscale {own}, or choose another --model"
            )
        if upscale is not None and upscale != own:
            does = (
                f"enlarges {own} times; use --upscale {own}, or another --model"
                if own > 1
                else "does not enlarge; leave --upscale out, or give --model a model that does, "
                "such as one trained by the preset cssr (4 times)"
            )
            name = self.predictor.metadata.architecture
            raise UsageError(f"upscale: got {upscale}, but {name} {does}")

    def check_widths(self) -> None:
        """Make sure that the model draws cracks as wide as they are.

        Raises:
            UsageError: it draws bands around curves.
        """
        if THIN in self.predictor.metadata.postprocessing:
            raise UsageError(
                "this model draws bands around cracks, whose widths say nothing of the cracks; "
                "find the cracks with `crackgauge predict`, or choose another --model to measure"
            )

    def predict(self, image: Image) -> Probability:
        """Return the probability of a whole image, float32 (s H, s W)."""
        return self.predictor.predict(image, augmentation=self.augmentation, tile=self.tile)

    def predict_enlarged(self, image: Image) -> Enlarged:
        """Return the photo that the mask lies on, with its probability; s = 1 gives it as it is."""
        if self.enlargement == 1:
            return Enlarged(image, self.predict(image))
        return self.predictor.predict_enlarged(
            image, augmentation=self.augmentation, tile=self.tile
        )

    def enlarged_source(self, source: ImageSource) -> ImageSource:
        """The photo at the size of the result, bicubic, read by window; s = 1 gives it as it is."""
        return source if self.enlargement == 1 else BicubicSource(source, self.enlargement)

    def windows(self, source: ImageSource) -> Iterator[tuple[Window, Probability]]:
        """Give the probability of an image of any size, window by window in row-major order."""
        return self.predictor.predict_windows(
            source, augmentation=self.augmentation, tile=self.tile
        )

    def enlarged_windows(self, source: ImageSource) -> Iterator[tuple[Window, Enlarged]]:
        """As `windows`, with the enlarged photo."""
        return self.predictor.predict_enlarged_windows(
            source, augmentation=self.augmentation, tile=self.tile
        )

    def mask(self, probability: Probability) -> Mask:
        """Tell crack from sound."""
        mask: Mask = probability >= np.float32(self.threshold)
        return thin(mask) if self.thin else mask
