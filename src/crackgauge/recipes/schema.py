"""The tree of settings of one training: frozen, free of torch, unknown keys refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
PositiveInt = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
StageName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
ZoomShare = Annotated[float, Field(gt=0.0, le=1.0)]


class Section(BaseModel):
    """Base of all parts of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Network(Section):
    """Which network, with its options.

    Attributes:
        name: of `crackgauge.models.MODELS`.
        options: of the network.
        encoder_weights: what a training starts the encoder from, for networks that have one:
            "none" (random), "hub" (timm's own, fetched) or a safetensors file. An exported model
            holds all its weights and asks for none.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    encoder_weights: str = "none"


class Input(Section):
    """How an image becomes the network's input: (x / 255 - mean) / std after `preprocessing`.

    `channels` 1 is grey, 3 is RGB; `mean` and `std` have one value a channel.
    """

    channels: Literal[1, 3] = 3
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    preprocessing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_value_a_channel(self) -> Input:
        if len(self.mean) != self.channels or len(self.std) != self.channels:
            raise ValueError(
                f"got {len(self.mean)} mean and {len(self.std)} std values, expected "
                f"{self.channels} of each (input.channels)"
            )
        if min(self.std) <= 0:
            raise ValueError(f"got std {self.std}, expected values above 0")
        return self


class Mining(Section):
    """Rounds of hard-negative mining: background patches that the network takes for crack.

    Attributes:
        after_epochs: epochs, counted from 1, after each of which patches are added; none: never.
        patches: how many are added each time.
    """

    after_epochs: tuple[PositiveInt, ...] = ()
    patches: PositiveInt = 256

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Mining:
        if any(b <= a for a, b in pairwise(self.after_epochs)):
            raise ValueError(f"got after_epochs {self.after_epochs}, expected ascending epochs")
        return self


class PatchSet(Section):
    """A set of patches that do not overlap, see `crackgauge.data.patch_set`.

    Attributes:
        composition: crack/background in percent, such as "30/70"; "all"; or "all+", which fills up
            with background patches of the further datasets.
        crack_patches: how many of them; None: all.
        crack_share: of patches with crack, down to which "all+" fills up.
        parent_px: side of larger patches that are cropped to `patch_px`; None: nothing is cropped.
        seed: of what is chosen; it is apart from the training's, which orders the set.
        mining: adds patches to the set while training.
    """

    composition: Annotated[str, Field(pattern=r"^(\d{1,3}/\d{1,3}|all\+?)$")] = "all"
    crack_patches: PositiveInt | None = None
    crack_share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.065
    parent_px: PositiveInt | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    mining: Mining = Mining()


class Sampling(Section):
    """Which patches are cut.

    Attributes:
        patch_px: side of the square patch.
        crack_share: share of patches with at least one crack pixel; an image without a crack
            gives others, and none at all where it is 1. None: patches lie anywhere, every place of
            an image equally likely.
        patches: "per-image" (each image gives `count`), "by-crack-pixels" (`count` in all, split
            over the images by eq. 3 of König et al. 2019) or "patch-set" (those of `patch_set`;
            `crack_share`, `count` and `fresh` then say nothing).
        count: how many patches make an epoch, see `patches`.
        fresh: draw new patches each epoch, instead of one fixed set in a new order.
        patch_set: which patches make a set.
    """

    patch_px: PositiveInt = 256
    crack_share: Fraction | None = 0.6
    patches: Literal["per-image", "by-crack-pixels", "patch-set"] = "per-image"
    count: PositiveInt = 40
    fresh: bool = True
    patch_set: PatchSet = PatchSet()

    @model_validator(mode="after")
    def _patch_set_is_used(self) -> Sampling:
        if self.patches != "patch-set" and self.patch_set != PatchSet():
            raise ValueError(
                f"got settings of a patch set with patches {self.patches!r}, which uses none; "
                "set sampling.patches=patch-set"
            )
        return self


class Augmentation(Section):
    """Random changes of a patch; all off by default. Shares are probabilities, per patch.

    Attributes:
        flips: each of the two with probability one half.
        quarter_turns: by 0, 90, 180 or 270 degrees, equally likely.
        rotation_deg, scale: ranges of the warp that reads from the whole image.
        warp_share: of patches warped.
        rescale_share: of patches rescaled or zoomed into, one of the two, equally likely.
        rescale: range of the factor; what is missing is mirrored, what is too much cropped off.
        zoom: range of the side of the window that is enlarged to the patch, as a share of it.
        brightness, contrast, saturation: largest change of the factor 1.
        hue: largest turn, as a share of the full circle.
        gamma: largest logarithm of the exponent.
        pixel_factor: largest change of the factor 1, drawn for each pixel.
        pixel_factor_share: of patches whose pixels are multiplied so.
        blur_share, noise_share, low_resolution_share: of patches blurred, made noisy, coarsened.
    """

    flips: bool = False
    quarter_turns: bool = False
    rotation_deg: Annotated[float, Field(ge=0.0, le=180.0)] = 0.0
    scale: tuple[Positive, Positive] = (1.0, 1.0)
    warp_share: Fraction = 0.0
    rescale_share: Fraction = 0.0
    rescale: tuple[Positive, Positive] = (1.0, 1.0)
    zoom: tuple[ZoomShare, ZoomShare] = (1.0, 1.0)
    brightness: Fraction = 0.0
    contrast: Fraction = 0.0
    saturation: Fraction = 0.0
    hue: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0
    gamma: Fraction = 0.0
    pixel_factor: Fraction = 0.0
    pixel_factor_share: Fraction = 0.0
    blur_share: Fraction = 0.0
    noise_share: Fraction = 0.0
    low_resolution_share: Fraction = 0.0

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Augmentation:
        for name in ("scale", "rescale", "zoom"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"got {name} [{low:g}, {high:g}], expected [lowest, highest]")
        return self


class Optimizer(Section):
    """SGD with momentum, Adam or AdamW.

    Attributes:
        momentum: of SGD; the first beta of the others, whose second is 0.999.
        stage_decay: by how much the learning rate shrinks from one of the network's parameter
            groups to the one before it; 1 trains all alike, and every network allows it.
        gradient_norm_limit: gradients are scaled down to this norm; None: never.
    """

    name: Literal["sgd", "adam", "adamw"] = "adamw"
    learning_rate: Positive = 2e-3
    momentum: Fraction = 0.9
    weight_decay: Annotated[float, Field(ge=0.0)] = 1e-2
    stage_decay: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    gradient_norm_limit: Positive | None = None


class Boundary(Section):
    """The boundary part of the losses that have one (Kondo and Ukita 2021).

    Attributes:
        weight_start: of Boundary in the first epoch, alpha.
        weight_growth: by how much alpha grows an epoch.
        weight_end: what alpha does not pass.
        normalised_distance: divide the signed distance by its largest value of each patch, inside
            and outside apart, to [-1, 1]; else it is in px.
    """

    weight_start: Fraction = 0.01
    weight_growth: Fraction = 0.01
    weight_end: Fraction = 1.0
    normalised_distance: bool = False


class SuperResolution(Section):
    """Learning from images made smaller by the network's own factor (Kondo and Ukita 2021).

    Attributes:
        low_resolution: how they are made: "bicubic", antialiased, or "bilinear", which is not.
        enlarges: what the system "super-resolution" enlarges: "image" or "truth".
        segmentation_weight: of the segmentation's loss in a joint training, beta; the L1 of what
            is enlarged has the rest.
    """

    low_resolution: Literal["bicubic", "bilinear"] = "bicubic"
    enlarges: Literal["image", "truth"] = "image"
    segmentation_weight: Fraction = 0.3


class Curves(Section):
    """Truths as bands around curves (Zhang, Zhang and Cheng 2020, CrackGAN).

    Masks are thinned to their centre lines, labelled lines drawn; then they are dilated.

    Attributes:
        dilations: how often the curve is dilated; 0 leaves it one pixel wide.
        radius_px: of the disk that dilates it.
        labels: of label files, the lines that are cracks; none named: all of them.
        drawn: random curves, each on a blank image, that are added to the training images; for
            systems that look at truths alone.
    """

    dilations: Count = 3
    radius_px: Count = 3
    labels: tuple[str, ...] = ()
    drawn: Count = 0


class Adversary(Section):
    """The generator's loss beside and against a discriminator.

    Attributes:
        l1_weight: of mean |y - G(x)|, y and G(x) in [-1, 1]; the adversarial term has weight 1.
        discriminator: judges the maps; None: there is no adversary, only the L1 term. It keeps
            training unless the recipe's `frozen` names it.
        conditional: it sees the image with the map, not the map alone.
        noise: length of the vector that a DC-GAN makes maps of.
    """

    l1_weight: Annotated[float, Field(ge=0.0)] = 0.30
    discriminator: Network | None = None
    conditional: bool = False
    noise: PositiveInt = 128


class Schedule(Section):
    """The learning rate as a function of the step.

    "one-cycle" rises over `warm_up` of the steps and falls along a cosine to `final_share` of it;
    "exponential" is `epoch_factor` to the power of the epoch, counted from 0.
    """

    name: Literal["constant", "one-cycle", "exponential"] = "one-cycle"
    warm_up: Fraction = 0.1
    final_share: Fraction = 1e-3
    epoch_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.99


class Validation(Section):
    """When the network is scored on held-back images, and what chooses threshold and `best`.

    Attributes:
        every_epochs: epochs from one validation to the next.
        tolerance_px: tolerance of the pooled F1 that chooses.
        threshold: a fixed threshold, or None to choose the best of 0.01..0.99 on validation data.
        patience: validations without a better score after which training stops; None: never.
        holdback: share of the training images' groups held back where the data has no `val` split.
    """

    every_epochs: PositiveInt = 1
    tolerance_px: Annotated[float, Field(ge=0.0)] = 2.0
    threshold: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    patience: PositiveInt | None = None
    holdback: Fraction = 0.15


class Recipe(Section):
    """One training, from the network to the validation, or several that build on each other.

    Attributes:
        system: which kind of system is trained, of `crackgauge.training.systems.SYSTEMS`.
        network: the network that is kept and exported.
        stages: trainings that come first, in this order: name -> what differs from this recipe,
            see `crackgauge.recipes.stages`.
        start: part of a network -> the stage whose weights it starts from. A part is the name of a
            network ("network", or one that the system trains beside it) with a module's path, such
            as "network.encoder"; a stage can be followed by a module's path as well.
        frozen: parts, as in `start`, that are used and not trained.
        boundary: None: the boundary part's defaults; so for `super_resolution`.
        curves: None: truths are the masks as they are.
        adversary: of the systems that have one; None: its defaults.
        epochs: 0 trains nothing: the parts are put together, scored and exported.
    """

    preset: str
    system: str = "segmentation"
    network: Network
    stages: dict[StageName, dict[str, Any]] = Field(default_factory=dict)
    start: dict[str, str] = Field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    input: Input = Input()
    sampling: Sampling = Sampling()
    augmentation: Augmentation = Augmentation()
    loss: str = "cross-entropy+dice"
    boundary: Boundary | None = None
    super_resolution: SuperResolution | None = None
    curves: Curves | None = None
    adversary: Adversary | None = None
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    validation: Validation = Validation()
    epochs: Count = 30
    batch: PositiveInt = 8
    precision: Literal["fp32", "bf16"] = "bf16"
    ema_decay: Fraction | None = None
    save_every_steps: PositiveInt = 200
    seed: Annotated[int, Field(ge=0)] = 0
    threads: PositiveInt | None = None
    training_data: str = "not stated"
    licence: str = "not stated: ask whoever trained it"

    @field_validator("epochs")
    @classmethod
    def _parts_come_from_stages(cls, epochs: int, info: ValidationInfo) -> int:
        if epochs == 0 and not info.data.get("start"):
            raise ValueError("expected 1 or more; 0 is for parts that all come from `start`")
        return epochs

    @model_validator(mode="after")
    def _mining_is_followed_by_training(self) -> Recipe:
        rounds = self.sampling.patch_set.mining.after_epochs
        if rounds and rounds[-1] >= self.epochs:
            raise ValueError(
                f"got a round of mining after epoch {rounds[-1]} of {self.epochs}, expected "
                "rounds that training goes on after (sampling.patch_set.mining.after_epochs)"
            )
        return self
