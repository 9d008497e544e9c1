"""What a model file says about itself: all that prediction needs besides the weights."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crackgauge.errors import ModelFileError

FORMAT = 1
# The key of the JSON text among the metadata properties of the ONNX file.
METADATA_KEY = "crackgauge"


class ModelMetadata(BaseModel):
    """The description of one network, stored as JSON inside its ONNX file.

    The network's input is (x / 255 - mean) / std, float32 (N, channels, H, W), H and W multiples
    of `stride`; its output is the probability float32 (N, 1, H * output_scale, W * output_scale).

    Attributes:
        format: of this description; a file with a later one is refused.
        architecture: a name in `crackgauge.models.MODELS`.
        preset: the recipe that it was trained by.
        options: of the architecture.
        parameters: number of trained parameters.
        channels: 1 grey or 3 RGB.
        mean, std: per channel, of x / 255.
        preprocessing: names of image-wide steps, in order.
        stride: px; windows begin at multiples of it.
        padding: how an image is filled up to the stride at its right and bottom: "edge" repeats
            the last pixel, "reflect" mirrors about it.
        postprocessing: what is made of the mask: "thin", see `crackgauge.data.curves.thin`; or
            nothing.
        halo: px around a tile that its result depends on.
        tile: px, side of a core; see `crackgauge.tiling`.
        tiling: "exact" where tiles equal the whole image, "approximate" where they are blended.
        output_scale: size of the output over that of the input; above 1 a whole number, and
            the result is then that of the enlarged image.
        threshold: probability from which a pixel is crack.
        threshold_source: how the threshold was chosen.
        training_data, licence: what it was trained on, and the licence of the weights.
        scores: figures with the command that gave them.
        version: of crackgauge, at export.
        recipe: as trained.

    >>> ModelMetadata(architecture="attention-unet", channels=1, mean=(0.5,), std=(0.5,)).tile
    1024
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    architecture: str
    preset: str = ""
    options: dict[str, Any] = Field(default_factory=dict)
    parameters: int = Field(default=0, ge=0)
    channels: Literal[1, 3] = 3
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.25, 0.25, 0.25)
    preprocessing: tuple[str, ...] = ()
    stride: int = Field(default=8, ge=1, le=1024)
    padding: Literal["edge", "reflect"] = "edge"
    postprocessing: tuple[Literal["thin"], ...] = ()
    halo: int = Field(default=96, ge=0, le=8192)
    tile: int = Field(default=1024, ge=1, le=16384)
    tiling: Literal["exact", "approximate"] = "exact"
    output_scale: float = Field(default=1.0, gt=0, le=8)
    threshold: float = Field(default=0.5, ge=0, le=1)
    threshold_source: str = ""
    training_data: str = ""
    licence: str = ""
    scores: dict[str, Any] = Field(default_factory=dict)
    version: str = ""
    recipe: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != self.channels:
                raise ValueError(f"{name} has {len(values)} values for {self.channels} channels")
        if min(self.std) <= 0:
            raise ValueError(f"std must be positive, got {self.std}")
        if self.tile % self.stride:
            raise ValueError(f"tile {self.tile} is no multiple of the stride {self.stride}")
        if self.preprocessing and self.channels != 1:
            raise ValueError("image-wide preprocessing works on one grey channel")
        side = self.stride * self.output_scale
        if not math.isclose(side, round(side), abs_tol=1e-9) or round(side) < 1:
            raise ValueError(f"output_scale {self.output_scale} does not fit stride {self.stride}")
        if self.output_scale > 1 and self.output_scale != round(self.output_scale):
            raise ValueError(f"output_scale {self.output_scale} above 1 must be a whole number")
        return self

    @property
    def enlargement(self) -> int:
        """How many times larger the result is than the image; 1 where it has the image's size."""
        return max(1, round(self.output_scale))

    @property
    def output_fraction(self) -> Fraction:
        """`output_scale` as an exact fraction."""
        return Fraction(round(self.stride * self.output_scale), self.stride)

    def to_json(self) -> str:
        """JSON with sorted keys: the same description gives the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


def parse_metadata(text: str, *, source: str) -> ModelMetadata:
    """Read what `ModelMetadata.to_json` wrote.

    Args:
        text: JSON.
        source: the file, for the sentence of an error.

    Raises:
        ModelFileError: no JSON, a later format, or a value that does not fit.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{source}: its description is no JSON ({error}); export the model again"
        ) from error
    if isinstance(fields, dict) and fields.get("format", FORMAT) != FORMAT:
        raise ModelFileError(
            f"{source}: got a description of format {fields['format']!r}, this crackgauge reads "
            f"format {FORMAT}; install a newer crackgauge"
        )
    try:
        return ModelMetadata.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ModelFileError(
            f"{source}: its description does not fit: {where}: {first['msg']}; "
            "export the model again"
        ) from error
